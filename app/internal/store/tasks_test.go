package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func TestTaskLife(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		made := w.create(t, task.CreateInput{
			Title: "Rotate the keys", Description: "All of *them*.", Priority: task.PriorityHigh, AssigneeIDs: []uuid.UUID{w.viewer.AccountID, w.admin.AccountID},
			LabelIDs: []uuid.UUID{w.labels[1], w.labels[0]}, StartDate: ptr(task.Date("2026-02-01")), DueDate: ptr(task.Date("2026-02-28")), Estimate: ptr(int64(5)),
		})
		if made.Key() != "OPS-1" || made.Version != 1 || made.Position != task.PositionGap || made.Status.ID != w.statuses[project.CategoryBacklog] ||
			made.Assignees[0].Name != "Adam" || len(made.Labels) != 2 || made.Author.Name != "Mia" {
			t.Fatalf("created: %+v", made)
		}
		got, err := w.tasks.Get(ctx, w.viewer, made.ID)
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Fatalf("get: %v\n%s", err, diff)
		}
		got, err = w.tasks.GetByNumber(ctx, w.viewer, w.project, 1)
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Fatalf("get by number: %v\n%s", err, diff)
		}

		done, err := w.tasks.Update(ctx, w.member, made.ID, task.Patch{
			StatusID: ptr(w.statuses[project.CategoryDone]), AssigneeIDs: ptr([]uuid.UUID{w.owner.AccountID}), LabelIDs: ptr([]uuid.UUID{}),
			DueDate: nullable.NewNullNullable[task.Date](), Title: ptr("Rotate all keys"),
		}, cond.Only(1))
		if err != nil || done.Version != 2 || done.CompletedAt == nil || done.DueDate != nil || done.StartDate == nil || len(done.Labels) != 0 || done.Assignees[0].Name != "Olga" {
			t.Fatalf("updated: %v %+v", err, done)
		}
		_, err = w.tasks.Update(ctx, w.member, made.ID, task.Patch{Title: ptr("late")}, cond.Only(1))
		requireCode(t, err, apperr.PreconditionFailed)
		same, err := w.tasks.Update(ctx, w.member, made.ID, task.Patch{Title: ptr("Rotate all keys")}, nil)
		if err != nil || same.Version != 2 {
			t.Fatalf("a change of nothing: %v, version %d", err, same.Version)
		}
		open, err := w.tasks.Update(ctx, w.member, made.ID, task.Patch{StatusID: ptr(w.statuses[project.CategoryTodo])}, nil)
		if err != nil || open.CompletedAt != nil {
			t.Fatalf("reopened: %v %+v", err, open)
		}

		if err := w.tasks.Delete(ctx, w.member, made.ID, cond.Only(1)); err == nil {
			t.Fatal("deleted an older version")
		}
		if err := w.tasks.Delete(ctx, w.member, made.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err = w.tasks.Get(ctx, w.member, made.ID)
		requireCode(t, err, apperr.NotFound)
	})
}

func TestPositionZeroIsAPosition(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		if made := w.create(t, task.CreateInput{Title: "x", Position: ptr(int64(0))}); made.Position != 0 {
			t.Errorf("position %d", made.Position)
		}
		if made := w.create(t, task.CreateInput{Title: "x"}); made.Position != 2*task.PositionGap {
			t.Errorf("position %d", made.Position)
		}
	})
}

func TestTaskPermissions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		made := w.create(t, task.CreateInput{Title: "Here"})
		_, err := w.tasks.Get(ctx, w.outsider, made.ID)
		requireCode(t, err, apperr.NotFound)
		_, err = w.tasks.Update(ctx, w.outsider, made.ID, task.Patch{Title: ptr("x")}, nil)
		requireCode(t, err, apperr.NotFound)
		_, err = w.tasks.Create(ctx, w.outsider, w.project, task.CreateInput{Title: "x"})
		requireCode(t, err, apperr.NotFound)
		_, _, err = w.tasks.List(ctx, w.outsider, task.Query{WorkspaceID: w.workspace})
		requireCode(t, err, apperr.NotFound)
		_, err = w.tasks.Create(ctx, w.viewer, w.project, task.CreateInput{Title: "x"})
		requireCode(t, err, apperr.Forbidden)
		_, err = w.tasks.Update(ctx, w.viewer, made.ID, task.Patch{Title: ptr("x")}, nil)
		requireCode(t, err, apperr.Forbidden)
		requireCode(t, w.tasks.Delete(ctx, w.viewer, made.ID, nil), apperr.Forbidden)
		narrow := w.member
		narrow.Scopes = narrow.Scopes[:1]
		_, err = w.tasks.Create(ctx, narrow, w.project, task.CreateInput{Title: "x"})
		requireCode(t, err, apperr.InsufficientScope)
		w.exec(t, "UPDATE projects SET archived = 1 WHERE id = ?", w.project[:])
		_, err = w.tasks.Update(ctx, w.member, made.ID, task.Patch{Title: ptr("x")}, nil)
		requireCode(t, err, apperr.ProjectArchived)
	})
}

func TestTaskReferencesMustResolve(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		_, otherStatuses, otherLabels := w.newProject(t, "DEV")
		made := w.create(t, task.CreateInput{Title: "Here"})
		for _, tc := range []struct {
			name, pointer string
			patch         task.Patch
		}{
			{"status of another project", "/status_id", task.Patch{StatusID: ptr(otherStatuses[project.CategoryDone])}},
			{"label of another project", "/label_ids/0", task.Patch{LabelIDs: ptr([]uuid.UUID{otherLabels[0]})}},
			{"assignee who is no member", "/assignee_ids/0", task.Patch{AssigneeIDs: ptr([]uuid.UUID{w.outsider.AccountID})}},
			{"parent that is not there", "/parent_id", task.Patch{ParentID: nullable.NewNullableWithValue(newID())}},
			{"due before start", "/due_date", task.Patch{StartDate: nullable.NewNullableWithValue(task.Date("2026-02-02")), DueDate: nullable.NewNullableWithValue(task.Date("2026-02-01"))}},
			{"no such day", "/start_date", task.Patch{StartDate: nullable.NewNullableWithValue(task.Date("2026-02-30"))}},
			{"empty title", "/title", task.Patch{Title: ptr(" ")}},
			{"control character", "/title", task.Patch{Title: ptr("a\nb")}},
			{"unknown priority", "/priority", task.Patch{Priority: ptr(task.Priority("asap"))}},
		} {
			_, err := w.tasks.Update(ctx, w.member, made.ID, tc.patch, nil)
			t.Log(tc.name)
			requireCode(t, err, apperr.ValidationFailed, tc.pointer)
		}
		_, err := w.tasks.Create(ctx, w.member, w.project, task.CreateInput{Title: "x", LabelIDs: otherLabels, AssigneeIDs: []uuid.UUID{w.outsider.AccountID}})
		if e := apperr.From(err); len(e.Fields) != 1+len(otherLabels) {
			t.Errorf("not all faults at once: %v", err)
		}
		if next := w.create(t, task.CreateInput{Title: "next"}); next.Number != 2 {
			t.Errorf("refused creations took numbers: next is %d", next.Number)
		}
	})
}

func TestParentsMakeNoCircle(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		top := w.create(t, task.CreateInput{Title: "top"})
		mid := w.create(t, task.CreateInput{Title: "mid", ParentID: &top.ID})
		low := w.create(t, task.CreateInput{Title: "low", ParentID: &mid.ID, AssigneeIDs: []uuid.UUID{w.admin.AccountID}, LabelIDs: w.labels[:1]})
		for _, parent := range []uuid.UUID{top.ID, mid.ID, low.ID} {
			_, err := w.tasks.Update(ctx, w.member, top.ID, task.Patch{ParentID: nullable.NewNullableWithValue(parent)}, nil)
			requireCode(t, err, apperr.Cycle)
		}
		if err := w.tasks.Delete(ctx, w.member, mid.ID, nil); err != nil {
			t.Fatal(err)
		}
		got, err := w.tasks.Get(ctx, w.member, low.ID)
		if err != nil || got.ParentID != nil || got.Version != low.Version+1 || !got.UpdatedAt.After(low.UpdatedAt) {
			t.Fatalf("the subtask of a deleted task: %v %+v", err, got)
		}
		for _, q := range []task.Query{{Assignee: &w.admin.AccountID}, {Label: &w.labels[0]}} { // their copies of updated_at moved too
			q.WorkspaceID, q.Sort, q.UpdatedAfter = w.workspace, task.Sort{Field: task.SortUpdated}, &low.UpdatedAt
			if found, next, err := w.tasks.List(ctx, w.member, q); err != nil || len(found) != 1 || next != nil {
				t.Errorf("%s: %v, %d tasks", describe(q), err, len(found))
			}
		}
	})
}

func TestRelations(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		var ids []uuid.UUID
		for range 3 {
			ids = append(ids, w.create(t, task.CreateInput{Title: "x"}).ID)
		}
		blocks, err := w.tasks.Relate(ctx, w.member, ids[0], ids[1], task.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.tasks.Relate(ctx, w.member, ids[1], ids[2], task.Blocks); err != nil {
			t.Fatal(err)
		}
		_, err = w.tasks.Relate(ctx, w.member, ids[2], ids[0], task.Blocks)
		requireCode(t, err, apperr.Cycle)
		_, err = w.tasks.Relate(ctx, w.member, ids[0], ids[0], task.RelatesTo)
		requireCode(t, err, apperr.Cycle)
		_, err = w.tasks.Relate(ctx, w.member, ids[0], ids[1], task.Blocks)
		requireCode(t, err, apperr.AlreadyExists)
		if _, err := w.tasks.Relate(ctx, w.member, ids[2], ids[0], task.RelatesTo); err != nil {
			t.Fatal(err)
		}
		_, err = w.tasks.Relate(ctx, w.member, ids[0], ids[2], task.RelatesTo)
		requireCode(t, err, apperr.AlreadyExists)
		_, err = w.tasks.Relate(ctx, w.member, ids[0], newID(), task.Duplicates)
		requireCode(t, err, apperr.ValidationFailed, "/task_id")
		_, err = w.tasks.Relate(ctx, w.viewer, ids[0], ids[2], task.Duplicates)
		requireCode(t, err, apperr.Forbidden)

		list, next, err := w.tasks.Relations(ctx, w.viewer, ids[1], uuid.Nil, 50)
		if err != nil || next != nil || len(list) != 2 || !list[0].Inbound || list[0].Other.ID != ids[0] || list[1].Inbound || list[1].Other.ID != ids[2] {
			t.Fatalf("relations: %v %+v", err, list)
		}
		first, next, err := w.tasks.Relations(ctx, w.viewer, ids[1], uuid.Nil, 1)
		if err != nil || next == nil || len(first) != 1 {
			t.Fatalf("first page: %v %+v", err, first)
		}
		requireCode(t, w.tasks.Unrelate(ctx, w.outsider, blocks.ID), apperr.NotFound)
		if err := w.tasks.Unrelate(ctx, w.member, blocks.ID); err != nil {
			t.Fatal(err)
		}
		requireCode(t, w.tasks.Unrelate(ctx, w.member, blocks.ID), apperr.NotFound)
	})
}

func TestBatchIsAllOrNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		made := w.create(t, task.CreateInput{Title: "first"})
		items := []task.BatchItem{
			{Op: task.OpCreate, ProjectID: w.project, Create: task.CreateInput{Title: "second"}},
			{Op: task.OpUpdate, TaskID: made.ID, Patch: task.Patch{Title: ptr("changed")}},
			{Op: task.OpUpdate, TaskID: made.ID, Patch: task.Patch{Title: ptr("")}},
		}
		_, err := w.tasks.Batch(ctx, w.member, w.workspace, items)
		requireCode(t, err, apperr.ValidationFailed, "/changes/2/task/title")
		if got, err := w.tasks.Get(ctx, w.member, made.ID); err != nil || got.Title != "first" {
			t.Fatalf("half of a batch was made: %v %+v", err, got)
		}
		items[2] = task.BatchItem{Op: task.OpDelete, TaskID: made.ID}
		results, err := w.tasks.Batch(ctx, w.member, w.workspace, items)
		if err != nil || len(results) != 3 || results[0].Task.Number != 2 || results[1].Task.Title != "changed" || results[2].Task != nil {
			t.Fatalf("batch: %v %+v", err, results)
		}
		_, err = w.tasks.Batch(ctx, w.outsider, w.workspace, items)
		requireCode(t, err, apperr.NotFound)
	})
}

func TestStats(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		for range 3 {
			w.create(t, task.CreateInput{Title: "x"})
		}
		w.create(t, task.CreateInput{Title: "x", StatusID: ptr(w.statuses[project.CategoryDone])})
		stats, err := w.tasks.Stats(ctx, w.viewer, w.project, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(stats.ByStatus) != 5 || stats.ByStatus[0].Count != 3 || stats.ByStatus[3].Count != 1 {
			t.Errorf("by status: %+v", stats.ByStatus)
		}
		if len(stats.Weeks) != 4 || stats.Weeks[3].Created != 4 || stats.Weeks[3].Completed != 1 || stats.Weeks[2].Created != 0 {
			t.Errorf("by week: %+v", stats.Weeks)
		}
		_, err = w.tasks.Stats(ctx, w.viewer, w.project, 105)
		requireCode(t, err, apperr.InvalidParameter)
	})
}
