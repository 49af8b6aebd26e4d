package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// consistent holds the tables that repeat what a task has against the tasks.
func (w *world) consistent(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{
		"an assignee's copy": `SELECT COUNT(*) FROM task_assignees c JOIN tasks t ON t.id = c.task_id
WHERE c.project_id <> t.project_id OR c.position <> t.position OR c.updated_at <> t.updated_at
  OR c.priority <> t.priority OR c.due_date <> t.due_date`,
		"a label's copy": `SELECT COUNT(*) FROM task_labels c JOIN tasks t ON t.id = c.task_id
WHERE c.position <> t.position OR c.updated_at <> t.updated_at OR c.priority <> t.priority OR c.due_date <> t.due_date`,
		"a label of another project": `SELECT COUNT(*) FROM task_labels c JOIN tasks t ON t.id = c.task_id JOIN labels l ON l.id = c.label_id
WHERE l.project_id <> t.project_id`,
		"a status of another project": `SELECT COUNT(*) FROM tasks t JOIN statuses s ON s.id = t.status_id
WHERE s.project_id <> t.project_id OR s.category <> t.category`,
		"a parent of another project":     `SELECT COUNT(*) FROM tasks t JOIN tasks u ON u.id = t.parent_id WHERE u.project_id <> t.project_id`,
		"completed without being done":    `SELECT COUNT(*) FROM tasks WHERE (completed_at IS NULL) = (category = 4)`,
		"a number that two tasks have":    `SELECT COUNT(*) FROM task_numbers n JOIN tasks t ON t.project_id = n.project_id AND t.number = n.number`,
		"a former number in the project":  `SELECT COUNT(*) FROM task_numbers n JOIN tasks t ON t.id = n.task_id AND t.project_id = n.project_id`,
		"a number that was not given out": `SELECT COUNT(*) FROM tasks t JOIN project_counters c ON c.project_id = t.project_id WHERE t.number > c.last_number`,
		"a former number that was not":    `SELECT COUNT(*) FROM task_numbers n JOIN project_counters c ON c.project_id = n.project_id WHERE n.number > c.last_number`,
		"a version without an entry": `SELECT COUNT(*) FROM tasks t
WHERE t.version <> (SELECT COUNT(*) FROM activity a WHERE a.task_id = t.id AND a.action <> 'comment.created')`,
		"a checklist that is counted else": `SELECT COUNT(*) FROM tasks t
WHERE t.checklist_total <> (SELECT COUNT(*) FROM checklist_items i WHERE i.task_id = t.id) OR t.checklist_done <> (SELECT COUNT(*) FROM checklist_items i WHERE i.task_id = t.id AND i.done = 1)`,
	} {
		var n int
		if err := w.db.Pool().QueryRowContext(t.Context(), text).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// TestConcurrentMoves moves 32 trees between two projects at once, half of them each way, three times over, while tasks are
// created in both. Numbers stay unique, each finds its task for good, and none is skipped.
func TestConcurrentMoves(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		dev, _, _ := w.newProject(t, "DEV")
		projects := []uuid.UUID{w.project, dev}
		const trees = 32
		roots := make([]uuid.UUID, trees)
		known := map[uuid.UUID]map[string]int64{} // task → project → number
		for i := range roots {
			in := projects[i%2]
			top, err := w.tasks.Create(t.Context(), w.member, in, task.CreateInput{
				Title: "top", AssigneeIDs: []uuid.UUID{w.member.AccountID, w.admin.AccountID}, Checklist: []string{"a", "b"},
			})
			if err != nil {
				t.Fatal(err)
			}
			sub, err := w.tasks.Create(t.Context(), w.member, in, task.CreateInput{Title: "sub", ParentID: &top.ID})
			if err != nil {
				t.Fatal(err)
			}
			roots[i] = top.ID
			known[top.ID], known[sub.ID] = map[string]int64{in.String(): top.Number}, map[string]int64{in.String(): sub.Number}
		}
		var created atomic.Int64
		for round := range 3 {
			together(trees+4, func(i int) {
				if i >= trees {
					if _, err := w.tasks.Create(context.Background(), w.member, projects[i%2], task.CreateInput{Title: "new"}); err != nil {
						t.Error(err)
					}
					created.Add(1)
					return
				}
				m, err := w.tasks.Move(context.Background(), w.member, roots[i], task.MoveInput{ProjectID: projects[(i+round+1)%2]}, nil)
				if err != nil || m.Tasks != 2 {
					t.Errorf("round %d, tree %d: %d tasks, %v", round, i, m.Tasks, err)
				}
			})
			if t.Failed() {
				return
			}
			for id, numbers := range known {
				got, err := w.tasks.Get(t.Context(), w.viewer, id)
				if err != nil {
					t.Fatal(err)
				}
				if before, was := numbers[got.ProjectID.String()]; was && before != got.Number {
					t.Errorf("%s had the number %d in its project before", got.Key(), before)
				}
				numbers[got.ProjectID.String()] = got.Number
				for in, number := range numbers {
					if found, err := w.tasks.GetByNumber(t.Context(), w.viewer, uuid.MustParse(in), number); err != nil || found.ID != id {
						t.Errorf("%s by its number %d: %v, found %s", got.Key(), number, err, found.Key())
					}
				}
			}
		}
		w.consistent(t)
		var given, kept int64
		for text, n := range map[string]*int64{
			"SELECT SUM(last_number) FROM project_counters":                             &given,
			"SELECT (SELECT COUNT(*) FROM tasks) + (SELECT COUNT(*) FROM task_numbers)": &kept,
		} {
			if err := db.Pool().QueryRowContext(t.Context(), text).Scan(n); err != nil {
				t.Fatal(err)
			}
		}
		if given != kept || kept != 2*2*trees+created.Load() {
			t.Errorf("%d numbers were given out, %d are kept", given, kept)
		}
	})
}

// TestMovesOfOneTask moves one task to three projects at once: each move that goes through begins where the one before
// ended, and with the version that was seen only one does.
func TestMovesOfOneTask(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		dev, _, _ := w.newProject(t, "DEV")
		web, _, _ := w.newProject(t, "WEB")
		made := w.create(t, task.CreateInput{Title: "wanted", LabelIDs: w.labels})
		var moved, stayed atomic.Int64
		together(24, func(i int) {
			_, err := w.tasks.Move(context.Background(), w.member, made.ID, task.MoveInput{ProjectID: []uuid.UUID{w.project, dev, web}[i%3]}, nil)
			switch {
			case err == nil:
				moved.Add(1)
			case apperr.Is(err, apperr.Conflict): // it is there
				stayed.Add(1)
			default:
				t.Error(err)
			}
		})
		got, err := w.tasks.Get(t.Context(), w.viewer, made.ID)
		if err != nil || got.Version != 1+moved.Load() || moved.Load()+stayed.Load() != 24 || len(got.Labels) != 4 {
			t.Errorf("%v: %d moves, %+v", err, moved.Load(), got)
		}
		elsewhere := []uuid.UUID{w.project, dev, web}
		elsewhere = slices.DeleteFunc(elsewhere, func(id uuid.UUID) bool { return id == got.ProjectID })
		var won atomic.Int64
		together(16, func(i int) {
			_, err := w.tasks.Move(context.Background(), w.member, made.ID, task.MoveInput{ProjectID: elsewhere[i%2]}, cond.Only(got.Version))
			if err == nil {
				won.Add(1)
			} else if !apperr.Is(err, apperr.PreconditionFailed) {
				t.Error(err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d moves from one version went through", won.Load())
		}
		w.consistent(t)
	})
}

// TestMovesAgainstChangesOfTheProjects lets moves race with whatever changes the projects and tasks that they touch. What
// goes through is whole, and what does not says why.
func TestMovesAgainstChangesOfTheProjects(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), context.Background(), projectService(db)
		for round := range 4 {
			from, _, fromLabels := w.newProject(t, fmt.Sprint("FROM", round))
			to, toStatuses, toLabels := w.newProject(t, fmt.Sprint("TO", round))
			spare, err := svc.CreateStatus(ctx, w.admin, to, project.StatusInput{Name: "spare", Category: project.CategoryTodo})
			if err != nil {
				t.Fatal(err)
			}
			var tops, subs []uuid.UUID
			for range 8 {
				top, err := w.tasks.Create(ctx, w.member, from, task.CreateInput{Title: "top", LabelIDs: fromLabels})
				if err != nil {
					t.Fatal(err)
				}
				sub, err := w.tasks.Create(ctx, w.member, from, task.CreateInput{Title: "sub", ParentID: &top.ID, LabelIDs: fromLabels[:1]})
				if err != nil {
					t.Fatal(err)
				}
				tops, subs = append(tops, top.ID), append(subs, sub.ID)
			}
			// Each error that is not one of these is a failure; deadlocks are run again and never seen.
			fine := func(err error, codes ...apperr.Code) {
				t.Helper()
				if err != nil && !slices.ContainsFunc(codes, func(c apperr.Code) bool { return apperr.Is(err, c) }) {
					t.Error(err)
				}
			}
			others := []func(){
				func() { fine(svc.DeleteLabel(ctx, w.admin, fromLabels[0], nil), apperr.ProjectArchived) },
				func() { fine(svc.DeleteLabel(ctx, w.admin, toLabels[1], nil), apperr.ProjectArchived) },
				func() {
					fine(svc.DeleteStatus(ctx, w.admin, spare.ID, nil), apperr.StatusInUse, apperr.ProjectArchived)
				},
				func() { fine(db.DetachLabels(ctx)) },
				func() {
					_, err := svc.Update(ctx, w.admin, to, project.Patch{Archived: ptr(true)})
					fine(err)
				},
				func() { fine(w.tasks.Delete(ctx, w.member, tops[0], nil), apperr.ProjectArchived) },
				func() { fine(w.tasks.Delete(ctx, w.member, subs[1], nil), apperr.ProjectArchived) },
				func() {
					_, err := w.tasks.Update(ctx, w.member, subs[2], task.Patch{ParentID: nullable.NewNullableWithValue(tops[3])}, nil)
					fine(err, apperr.ValidationFailed, apperr.ProjectArchived)
				},
				func() {
					_, err := w.tasks.Create(ctx, w.member, from, task.CreateInput{Title: "late", ParentID: &subs[4]})
					fine(err, apperr.ValidationFailed)
				},
				func() {
					_, err := w.tasks.Update(ctx, w.member, tops[5], task.Patch{LabelIDs: ptr(fromLabels[1:2])}, nil)
					fine(err, apperr.ValidationFailed, apperr.ProjectArchived)
				},
				func() {
					_, err := w.tasks.AddChecklistItem(ctx, w.member, tops[6], task.ItemInput{Text: "step"})
					fine(err, apperr.ProjectArchived)
				},
				func() {
					_, err := w.tasks.Move(ctx, w.member, subs[7], task.MoveInput{ProjectID: to}, nil)
					fine(err, apperr.Conflict, apperr.ProjectArchived)
				},
			}
			together(len(tops)+len(others), func(i int) {
				if i >= len(tops) {
					others[i-len(tops)]()
					return
				}
				status := []*uuid.UUID{nil, &spare.ID, ptr(toStatuses[project.CategoryDone])}[i%3]
				_, err := w.tasks.Move(ctx, w.member, tops[i], task.MoveInput{ProjectID: to, StatusID: status}, nil)
				fine(err, apperr.ProjectArchived, apperr.NotFound, apperr.ValidationFailed)
			})
			if err := db.DetachLabels(ctx); err != nil {
				t.Fatal(err)
			}
			w.consistent(t)
			if t.Failed() {
				return
			}
		}
	})
}
