package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func projectService(db *store.DB) *project.Service {
	return project.NewService(store.NewProjects(db), store.NewStatuses(db), store.NewLabels(db))
}

// readOnly is p with a token that may only read.
func readOnly(p auth.Principal) auth.Principal {
	p.Scopes = []auth.Scope{auth.ScopeRead}
	return p
}

func TestProjectLife(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		made, err := svc.Create(ctx, w.admin, w.workspace, project.CreateInput{Key: "WEB", Name: "Wéb", Description: "# Hi\n"})
		if err != nil || made.Version != 1 || made.Archived || made.WorkspaceID != w.workspace || made.CreatedAt.IsZero() || !made.CreatedAt.Equal(made.UpdatedAt) {
			t.Fatalf("created: %v %+v", err, made)
		}
		got, err := svc.Get(ctx, w.viewer, made.ID)
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Fatalf("get: %v\n%s", err, diff)
		}
		statuses, next, err := svc.Statuses(ctx, w.viewer, made.ID, project.Page[project.StatusCursor]{Limit: 50})
		if err != nil || next != nil || len(statuses) != 5 {
			t.Fatalf("statuses: %v %v %+v", err, next, statuses)
		}
		for i, want := range project.DefaultStatuses() {
			if s := statuses[i]; s.Name != want.Name || s.Category != want.Category || s.Position != want.Position || s.ProjectID != made.ID || s.Version != 1 {
				t.Errorf("status %d: %+v, want %+v", i, s, want)
			}
		}
		first, err := w.tasks.Create(ctx, w.member, made.ID, task.CreateInput{Title: "One", Priority: task.PriorityNone})
		if err != nil || first.Key() != "WEB-1" || first.Status.Name != "Backlog" {
			t.Fatalf("first task: %v %+v", err, first)
		}

		named, err := svc.Update(ctx, w.admin, made.ID, project.Patch{IfVersion: cond.Only(1), Name: ptr("Web"), Description: ptr("")})
		if err != nil || named.Version != 2 || named.Name != "Web" || named.Description != "" || named.Key != "WEB" {
			t.Fatalf("updated: %v %+v", err, named)
		}
		same, err := svc.Update(ctx, w.admin, made.ID, project.Patch{Name: ptr("Web")})
		if diff := cmp.Diff(named, same); err != nil || diff != "" {
			t.Fatalf("a change of nothing: %v\n%s", err, diff)
		}
		_, err = svc.Update(ctx, w.admin, made.ID, project.Patch{IfVersion: cond.Only(1), Name: ptr("Late")})
		requireCode(t, err, apperr.PreconditionFailed)
		_, err = svc.Update(ctx, w.admin, made.ID, project.Patch{Name: ptr(" ")})
		requireCode(t, err, apperr.ValidationFailed, "/name")
	})
}

func TestProjectKeysAreUniqueInAWorkspace(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		_, err := svc.Create(ctx, w.admin, w.workspace, project.CreateInput{Key: "OPS", Name: "Again"})
		requireCode(t, err, apperr.AlreadyExists)
		_, err = svc.Create(ctx, w.admin, w.workspace, project.CreateInput{Key: "ops", Name: ""})
		requireCode(t, err, apperr.ValidationFailed, "/key")
		other := setup(t, db) // the same key in another workspace
		if other.project == w.project {
			t.Fatal("one project in two workspaces")
		}

		var wg sync.WaitGroup
		var mu sync.Mutex
		outcomes := map[apperr.Code]int{}
		for range 8 {
			wg.Go(func() {
				_, err := svc.Create(ctx, w.admin, w.workspace, project.CreateInput{Key: "RACE", Name: "Race"})
				code := apperr.Code("ok")
				if err != nil {
					code = apperr.From(err).Code
				}
				mu.Lock()
				outcomes[code]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[apperr.Code]int{"ok": 1, apperr.AlreadyExists: 7}, outcomes); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestProjectIdempotencyKey(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, svc := setup(t, db), projectService(db)
		create := func() (project.Project, bool) {
			r := &idem.Request{Key: "once", Hash: [32]byte{1}}
			v, err := svc.Create(idem.With(t.Context(), r), w.admin, w.workspace, project.CreateInput{Key: "IDEM", Name: "Once"})
			if err != nil {
				t.Fatal(err)
			}
			return v, r.Replayed
		}
		first, replayed := create()
		again, replayedAgain := create()
		if diff := cmp.Diff(first, again); diff != "" || replayed || !replayedAgain {
			t.Fatalf("replayed %v then %v\n%s", replayed, replayedAgain, diff)
		}
	})
}

func TestProjectPermissions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, svc := setup(t, db), projectService(db)
		ctx, unknown := t.Context(), uuid.New()
		in := project.CreateInput{Key: "NEW", Name: "New"}
		create := func(p auth.Principal, workspace uuid.UUID) error {
			_, err := svc.Create(ctx, p, workspace, in)
			return err
		}
		get := func(p auth.Principal, id uuid.UUID) error { _, err := svc.Get(ctx, p, id); return err }
		update := func(p auth.Principal, id uuid.UUID) error {
			_, err := svc.Update(ctx, p, id, project.Patch{Name: ptr("X")})
			return err
		}
		list := func(p auth.Principal, id uuid.UUID) error {
			_, _, err := svc.List(ctx, p, id, project.Filter{Limit: 1})
			return err
		}
		for name, c := range map[string]struct {
			err  error
			want apperr.Code
		}{
			"create as outsider":          {create(w.outsider, w.workspace), apperr.NotFound},
			"create in unknown workspace": {create(w.owner, unknown), apperr.NotFound},
			"create as member":            {create(w.member, w.workspace), apperr.Forbidden},
			"create with a read token":    {create(readOnly(w.owner), w.workspace), apperr.InsufficientScope},
			"get as outsider":             {get(w.outsider, w.project), apperr.NotFound},
			"get unknown":                 {get(w.owner, unknown), apperr.NotFound},
			"update as outsider":          {update(w.outsider, w.project), apperr.NotFound},
			"update unknown":              {update(w.owner, unknown), apperr.NotFound},
			"update as member":            {update(w.member, w.project), apperr.Forbidden},
			"list as outsider":            {list(w.outsider, w.workspace), apperr.NotFound},
			"list of unknown workspace":   {list(w.owner, unknown), apperr.NotFound},
		} {
			if !apperr.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %s", name, c.err, c.want)
			}
		}
		// What exists but is hidden reads the same as what does not exist.
		if a, b := apperr.From(get(w.outsider, w.project)).Message, apperr.From(get(w.outsider, unknown)).Message; a != b {
			t.Errorf("%q and %q differ", a, b)
		}
		if a, b := apperr.From(create(w.outsider, w.workspace)).Message, apperr.From(create(w.outsider, unknown)).Message; a != b {
			t.Errorf("%q and %q differ", a, b)
		}
	})
}

func TestProjectListIsPagedAndSplitByArchived(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		want := map[bool][]string{false: {"OPS"}}
		for i, key := range []string{"PA", "PB", "PC", "PD"} {
			v, err := svc.Create(ctx, w.admin, w.workspace, project.CreateInput{Key: key, Name: key})
			if err != nil {
				t.Fatal(err)
			}
			archived := i%2 == 1
			if archived {
				if _, err := svc.Update(ctx, w.admin, v.ID, project.Patch{Archived: ptr(true)}); err != nil {
					t.Fatal(err)
				}
			}
			want[archived] = append(want[archived], key)
		}
		other := setup(t, db)
		if _, err := svc.Create(ctx, other.admin, other.workspace, project.CreateInput{Key: "ELSE", Name: "Elsewhere"}); err != nil {
			t.Fatal(err)
		}
		got := map[bool][]string{}
		for _, archived := range []bool{false, true} {
			f := project.Filter{Archived: archived, Limit: 1}
			for {
				items, next, err := svc.List(ctx, w.viewer, w.workspace, f)
				if err != nil || len(items) > 1 {
					t.Fatal(err, items)
				}
				for _, v := range items {
					got[archived] = append(got[archived], v.Key)
				}
				if next == nil {
					break
				}
				f.After = next
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// archive takes the world's project out of use or back into it.
func archive(ctx context.Context, t *testing.T, svc *project.Service, w *world, archived bool) {
	t.Helper()
	v, err := svc.Update(ctx, w.admin, w.project, project.Patch{Archived: &archived})
	if err != nil || v.Archived != archived {
		t.Fatalf("archived %v: %v %+v", archived, err, v)
	}
}

func TestArchivedProjectIsReadOnlyBelowItself(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		changes := map[string]func() error{
			"create status": func() error {
				_, err := svc.CreateStatus(ctx, w.admin, w.project, project.StatusInput{Name: "S", Category: project.CategoryTodo})
				return err
			},
			"update status": func() error {
				_, err := svc.UpdateStatus(ctx, w.admin, w.statuses[project.CategoryTodo], project.StatusPatch{Name: ptr("T")})
				return err
			},
			"delete status": func() error { return svc.DeleteStatus(ctx, w.admin, w.statuses[project.CategoryCancelled], nil) },
			"create label": func() error {
				_, err := svc.CreateLabel(ctx, w.member, w.project, project.LabelInput{Name: "L", Color: "#000000"})
				return err
			},
			"update label": func() error {
				_, err := svc.UpdateLabel(ctx, w.member, w.labels[0], project.LabelPatch{Color: ptr("#000001")})
				return err
			},
			"delete label": func() error { return svc.DeleteLabel(ctx, w.member, w.labels[1], nil) },
		}
		archive(ctx, t, svc, w, true)
		for name, change := range changes {
			if err := change(); !apperr.Is(err, apperr.ProjectArchived) {
				t.Errorf("%s in an archived project: %v", name, err)
			}
		}
		// Who may not change it at all hears that first.
		_, err := svc.CreateLabel(ctx, w.viewer, w.project, project.LabelInput{Name: "L", Color: "#000000"})
		requireCode(t, err, apperr.Forbidden)
		if _, err := svc.Label(ctx, w.viewer, w.labels[0]); err != nil {
			t.Errorf("read in an archived project: %v", err)
		}
		if v, err := svc.Update(ctx, w.admin, w.project, project.Patch{Name: ptr("Kept")}); err != nil || !v.Archived {
			t.Errorf("rename an archived project: %v %+v", err, v)
		}
		archive(ctx, t, svc, w, false)
		for name, change := range changes {
			if err := change(); err != nil {
				t.Errorf("%s in the project again: %v", name, err)
			}
		}
	})
}
