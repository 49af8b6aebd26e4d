package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// checklist reads a task's checklist page by page.
func (w *world) checklist(t *testing.T, id uuid.UUID, limit int) (out []task.ChecklistItem) {
	t.Helper()
	page := task.ItemPage{Limit: limit}
	for {
		items, next, err := w.tasks.Checklist(t.Context(), w.viewer, id, page)
		if err != nil || len(items) > limit {
			t.Fatal(err, len(items))
		}
		out = append(out, items...)
		if page.After = next; next == nil {
			return out
		}
	}
}

func textsOf(items []task.ChecklistItem) []string {
	out := []string{}
	for _, item := range items {
		out = append(out, item.Text)
	}
	return out
}

// finds reports whether a search finds anything.
func (w *world) finds(t *testing.T, text string) bool {
	t.Helper()
	found, _, err := w.tasks.List(t.Context(), w.viewer, task.Query{WorkspaceID: w.workspace, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

// TestChecklistLife adds, ticks off, rewords, moves and deletes items: each is a change of the task.
func TestChecklistLife(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		log := activity.NewService(store.NewActivity(db))
		made := w.create(t, task.CreateInput{Title: "T", LabelIDs: w.labels[:1], AssigneeIDs: []uuid.UUID{w.member.AccountID}})
		last := made
		// changed reads the task after its nth change, whose entry is the latest.
		changed := func(action string, total, done int, changes map[string]string) {
			t.Helper()
			got, err := w.tasks.Get(ctx, w.viewer, made.ID)
			if err != nil || got.Version != last.Version+1 || !got.UpdatedAt.After(last.UpdatedAt) ||
				got.Checklist != (task.ChecklistCount{Total: total, Done: done}) {
				t.Fatalf("after %s: %v %+v", action, err, got)
			}
			last = got
			entries := history(t, log, w.viewer, activity.OfTask, made.ID, 50)
			if int64(len(entries)) != got.Version || entries[0].Action != action || entries[0].EntityType != "checklist_item" ||
				*entries[0].ProjectID != w.project {
				t.Fatalf("%d entries, the latest: %+v", len(entries), entries[0])
			}
			if diff := cmp.Diff(changes, changesOf(entries[0])); diff != "" {
				t.Errorf("%s:\n%s", action, diff)
			}
			w.consistent(t)
		}
		keys, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "Make the quokka keys"})
		if err != nil || keys.Version != 1 || keys.Done || keys.Position != task.PositionGap || keys.TaskID != made.ID || keys.WorkspaceID != w.workspace {
			t.Fatalf("added: %v %+v", err, keys)
		}
		changed("checklist_item.created", 1, 0, map[string]string{"text": `null → "Make the quokka keys"`, "done": "null → false", "position": "null → 1048576"})
		team, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "Tell the team", Done: true})
		if err != nil || team.Position != 2*task.PositionGap {
			t.Fatalf("added: %v %+v", err, team)
		}
		changed("checklist_item.created", 2, 1, map[string]string{"text": `null → "Tell the team"`, "done": "null → true", "position": "null → 2097152"})
		first, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "Plan", Position: ptr(int64(-5))})
		if err != nil {
			t.Fatal(err)
		}
		changed("checklist_item.created", 3, 1, map[string]string{"text": `null → "Plan"`, "done": "null → false", "position": "null → -5"})
		for _, limit := range []int{1, 2, 3, 100} {
			if diff := cmp.Diff([]task.ChecklistItem{first, keys, team}, w.checklist(t, made.ID, limit)); diff != "" {
				t.Errorf("in pages of %d:\n%s", limit, diff)
			}
		}

		ticked, err := w.tasks.UpdateChecklistItem(ctx, w.member, keys.ID, task.ItemPatch{Done: ptr(true)}, cond.Only(1))
		if err != nil || ticked.Version != 2 || !ticked.Done || !ticked.UpdatedAt.After(keys.UpdatedAt) {
			t.Fatalf("ticked off: %v %+v", err, ticked)
		}
		changed("checklist_item.updated", 3, 2, map[string]string{"done": "false → true"})
		_, err = w.tasks.UpdateChecklistItem(ctx, w.member, keys.ID, task.ItemPatch{Done: ptr(false)}, cond.Only(1))
		requireCode(t, err, apperr.PreconditionFailed)
		same, err := w.tasks.UpdateChecklistItem(ctx, w.member, keys.ID, task.ItemPatch{Done: ptr(true)}, nil)
		if diff := cmp.Diff(ticked, same); err != nil || diff != "" {
			t.Errorf("a change of nothing: %v\n%s", err, diff)
		}
		if !w.finds(t, "quokka") || w.finds(t, "wombat") {
			t.Error("the item's text is not what is found")
		}
		reworded := task.ItemPatch{Text: ptr("Make the wombat keys"), Position: ptr(int64(9) << 20)}
		if _, err = w.tasks.UpdateChecklistItem(ctx, w.member, keys.ID, reworded, nil); err != nil {
			t.Fatal(err)
		}
		changed("checklist_item.updated", 3, 2, map[string]string{"text": `"Make the quokka keys" → "Make the wombat keys"`, "position": "1048576 → 9437184"})
		if diff := cmp.Diff([]string{"Plan", "Tell the team", "Make the wombat keys"}, textsOf(w.checklist(t, made.ID, 2))); diff != "" {
			t.Error(diff)
		}
		if w.finds(t, "quokka") || !w.finds(t, "wombat") {
			t.Error("the item's former text is found, or its new one is not")
		}

		requireCode(t, w.tasks.DeleteChecklistItem(ctx, w.member, keys.ID, cond.Only(1)), apperr.PreconditionFailed)
		if err := w.tasks.DeleteChecklistItem(ctx, w.member, keys.ID, cond.Only(3)); err != nil {
			t.Fatal(err)
		}
		changed("checklist_item.deleted", 2, 1, map[string]string{})
		if w.finds(t, "wombat") {
			t.Error("a deleted item's text is found")
		}
		for _, e := range history(t, log, w.viewer, activity.OfTask, made.ID, 50) {
			if e.EntityID == keys.ID && len(e.Changes) > 0 || e.EntityID == team.ID && len(e.Changes) == 0 {
				t.Errorf("%s of the item %s tells %+v", e.Action, e.EntityID, e.Changes)
			}
		}
		_, err = w.tasks.ChecklistItem(ctx, w.viewer, keys.ID)
		requireCode(t, err, apperr.NotFound)
		requireCode(t, w.tasks.DeleteChecklistItem(ctx, w.member, keys.ID, nil), apperr.NotFound)
		if err := w.tasks.Delete(ctx, w.member, made.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err = w.tasks.ChecklistItem(ctx, w.viewer, team.ID)
		requireCode(t, err, apperr.NotFound)
	})
}

// TestTaskStartsWithAChecklist makes tasks with items, alone and in a batch.
func TestTaskStartsWithAChecklist(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		log := activity.NewService(store.NewActivity(db))
		var texts []string
		for i := range task.MaxChecklist {
			texts = append(texts, fmt.Sprintf("step %d numbat%d", i, i))
		}
		made := w.create(t, task.CreateInput{Title: "T", Checklist: texts})
		if made.Checklist != (task.ChecklistCount{Total: 100}) || made.Version != 1 {
			t.Errorf("%+v", made)
		}
		got := w.checklist(t, made.ID, 30)
		if diff := cmp.Diff(texts, textsOf(got)); diff != "" || got[99].Position != 100*task.PositionGap || got[0].Version != 1 {
			t.Error(diff)
		}
		if !w.finds(t, "numbat57") {
			t.Error("an item is not found")
		}
		entries := history(t, log, w.viewer, activity.OfTask, made.ID, 10)
		want := map[string]string{"title": `null → "T"`, "checklist": `{"total":0,"done":0} → {"total":100,"done":0}`}
		if diff := cmp.Diff(want, changesOf(entries[0])); diff != "" || len(entries) != 1 {
			t.Error(diff)
		}
		results, err := w.tasks.Batch(ctx, w.member, w.workspace, []task.BatchItem{
			{Op: task.OpCreate, ProjectID: w.project, Create: task.CreateInput{Title: "A", Checklist: []string{"one", "two"}}},
			{Op: task.OpCreate, ProjectID: w.project, Create: task.CreateInput{Title: "B"}},
		})
		if err != nil || results[0].Task.Checklist.Total != 2 || results[1].Task.Checklist.Total != 0 || len(w.checklist(t, results[0].TaskID, 10)) != 2 {
			t.Errorf("batch: %v %+v", err, results)
		}
		w.consistent(t)

		_, err = w.tasks.Create(ctx, w.member, w.project, task.CreateInput{Title: "T", Checklist: append(texts, "one more")})
		requireCode(t, err, apperr.ValidationFailed, "/checklist")
		_, err = w.tasks.Batch(ctx, w.member, w.workspace, []task.BatchItem{
			{Op: task.OpCreate, ProjectID: w.project, Create: task.CreateInput{Title: "A", Checklist: []string{"one", " "}}},
		})
		requireCode(t, err, apperr.ValidationFailed, "/changes/0/task/checklist/1")
		_, err = w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "one more"})
		requireCode(t, err, apperr.ValidationFailed, "")
		if err := w.tasks.DeleteChecklistItem(ctx, w.member, got[99].ID, nil); err != nil {
			t.Fatal(err)
		}
		if _, err = w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "in its place"}); err != nil {
			t.Error(err)
		}
	})
}

func TestChecklistPermissionsAndLimits(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		made := w.create(t, task.CreateInput{Title: "T", Checklist: []string{"one"}})
		item := w.checklist(t, made.ID, 1)[0]
		narrow := w.member
		narrow.Scopes = narrow.Scopes[:1]
		for _, tc := range []struct {
			name string
			code apperr.Code
			err  func() error
		}{
			{"list by an outsider", apperr.NotFound, func() error {
				_, _, err := w.tasks.Checklist(ctx, w.outsider, made.ID, task.ItemPage{Limit: 1})
				return err
			}},
			{"a page of none", apperr.InvalidParameter, func() error {
				_, _, err := w.tasks.Checklist(ctx, w.viewer, made.ID, task.ItemPage{})
				return err
			}},
			{"read by an outsider", apperr.NotFound, func() error { _, err := w.tasks.ChecklistItem(ctx, w.outsider, item.ID); return err }},
			{"add by a viewer", apperr.Forbidden, func() error {
				_, err := w.tasks.AddChecklistItem(ctx, w.viewer, made.ID, task.ItemInput{Text: "x"})
				return err
			}},
			{"add with a reader's token", apperr.InsufficientScope, func() error {
				_, err := w.tasks.AddChecklistItem(ctx, narrow, made.ID, task.ItemInput{Text: "x"})
				return err
			}},
			{"add to no task", apperr.NotFound, func() error {
				_, err := w.tasks.AddChecklistItem(ctx, w.member, newID(), task.ItemInput{Text: "x"})
				return err
			}},
			{"change by an outsider", apperr.NotFound, func() error {
				_, err := w.tasks.UpdateChecklistItem(ctx, w.outsider, item.ID, task.ItemPatch{}, nil)
				return err
			}},
			{"change by a viewer", apperr.Forbidden, func() error {
				_, err := w.tasks.UpdateChecklistItem(ctx, w.viewer, item.ID, task.ItemPatch{}, nil)
				return err
			}},
			{"delete by a viewer", apperr.Forbidden, func() error { return w.tasks.DeleteChecklistItem(ctx, w.viewer, item.ID, nil) }},
			{"no text", apperr.ValidationFailed, func() error { _, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{}); return err }},
			{"two lines", apperr.ValidationFailed, func() error {
				_, err := w.tasks.UpdateChecklistItem(ctx, w.member, item.ID, task.ItemPatch{Text: ptr("a\nb")}, nil)
				return err
			}},
			{"501 characters", apperr.ValidationFailed, func() error {
				_, err := w.tasks.UpdateChecklistItem(ctx, w.member, item.ID, task.ItemPatch{Text: ptr(strings.Repeat("é", 501))}, nil)
				return err
			}},
			{"position", apperr.ValidationFailed, func() error {
				_, err := w.tasks.UpdateChecklistItem(ctx, w.member, item.ID, task.ItemPatch{Position: ptr(int64(1) << 53)}, nil)
				return err
			}},
		} {
			t.Log(tc.name)
			requireCode(t, tc.err(), tc.code)
		}
		// The last position is taken more than once; then the order is that of creation.
		for _, text := range []string{"two", "three"} {
			if _, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: text, Position: ptr(int64(task.MaxPosition))}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "four"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"one", "two", "three", "four"}, textsOf(w.checklist(t, made.ID, 1))); diff != "" {
			t.Error(diff)
		}
		w.exec(t, "UPDATE projects SET archived = 1 WHERE id = ?", w.project[:])
		_, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "x"})
		requireCode(t, err, apperr.ProjectArchived)
		_, err = w.tasks.UpdateChecklistItem(ctx, w.member, item.ID, task.ItemPatch{Done: ptr(true)}, nil)
		requireCode(t, err, apperr.ProjectArchived)
		requireCode(t, w.tasks.DeleteChecklistItem(ctx, w.member, item.ID, nil), apperr.ProjectArchived)
	})
}

// TestChecklistAtOnce has many people change one checklist: nothing is counted twice or lost, and no list is too long.
func TestChecklistAtOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), context.Background()
		var texts []string
		for i := range 90 {
			texts = append(texts, fmt.Sprint("item ", i))
		}
		made := w.create(t, task.CreateInput{Title: "T", Checklist: texts})
		items := w.checklist(t, made.ID, 100)
		together(40, func(i int) {
			var err error
			switch i % 4 {
			case 0:
				_, err = w.tasks.UpdateChecklistItem(ctx, w.member, items[i].ID, task.ItemPatch{Done: ptr(true)}, nil)
			case 1:
				err = w.tasks.DeleteChecklistItem(ctx, w.member, items[i].ID, nil)
			case 2:
				_, err = w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: fmt.Sprint("new ", i)})
			default:
				_, err = w.tasks.Update(ctx, w.member, made.ID, task.Patch{Title: ptr(fmt.Sprint("T", i))}, nil)
			}
			if err != nil && (i%4 != 2 || !apperr.Is(err, apperr.ValidationFailed)) { // a list that is full
				t.Errorf("%d: %v", i, err)
			}
		})
		got, err := w.tasks.Get(ctx, w.viewer, made.ID)
		if err != nil || got.Checklist.Done != 10 || got.Checklist.Total > task.MaxChecklist {
			t.Errorf("%v %+v", err, got)
		}
		w.consistent(t)
	})
}

// TestChecklistItemIsAddedOnce repeats an addition under its idempotency key, and again after the item was deleted.
func TestChecklistItemIsAddedOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		made := w.create(t, task.CreateInput{Title: "T"})
		add := func() (task.ChecklistItem, bool, error) {
			r := &idem.Request{Key: "add", Hash: sha256.Sum256([]byte("add"))}
			item, err := w.tasks.AddChecklistItem(idem.With(t.Context(), r), w.member, made.ID, task.ItemInput{Text: "x"})
			return item, r.Replayed, err
		}
		first, replayed, err := add()
		if err != nil || replayed {
			t.Fatal(err, replayed)
		}
		changed, err := w.tasks.UpdateChecklistItem(t.Context(), w.member, first.ID, task.ItemPatch{Done: ptr(true)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, replayed, err := add()
		if diff := cmp.Diff(changed, again); err != nil || !replayed || diff != "" {
			t.Errorf("again: %v, replayed %v\n%s", err, replayed, diff)
		}
		w.exec(t, "UPDATE members SET role = 'viewer' WHERE account_id = ?", w.member.AccountID[:])
		_, _, err = add()
		requireCode(t, err, apperr.Forbidden)
		if err := w.tasks.DeleteChecklistItem(t.Context(), w.admin, first.ID, nil); err != nil {
			t.Fatal(err)
		}
		w.exec(t, "UPDATE members SET role = 'member' WHERE account_id = ?", w.member.AccountID[:])
		_, _, err = add()
		requireCode(t, err, apperr.Gone)
	})
}
