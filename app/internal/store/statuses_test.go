package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// freshProject makes a project with the default statuses and returns them.
func freshProject(t *testing.T, w *world, svc *project.Service, key string) (project.Project, []project.Status) {
	t.Helper()
	v, err := svc.Create(t.Context(), w.admin, w.workspace, project.CreateInput{Key: key, Name: key})
	if err != nil {
		t.Fatal(err)
	}
	statuses, _, err := svc.Statuses(t.Context(), w.admin, v.ID, project.Page[project.StatusCursor]{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	return v, statuses
}

func TestStatusLife(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		in, defaults := freshProject(t, w, svc, "WEB")
		made, err := svc.CreateStatus(ctx, w.admin, in.ID, project.StatusInput{Name: "In review", Category: project.CategoryInProgress})
		if err != nil || made.Version != 1 || made.Position != defaults[4].Position+project.PositionStep || made.ProjectID != in.ID {
			t.Fatalf("created: %v %+v", err, made)
		}
		got, err := svc.Status(ctx, w.viewer, made.ID)
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Fatalf("get: %v\n%s", err, diff)
		}
		_, err = svc.CreateStatus(ctx, w.admin, in.ID, project.StatusInput{Name: " IN REVIEW", Category: project.CategoryDone})
		requireCode(t, err, apperr.AlreadyExists)
		_, err = svc.CreateStatus(ctx, w.admin, in.ID, project.StatusInput{Name: "Odd", Category: "odd", Position: ptr(int64(1) << 60)})
		requireCode(t, err, apperr.ValidationFailed, "/category")

		moved, err := svc.UpdateStatus(ctx, w.admin, made.ID, project.StatusPatch{IfVersion: cond.Only(1), Name: ptr("Review"), Position: ptr(int64(-5))})
		if err != nil || moved.Version != 2 || moved.Name != "Review" || moved.Position != -5 || moved.Category != project.CategoryInProgress {
			t.Fatalf("updated: %v %+v", err, moved)
		}
		_, err = svc.UpdateStatus(ctx, w.admin, made.ID, project.StatusPatch{IfVersion: cond.Only(1), Name: ptr("Late")})
		requireCode(t, err, apperr.PreconditionFailed)
		_, err = svc.UpdateStatus(ctx, w.admin, made.ID, project.StatusPatch{Name: ptr("todo")})
		requireCode(t, err, apperr.AlreadyExists)
		if _, err = svc.UpdateStatus(ctx, w.admin, made.ID, project.StatusPatch{Name: ptr("REVIEW")}); err != nil {
			t.Fatalf("another case of its own name: %v", err)
		}
		first, err := w.tasks.Create(ctx, w.member, in.ID, task.CreateInput{Title: "One", StatusID: &made.ID})
		if err != nil || first.Status.ID != made.ID {
			t.Fatalf("a task in the status: %v %+v", err, first.Status)
		}

		requireCode(t, svc.DeleteStatus(ctx, w.admin, made.ID, nil), apperr.StatusInUse)
		if err := w.tasks.Delete(ctx, w.member, first.ID, nil); err != nil {
			t.Fatal(err)
		}
		requireCode(t, svc.DeleteStatus(ctx, w.admin, made.ID, cond.Only(1)), apperr.PreconditionFailed)
		if err := svc.DeleteStatus(ctx, w.admin, made.ID, cond.Only(3)); err != nil {
			t.Fatal(err)
		}
		_, err = svc.Status(ctx, w.admin, made.ID)
		requireCode(t, err, apperr.NotFound)
		requireCode(t, svc.DeleteStatus(ctx, w.admin, made.ID, nil), apperr.NotFound)
	})
}

func TestStatusInUseSaysHowMany(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, svc := setup(t, db), projectService(db)
		for range 3 {
			w.create(t, task.CreateInput{Title: "T", Priority: task.PriorityNone, StatusID: ptr(w.statuses[project.CategoryTodo])})
		}
		err := svc.DeleteStatus(t.Context(), w.admin, w.statuses[project.CategoryTodo], nil)
		requireCode(t, err, apperr.StatusInUse)
		if got, want := apperr.From(err).Message, `Tasks in the status "todo": 3. Move them to another one first.`; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestLastStatusStays(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		in, statuses := freshProject(t, w, svc, "WEB")
		var wg sync.WaitGroup
		errs := make([]error, len(statuses))
		for i, s := range statuses { // all at once: one of them must stay
			wg.Go(func() { errs[i] = svc.DeleteStatus(ctx, w.admin, s.ID, nil) })
		}
		wg.Wait()
		refused := 0
		for _, err := range errs {
			if err != nil {
				requireCode(t, err, apperr.StatusInUse)
				refused++
			}
		}
		left, _, err := svc.Statuses(ctx, w.admin, in.ID, project.Page[project.StatusCursor]{Limit: 50})
		if err != nil || len(left) != 1 || refused != 1 {
			t.Fatalf("%d refused, left %+v, %v", refused, left, err)
		}
	})
}

// A status that is deleted while tasks come into it: each task is either in an existing status or refused.
func TestStatusDeletedUnderTasks(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		target := w.statuses[project.CategoryCancelled]
		var wg sync.WaitGroup
		created := make([]error, 8)
		var deleted error
		for i := range created {
			wg.Go(func() {
				_, created[i] = w.tasks.Create(ctx, w.member, w.project, task.CreateInput{Title: "T", Priority: task.PriorityNone, StatusID: &target})
			})
		}
		wg.Go(func() { deleted = svc.DeleteStatus(ctx, w.admin, target, nil) })
		wg.Wait()
		ok := 0
		for _, err := range created {
			if err == nil {
				ok++
			} else if deleted != nil {
				t.Errorf("a task was refused although the status stayed: %v", err)
			} else {
				requireCode(t, err, apperr.ValidationFailed)
			}
		}
		switch {
		case deleted == nil && ok > 0:
			t.Fatalf("the status is gone with %d tasks in it", ok)
		case deleted != nil:
			requireCode(t, deleted, apperr.StatusInUse)
		}
	})
}

func TestStatusesAreBoundedAndPaged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		in, _ := freshProject(t, w, svc, "WEB")
		create := func(i int) error {
			_, err := svc.CreateStatus(ctx, w.admin, in.ID, project.StatusInput{
				Name: fmt.Sprintf("S%d", i), Category: project.CategoryTodo, Position: ptr(int64(i % 7)), // equal positions too
			})
			return err
		}
		for i := 5; i < project.MaxStatuses-2; i++ {
			if err := create(i); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs { // two places are left
			wg.Go(func() { errs[i] = create(1000 + i) })
		}
		wg.Wait()
		ok := 0
		for _, err := range errs {
			if err == nil {
				ok++
				continue
			}
			requireCode(t, err, apperr.ValidationFailed, "")
		}
		all, next, err := svc.Statuses(ctx, w.viewer, in.ID, project.Page[project.StatusCursor]{Limit: 100})
		if err != nil || next != nil || ok != 2 || len(all) != project.MaxStatuses {
			t.Fatalf("%d created at once, %d in all, %v", ok, len(all), err)
		}
		var paged []project.Status
		page := project.Page[project.StatusCursor]{Limit: 7}
		for {
			items, next, err := svc.Statuses(ctx, w.viewer, in.ID, page)
			if err != nil || len(items) > 7 {
				t.Fatal(err, len(items))
			}
			paged = append(paged, items...)
			if page.After = next; next == nil {
				break
			}
		}
		if diff := cmp.Diff(all, paged); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestStatusPermissions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, svc := setup(t, db), projectService(db)
		ctx, status := t.Context(), w.statuses[project.CategoryTodo]
		for _, c := range []struct {
			p           auth.Principal
			id          uuid.UUID
			read, write apperr.Code
		}{
			{w.outsider, status, apperr.NotFound, apperr.NotFound},
			{w.owner, uuid.New(), apperr.NotFound, apperr.NotFound},
			{w.viewer, status, "", apperr.Forbidden},
			{w.member, status, "", apperr.Forbidden},
			{readOnly(w.admin), status, "", apperr.InsufficientScope},
		} {
			_, readErr := svc.Status(ctx, c.p, c.id)
			_, updateErr := svc.UpdateStatus(ctx, c.p, c.id, project.StatusPatch{Name: ptr("X")})
			deleteErr := svc.DeleteStatus(ctx, c.p, c.id, nil)
			if c.read == "" && readErr != nil || c.read != "" && !apperr.Is(readErr, c.read) {
				t.Errorf("%s reads: %v, want %q", c.p.Name, readErr, c.read)
			}
			if !apperr.Is(updateErr, c.write) || !apperr.Is(deleteErr, c.write) {
				t.Errorf("%s writes: %v, %v, want %q", c.p.Name, updateErr, deleteErr, c.write)
			}
		}
		_, _, err := svc.Statuses(ctx, w.outsider, w.project, project.Page[project.StatusCursor]{Limit: 1})
		requireCode(t, err, apperr.NotFound)
		_, err = svc.CreateStatus(ctx, w.outsider, w.project, project.StatusInput{Name: "X", Category: project.CategoryTodo})
		requireCode(t, err, apperr.NotFound)
		_, err = svc.CreateStatus(ctx, w.admin, uuid.New(), project.StatusInput{Name: "X", Category: project.CategoryTodo})
		requireCode(t, err, apperr.NotFound)
	})
}

// TestTasksStartInTheFirstStatus goes by category before position: a column that is moved to the front of the board does
// not make new tasks done.
func TestTasksStartInTheFirstStatus(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		in, defaults := freshProject(t, w, svc, "WEB")
		start := func() project.Category {
			made, err := w.tasks.Create(ctx, w.member, in.ID, task.CreateInput{Title: "fresh"})
			if err != nil {
				t.Fatal(err)
			}
			return made.Status.Category
		}
		for i, status := range defaults {
			if _, err := svc.UpdateStatus(ctx, w.admin, status.ID, project.StatusPatch{Position: ptr(int64(len(defaults) - i))}); err != nil {
				t.Fatal(err)
			}
		}
		if got := start(); got != project.CategoryBacklog {
			t.Errorf("with all statuses in reverse order a task starts as %s", got)
		}
		for _, status := range defaults {
			if _, err := svc.UpdateStatus(ctx, w.admin, status.ID, project.StatusPatch{Position: ptr(int64(7))}); err != nil {
				t.Fatal(err)
			}
		}
		if got := start(); got != project.CategoryBacklog {
			t.Errorf("with equal positions a task starts as %s", got)
		}
		early, err := svc.CreateStatus(ctx, w.admin, in.ID, project.StatusInput{Name: "Ideas", Category: project.CategoryBacklog, Position: ptr(int64(6))})
		if err != nil {
			t.Fatal(err)
		}
		made, err := w.tasks.Create(ctx, w.member, in.ID, task.CreateInput{Title: "fresh"})
		if err != nil || made.Status.ID != early.ID {
			t.Errorf("within a category the position decides: %v, %+v", err, made.Status)
		}
	})
}
