package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestMovesAndChecklistsAreFollowed keeps a copy of tasks that move and whose checklists change: the last change of a task
// brings it as it is, whichever of the two that was.
func TestMovesAndChecklistsAreFollowed(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		log := activity.NewService(store.NewActivity(db))
		dev, _, _ := w.newProject(t, "DEV")
		made := w.create(t, task.CreateInput{Title: "T", Checklist: []string{"one", "two"}})
		begin, err := log.Events(ctx, w.viewer, w.workspace, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		since := begin.Last
		// next reads what happened since the last time: the actions, those of deletions with a mark, and the task that they bring.
		next := func() (actions []string, brought []task.Task) {
			t.Helper()
			got, err := log.Events(ctx, w.viewer, w.workspace, &since, 50)
			if err != nil {
				t.Fatal(err)
			}
			since = got.Last
			for _, e := range got.Items {
				name := e.Action
				if e.Deleted {
					name += "!"
				}
				actions = append(actions, name)
				if e.Task != nil {
					brought = append(brought, *e.Task)
				}
			}
			return actions, brought
		}
		expect := func(want []string, present bool) {
			t.Helper()
			actions, brought := next()
			if diff := cmp.Diff(want, actions); diff != "" {
				t.Error(diff)
			}
			if !present {
				if len(brought) != 0 {
					t.Errorf("a deleted task comes along: %+v", brought)
				}
				return
			}
			now, err := w.tasks.Get(ctx, w.viewer, made.ID)
			if diff := cmp.Diff([]task.Task{now}, brought); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		}
		w.move(t, made.ID, task.MoveInput{ProjectID: dev})
		expect([]string{"task.moved_out", "task.moved"}, true)

		items := w.checklist(t, made.ID, 10)
		if _, err := w.tasks.UpdateChecklistItem(ctx, w.member, items[0].ID, task.ItemPatch{Done: ptr(true)}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := w.tasks.AddChecklistItem(ctx, w.member, made.ID, task.ItemInput{Text: "three"}); err != nil {
			t.Fatal(err)
		}
		if err := w.tasks.DeleteChecklistItem(ctx, w.member, items[1].ID, nil); err != nil {
			t.Fatal(err)
		}
		expect([]string{"checklist_item.updated", "checklist_item.created", "checklist_item.deleted!"}, true)

		if _, err := w.tasks.UpdateChecklistItem(ctx, w.member, items[0].ID, task.ItemPatch{Done: ptr(false)}, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.tasks.Delete(ctx, w.member, made.ID, nil); err != nil {
			t.Fatal(err)
		}
		expect([]string{"checklist_item.updated!", "task.deleted!"}, false)
	})
}
