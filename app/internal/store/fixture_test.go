package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// world is a workspace with one member of each role, an outsider, and a project with all its defaults.
type world struct {
	db                                     *store.DB
	tasks                                  *task.Service
	workspace, project                     uuid.UUID
	owner, admin, member, viewer, outsider auth.Principal
	statuses                               map[project.Category]uuid.UUID
	labels                                 []uuid.UUID
}

func setup(t testing.TB, db *store.DB) *world {
	t.Helper()
	st := store.NewTasks(db)
	w := &world{db: db, tasks: task.NewService(st, st, st, st, time.Now), workspace: newID()}
	now := time.Now().UnixMicro()
	w.exec(t, "INSERT INTO workspaces (id, name, created_at, updated_at, version) VALUES (?, 'W', ?, ?, 1)", w.workspace[:], now, now)
	w.owner, w.admin = w.person(t, "Olga", auth.RoleOwner), w.person(t, "Adam", auth.RoleAdmin)
	w.member, w.viewer = w.person(t, "Mia", auth.RoleMember), w.person(t, "Vera", auth.RoleViewer)
	w.outsider = w.person(t, "Oz", auth.RoleNone)
	w.project, w.statuses, w.labels = w.newProject(t, "OPS")
	return w
}

func newID() uuid.UUID { return store.NewID(time.Now()) }

func (w *world) exec(t testing.TB, text string, args ...any) {
	t.Helper()
	if err := w.db.Exec(context.Background(), text, args...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) person(t testing.TB, name string, role auth.Role) auth.Principal {
	t.Helper()
	p := auth.Principal{AccountID: newID(), Name: name, Scopes: auth.Scopes()}
	now := time.Now().UnixMicro()
	w.exec(t, "INSERT INTO accounts (id, email, email_fold, name, password_hash, created_at, updated_at, version) VALUES (?, ?, ?, ?, '', ?, ?, 1)",
		p.AccountID[:], p.AccountID.String(), p.AccountID.String(), name, now, now)
	if role != auth.RoleNone {
		w.exec(t, "INSERT INTO members (workspace_id, account_id, role, joined_at) VALUES (?, ?, ?, ?)", w.workspace[:], p.AccountID[:], string(role), now)
	}
	return p
}

func (w *world) newProject(t testing.TB, key string) (uuid.UUID, map[project.Category]uuid.UUID, []uuid.UUID) {
	t.Helper()
	id, statuses := newID(), map[project.Category]uuid.UUID{}
	now := time.Now().UnixMicro()
	w.exec(t, "INSERT INTO projects (id, workspace_id, project_key, name, description, archived, created_at, updated_at, version) VALUES (?, ?, ?, 'P', '', 0, ?, ?, 1)",
		id[:], w.workspace[:], key, now, now)
	w.exec(t, "INSERT INTO project_counters (project_id, last_number) VALUES (?, 0)", id[:])
	for _, c := range project.Categories() {
		s := newID()
		statuses[c] = s
		w.exec(t, "INSERT INTO statuses (id, project_id, name, name_fold, category, position, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
			s[:], id[:], string(c), string(c), c.Number(), c.Number(), now, now)
	}
	labels := make([]uuid.UUID, 4)
	for i := range labels {
		labels[i] = newID()
		name := fmt.Sprintf("label-%d", i)
		w.exec(t, "INSERT INTO labels (id, project_id, name, name_fold, color, created_at, updated_at, version) VALUES (?, ?, ?, ?, '#00ff00', ?, ?, 1)",
			labels[i][:], id[:], name, name, now, now)
	}
	return id, statuses, labels
}

func (w *world) create(t testing.TB, in task.CreateInput) task.Task {
	t.Helper()
	got, err := w.tasks.Create(context.Background(), w.member, w.project, in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// requireCode fails unless err carries the code, and the pointer where one is named.
func requireCode(t testing.TB, err error, code apperr.Code, pointer ...string) {
	t.Helper()
	if err == nil || apperr.From(err).Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	var e *apperr.Error
	if len(pointer) == 0 || !errors.As(err, &e) {
		return
	}
	if len(e.Fields) == 0 || e.Fields[0].Pointer != pointer[0] {
		t.Fatalf("got %v, want a fault at %s", err, pointer[0])
	}
}

func ptr[T any](v T) *T { return &v }
