package store_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func (w *world) move(t *testing.T, id uuid.UUID, in task.MoveInput) task.Moved {
	t.Helper()
	m, err := w.tasks.Move(t.Context(), w.member, id, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// changesOf are an entry's changes by field, each as `from → to`.
func changesOf(e activity.Entry) map[string]string {
	out := map[string]string{}
	for _, c := range e.Changes {
		out[c.Field] = string(c.From) + " → " + string(c.To)
	}
	return out
}

// TestMove moves a task with all that a task can have to another project and back.
func TestMove(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		log, comments := activity.NewService(store.NewActivity(db)), comment.NewService(store.NewComments(db))
		dev, devStatuses, devLabels := w.newProject(t, "DEV")
		w.exec(t, "UPDATE labels SET name = 'LABEL-1' WHERE id = ?", devLabels[1][:])                    // the same, folded
		w.exec(t, "UPDATE labels SET name = 'other', name_fold = 'other' WHERE id = ?", devLabels[0][:]) // none of that name
		parent, other := w.create(t, task.CreateInput{Title: "parent"}), w.create(t, task.CreateInput{Title: "other"})
		made := w.create(t, task.CreateInput{
			Title: "Rotate the keys", Description: "quokka", StatusID: ptr(w.statuses[project.CategoryInProgress]), Priority: task.PriorityHigh,
			AssigneeIDs: []uuid.UUID{w.member.AccountID}, LabelIDs: w.labels[:2], ParentID: &parent.ID,
			StartDate: ptr(task.Date("2026-02-01")), DueDate: ptr(task.Date("2026-02-28")), Estimate: ptr(int64(5)), Checklist: []string{"one", "two"},
		})
		said, err := comments.Create(ctx, w.member, made.ID, "On it.")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.tasks.Relate(ctx, w.member, made.ID, other.ID, task.Blocks); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if _, err := w.tasks.Create(ctx, w.member, dev, task.CreateInput{Title: "in the way"}); err != nil {
				t.Fatal(err)
			}
		}

		m := w.move(t, made.ID, task.MoveInput{ProjectID: dev})
		want := made
		want.ProjectID, want.ProjectKey, want.Number, want.Position, want.Version = dev, "DEV", 5, 5*task.PositionGap, 2
		want.Status.ID, want.ParentID = devStatuses[project.CategoryInProgress], nil
		want.Labels = []task.LabelRef{{ID: devLabels[1], Name: "LABEL-1", Color: "#00ff00"}}
		if diff := cmp.Diff(want, m.Task, cmpopts.IgnoreFields(task.Task{}, "UpdatedAt")); diff != "" || !m.Task.UpdatedAt.After(made.UpdatedAt) {
			t.Errorf("moved at %s:\n%s", m.Task.UpdatedAt, diff)
		}
		if diff := cmp.Diff([]string{"label-0"}, m.Unmapped); diff != "" || m.Tasks != 1 {
			t.Errorf("%d tasks; unmapped:\n%s", m.Tasks, diff)
		}
		for _, at := range []struct {
			project uuid.UUID
			number  int64
		}{{dev, 5}, {w.project, made.Number}} {
			got, err := w.tasks.GetByNumber(ctx, w.viewer, at.project, at.number)
			if diff := cmp.Diff(m.Task, got); err != nil || diff != "" {
				t.Errorf("by number %d: %v\n%s", at.number, err, diff)
			}
			_, err = w.tasks.GetByNumber(ctx, w.outsider, at.project, at.number)
			requireCode(t, err, apperr.NotFound)
		}
		if got, err := comments.Get(ctx, w.viewer, said.ID); err != nil || got.ProjectID != dev {
			t.Errorf("comment: %v %+v", err, got)
		}
		if got, _, err := w.tasks.Relations(ctx, w.viewer, other.ID, uuid.Nil, 10); err != nil || len(got) != 1 || got[0].Other.Key() != "DEV-5" {
			t.Errorf("relations: %v %+v", err, got)
		}
		w.listedOnly(t, dev, made.ID, devLabels[1])
		if next := w.create(t, task.CreateInput{Title: "next"}); next.Number != 4 {
			t.Errorf("the next task has the number %d", next.Number)
		}

		// The history stays one, and both projects know of the move.
		own := history(t, log, w.viewer, activity.OfTask, made.ID, 10)
		if diff := cmp.Diff([]string{"task.moved", "relation.created", "comment.created", "task.created"}, actionsOf(own)); diff != "" {
			t.Errorf("activity of the task:\n%s", diff)
		}
		wantChanges := map[string]string{
			"project_id": fmt.Sprintf("%q → %q", w.project, dev), "number": "3 → 5", "parent_id": fmt.Sprintf("%q → null", parent.ID),
			"status_id":       fmt.Sprintf("%q → %q", w.statuses[project.CategoryInProgress], devStatuses[project.CategoryInProgress]),
			"label_ids":       fmt.Sprintf("[%q,%q] → [%q]", w.labels[0], w.labels[1], devLabels[1]),
			"position":        fmt.Sprintf("%d → %d", made.Position, m.Task.Position),
			"unmapped_labels": `["label-0"] → null`,
		}
		if diff := cmp.Diff(wantChanges, changesOf(own[0])); diff != "" || *own[0].ProjectID != dev || own[0].ID != m.Entry {
			t.Errorf("the move's entry, in %s:\n%s", own[0].ProjectID, diff)
		}
		if in := history(t, log, w.viewer, activity.OfProject, dev, 10); in[0].Action != "task.moved" || in[0].EntityID != made.ID {
			t.Errorf("activity of the new project: %+v", in[0])
		}
		left := history(t, log, w.viewer, activity.OfProject, w.project, 10)[1] // before the creation of the next task
		if left.Action != "task.moved_out" || left.EntityID != made.ID || left.TaskID != nil || len(left.Changes) != 2 {
			t.Errorf("activity of the old project: %+v", left)
		}

		// Back in the first project it has its first number again, and the other one is a former one.
		back := w.move(t, made.ID, task.MoveInput{ProjectID: w.project, LabelIDs: ptr(w.labels[2:3])})
		if back.Task.Key() != "OPS-3" || back.Task.Position != made.Position || back.Task.Version != 3 || len(back.Unmapped) != 0 ||
			back.Task.Labels[0].ID != w.labels[2] {
			t.Errorf("back: %+v", back)
		}
		if got, err := w.tasks.GetByNumber(ctx, w.viewer, dev, 5); err != nil || got.Key() != "OPS-3" {
			t.Errorf("by the number in between: %v, %s", err, got.Key())
		}
		if again := w.move(t, made.ID, task.MoveInput{ProjectID: dev}); again.Task.Key() != "DEV-5" {
			t.Errorf("there again: %s", again.Task.Key())
		}
		if next, err := w.tasks.Create(ctx, w.member, dev, task.CreateInput{Title: "next"}); err != nil || next.Number != 6 {
			t.Errorf("the number after it: %v, %d", err, next.Number)
		}
		if err := w.tasks.Delete(ctx, w.member, made.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err = w.tasks.GetByNumber(ctx, w.viewer, w.project, 3)
		requireCode(t, err, apperr.NotFound)
	})
}

// listedOnly looks for a task in the lists that are read from copies of its fields.
func (w *world) listedOnly(t *testing.T, projectID, id, label uuid.UUID) {
	t.Helper()
	for _, q := range []task.Query{
		{},
		{Assignee: &w.member.AccountID},
		{Text: "quokka"},
		{Label: &label},
		{Assignee: &w.member.AccountID, Sort: task.Sort{Field: task.SortPosition}},
		{Label: &label, Sort: task.Sort{Field: task.SortUpdated, Desc: true}},
	} {
		for _, in := range []uuid.UUID{projectID, w.project} {
			q.ProjectID = in
			found := false
			items, _, err := w.tasks.List(t.Context(), w.viewer, q)
			for _, item := range items {
				found = found || item.ID == id
			}
			if err != nil || found != (in == projectID) {
				t.Errorf("%s: %v, found %v", describe(q), err, found)
			}
		}
	}
}

// TestMoveFindsAStatus tries what decides on the status of a task in its new project.
func TestMoveFindsAStatus(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		dev, there, _ := w.newProject(t, "DEV")
		rename := func(id uuid.UUID, name string, category project.Category) {
			w.exec(t, "UPDATE statuses SET name = ?, name_fold = ?, category = ? WHERE id = ?", name, project.Fold(name), category.Number(), id[:])
		}
		rename(there[project.CategoryBacklog], "Ideas", project.CategoryBacklog)
		rename(there[project.CategoryDone], "BACKLOG", project.CategoryDone) // a name beats a category
		rename(there[project.CategoryTodo], "Next", project.CategoryTodo)
		rename(there[project.CategoryInProgress], "Doing", project.CategoryTodo) // no status in progress
		for _, tc := range []struct {
			name      string
			from      project.Category
			given     *uuid.UUID
			want      uuid.UUID
			completed bool
		}{
			{"same name in other case", project.CategoryBacklog, nil, there[project.CategoryDone], true},
			{"first of the category", project.CategoryTodo, nil, there[project.CategoryTodo], false},
			{"first of all", project.CategoryInProgress, nil, there[project.CategoryBacklog], false},
			{"same name", project.CategoryCancelled, nil, there[project.CategoryCancelled], false},
			{"given", project.CategoryDone, ptr(there[project.CategoryTodo]), there[project.CategoryTodo], false},
			{"done stays done", project.CategoryDone, nil, there[project.CategoryDone], true},
		} {
			made := w.create(t, task.CreateInput{Title: tc.name, StatusID: ptr(w.statuses[tc.from])})
			got := w.move(t, made.ID, task.MoveInput{ProjectID: dev, StatusID: tc.given}).Task
			if got.Status.ID != tc.want || (got.CompletedAt != nil) != tc.completed {
				t.Errorf("%s: status %s, completed %v", tc.name, got.Status.Name, got.CompletedAt)
			}
			if made.CompletedAt != nil && got.CompletedAt != nil && !made.CompletedAt.Equal(*got.CompletedAt) {
				t.Errorf("%s: completed at %s, then at %s", tc.name, made.CompletedAt, got.CompletedAt)
			}
		}
		stats, err := w.tasks.Stats(t.Context(), w.viewer, dev, 1)
		if err != nil || stats.Weeks[0].Created != 6 || stats.Weeks[0].Completed != 2 {
			t.Errorf("statistics of the new project: %v %+v", err, stats.Weeks)
		}
	})
}

// TestMoveWithSubtasks moves a tree of three levels, then its root alone.
func TestMoveWithSubtasks(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		dev, devStatuses, _ := w.newProject(t, "DEV")
		w.exec(t, "DELETE FROM labels WHERE project_id = ? AND name <> 'label-3'", dev[:])
		top := w.create(t, task.CreateInput{Title: "top", LabelIDs: w.labels[3:]})
		mid := w.create(t, task.CreateInput{
			Title: "mid", ParentID: &top.ID, LabelIDs: w.labels[1:], AssigneeIDs: []uuid.UUID{w.admin.AccountID},
			Priority: task.PriorityHigh, DueDate: ptr(task.Date("2026-02-28")),
		})
		low := w.create(t, task.CreateInput{Title: "low", ParentID: &mid.ID, StatusID: ptr(w.statuses[project.CategoryDone]), LabelIDs: w.labels[:2]})
		bystander := w.create(t, task.CreateInput{Title: "bystander"})

		m := w.move(t, top.ID, task.MoveInput{ProjectID: dev, StatusID: ptr(devStatuses[project.CategoryTodo])})
		if diff := cmp.Diff([]string{"label-0", "label-1", "label-2"}, m.Unmapped); diff != "" || m.Tasks != 3 {
			t.Errorf("%d tasks moved, unmapped:\n%s", m.Tasks, diff)
		}
		for i, want := range []struct {
			id, parent uuid.UUID
			status     project.Category
			labels     int
		}{{top.ID, uuid.Nil, project.CategoryTodo, 1}, {mid.ID, top.ID, project.CategoryBacklog, 1}, {low.ID, mid.ID, project.CategoryDone, 0}} {
			got, err := w.tasks.Get(ctx, w.viewer, want.id)
			if err != nil || got.Number != int64(i+1) || got.ProjectID != dev || got.Version != 2 ||
				got.Status.ID != devStatuses[want.status] || len(got.Labels) != want.labels {
				t.Errorf("%v %+v", err, got)
			}
			if got.ParentID != nil && *got.ParentID != want.parent || got.ParentID == nil && want.parent != uuid.Nil {
				t.Errorf("%s has the parent %v", got.Key(), got.ParentID)
			}
			if got, err := w.tasks.GetByNumber(ctx, w.viewer, w.project, int64(i+1)); err != nil || got.ID != want.id {
				t.Errorf("OPS-%d: %v %+v", i+1, err, got)
			}
		}
		if got, err := w.tasks.Get(ctx, w.viewer, bystander.ID); err != nil || got.Version != 1 {
			t.Errorf("bystander: %v %+v", err, got)
		}

		w.consistent(t)

		// Alone, it leaves its subtasks behind, as a deletion does.
		if m := w.move(t, top.ID, task.MoveInput{ProjectID: w.project, LeaveSubtasks: true}); m.Tasks != 1 || m.Task.Key() != "OPS-1" {
			t.Errorf("alone: %+v", m)
		}
		if got, err := w.tasks.Get(ctx, w.viewer, mid.ID); err != nil || got.ParentID != nil || got.Key() != "DEV-2" || got.Version != 3 {
			t.Errorf("the subtask of a task that moved away: %v %+v", err, got)
		}
		if got, err := w.tasks.Get(ctx, w.viewer, low.ID); err != nil || *got.ParentID != mid.ID || got.Version != 2 {
			t.Errorf("the subtask below it: %v %+v", err, got)
		}
	})
}

func TestMoveIsRefused(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		dev, devStatuses, devLabels := w.newProject(t, "DEV")
		stranger := setup(t, db)
		made := w.create(t, task.CreateInput{Title: "x", LabelIDs: w.labels})
		narrow := w.member
		narrow.Scopes = narrow.Scopes[:1]
		in := task.MoveInput{ProjectID: dev}
		for _, tc := range []struct {
			name string
			p    auth.Principal
			id   uuid.UUID
			in   task.MoveInput
			want cond.Versions
			code apperr.Code
			at   []string
		}{
			{"no member", w.outsider, made.ID, in, nil, apperr.NotFound, nil},
			{"viewer", w.viewer, made.ID, in, nil, apperr.Forbidden, nil},
			{"scope", narrow, made.ID, in, nil, apperr.InsufficientScope, nil},
			{"no task", w.member, newID(), in, nil, apperr.NotFound, nil},
			{"version", w.member, made.ID, in, cond.Only(2), apperr.PreconditionFailed, nil},
			{"same project", w.member, made.ID, task.MoveInput{ProjectID: w.project}, nil, apperr.Conflict, nil},
			{"label twice", w.member, made.ID, task.MoveInput{ProjectID: dev, LabelIDs: ptr([]uuid.UUID{devLabels[0], devLabels[0]})}, nil, apperr.ValidationFailed, []string{"/label_ids"}},
			{"51 labels", w.member, made.ID, task.MoveInput{ProjectID: dev, LabelIDs: ptr(make([]uuid.UUID, 51))}, nil, apperr.ValidationFailed, []string{"/label_ids"}},
			{"no project", w.member, made.ID, task.MoveInput{ProjectID: newID()}, nil, apperr.ValidationFailed, []string{"/project_id"}},
			{
				"another workspace's project", w.member, made.ID,
				task.MoveInput{ProjectID: stranger.project},
				nil, apperr.ValidationFailed,
				[]string{"/project_id"},
			},
			{
				"status of the old project", w.member, made.ID,
				task.MoveInput{ProjectID: dev, StatusID: ptr(w.statuses[project.CategoryTodo])},
				nil, apperr.ValidationFailed,
				[]string{"/status_id"},
			},
			{
				"label of the old project", w.member, made.ID,
				task.MoveInput{ProjectID: dev, LabelIDs: ptr([]uuid.UUID{devLabels[0], w.labels[0]})},
				nil, apperr.ValidationFailed,
				[]string{"/label_ids/1"},
			},
		} {
			_, err := w.tasks.Move(ctx, tc.p, tc.id, tc.in, tc.want)
			t.Log(tc.name)
			requireCode(t, err, tc.code, tc.at...)
		}
		for _, archived := range []uuid.UUID{w.project, dev} {
			w.exec(t, "UPDATE projects SET archived = 1 WHERE id = ?", archived[:])
			_, err := w.tasks.Move(ctx, w.member, made.ID, in, nil)
			requireCode(t, err, apperr.ProjectArchived)
			w.exec(t, "UPDATE projects SET archived = 0 WHERE id = ?", archived[:])
		}
		w.exec(t, "UPDATE projects SET deleted_at = 1 WHERE id = ?", dev[:])
		_, err := w.tasks.Move(ctx, w.member, made.ID, in, nil)
		requireCode(t, err, apperr.ValidationFailed, "/project_id")
		w.exec(t, "UPDATE projects SET deleted_at = NULL WHERE id = ?", dev[:])
		if got, err := w.tasks.Get(ctx, w.viewer, made.ID); err != nil || got.Version != 1 {
			t.Errorf("a refused move changed the task: %v %+v", err, got)
		}
		if m := w.move(t, made.ID, task.MoveInput{ProjectID: dev, StatusID: ptr(devStatuses[project.CategoryDone])}); m.Task.Number != 1 {
			t.Errorf("refused moves took numbers: %d", m.Task.Number)
		}
	})
}

// TestMoveTakesALimitedTree moves the largest tree that may move, and one task more.
func TestMoveTakesALimitedTree(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		dev, _, _ := w.newProject(t, "DEV")
		top := w.create(t, task.CreateInput{Title: "top", LabelIDs: w.labels[:1]})
		var items []task.BatchItem
		add := func(parent uuid.UUID, n int) (ids []uuid.UUID) {
			t.Helper()
			items = items[:0]
			for range n {
				items = append(items, task.BatchItem{Op: task.OpCreate, ProjectID: w.project, Create: task.CreateInput{
					Title: "sub", ParentID: &parent, LabelIDs: w.labels[:2], AssigneeIDs: []uuid.UUID{w.member.AccountID},
				}})
			}
			results, err := w.tasks.Batch(ctx, w.member, w.workspace, items)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				ids = append(ids, r.TaskID)
			}
			return ids
		}
		below := add(top.ID, 100)
		for i := range 4 {
			add(below[i], 100-i/3) // 1 + 100 + 399 in all
		}
		surplus := add(below[50], 1)
		_, err := w.tasks.Move(ctx, w.member, top.ID, task.MoveInput{ProjectID: dev}, nil)
		requireCode(t, err, apperr.Conflict)
		if err := w.tasks.Delete(ctx, w.member, surplus[0], nil); err != nil {
			t.Fatal(err)
		}
		if m := w.move(t, top.ID, task.MoveInput{ProjectID: dev}); m.Tasks != task.MaxMoved || m.Task.Number != 1 {
			t.Errorf("%d tasks moved, to number %d", m.Tasks, m.Task.Number)
		}
		w.consistent(t)
	})
}

// TestMoveIsMadeOnce repeats a move under its idempotency key: the response tells what the move did, and how the task is now.
func TestMoveIsMadeOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		dev, _, _ := w.newProject(t, "DEV")
		w.exec(t, "DELETE FROM labels WHERE project_id = ?", dev[:])
		top := w.create(t, task.CreateInput{Title: "top", LabelIDs: w.labels[:1]})
		w.create(t, task.CreateInput{Title: "sub", ParentID: &top.ID, LabelIDs: w.labels[1:2]})
		move := func() (task.Moved, bool, error) {
			r := &idem.Request{Key: "move", Hash: sha256.Sum256([]byte("move"))}
			m, err := w.tasks.Move(idem.With(t.Context(), r), w.member, top.ID, task.MoveInput{ProjectID: dev}, nil)
			return m, r.Replayed, err
		}
		first, replayed, err := move()
		if err != nil || replayed {
			t.Fatal(err, replayed)
		}
		changed, err := w.tasks.Update(t.Context(), w.member, top.ID, task.Patch{Title: ptr("changed since")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := first
		want.Task = changed
		again, replayed, err := move()
		if diff := cmp.Diff(want, again); err != nil || !replayed || diff != "" || len(again.Unmapped) != 2 || again.Tasks != 2 {
			t.Errorf("again: %v, replayed %v\n%s", err, replayed, diff)
		}
		w.exec(t, "UPDATE members SET role = 'viewer' WHERE account_id = ?", w.member.AccountID[:])
		_, _, err = move()
		requireCode(t, err, apperr.Forbidden)
		w.exec(t, "DELETE FROM members WHERE account_id = ?", w.member.AccountID[:])
		_, _, err = move()
		requireCode(t, err, apperr.NotFound)
	})
}
