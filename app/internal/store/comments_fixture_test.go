package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

// board is a workspace with somebody in each role, a stranger, a project and a task, made without the services that
// other tests are about.
type board struct {
	db                       *store.DB
	workspace, project, task uuid.UUID
	people                   map[auth.Role]auth.Principal // RoleNone: not in the workspace
}

func newBoard(t *testing.T, db *store.DB) board {
	t.Helper()
	now := time.Now()
	at := now.UnixMicro()
	b := board{db: db, workspace: store.NewID(now), project: store.NewID(now), people: map[auth.Role]auth.Principal{}}
	exec := func(text string, args ...any) {
		t.Helper()
		store.ExecForTest(t, db, text, args...)
	}
	exec(`INSERT INTO workspaces (id, name, created_at, updated_at, version) VALUES (?, 'Acme', ?, ?, 1)`, b.workspace[:], at, at)
	for _, role := range append(slices.Clone(auth.Roles()), auth.RoleNone) {
		id := store.NewID(now)
		name := "Some " + string(role)
		exec(`INSERT INTO accounts (id, email, email_fold, name, password_hash, created_at, updated_at, version) VALUES (?, ?, ?, ?, '', ?, ?, 1)`,
			id[:], id.String(), id.String(), name, at, at)
		if role != auth.RoleNone {
			exec(`INSERT INTO members (workspace_id, account_id, role, joined_at) VALUES (?, ?, ?, ?)`, b.workspace[:], id[:], string(role), at)
		}
		b.people[role] = auth.Principal{AccountID: id, Name: name, Scopes: []auth.Scope{auth.ScopeWrite}}
	}
	exec(`INSERT INTO projects (id, workspace_id, project_key, name, description, archived, created_at, updated_at, version)
		VALUES (?, ?, 'OPS', 'Operations', '', 0, ?, ?, 1)`, b.project[:], b.workspace[:], at, at)
	b.task = b.newTask(t, 1, "Rotate the keys")
	return b
}

func (b board) newTask(t *testing.T, number int, title string) uuid.UUID {
	t.Helper()
	now := time.Now()
	at := now.UnixMicro()
	id, status := store.NewID(now), store.NewID(now)
	author := b.people[auth.RoleOwner].AccountID
	store.ExecForTest(t, b.db, `INSERT INTO statuses (id, project_id, name, name_fold, category, position, created_at, updated_at, version)
		VALUES (?, ?, ?, ?, 1, 1, ?, ?, 1)`, status[:], b.project[:], status.String(), status.String(), at, at)
	store.ExecForTest(t, b.db, `INSERT INTO tasks (id, workspace_id, project_id, number, title, description, status_id, category, priority, due_date,
		position, author_id, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, '', ?, 1, 0, '9999-12-31', 1, ?, ?, ?, 1)`,
		id[:], b.workspace[:], b.project[:], number, title, status[:], author[:], at, at)
	store.ExecForTest(t, b.db, `INSERT INTO task_search (task_id, workspace_id, project_id, doc) VALUES (?, ?, ?, ?)`,
		id[:], b.workspace[:], b.project[:], store.SearchDoc(title))
	return id
}

func (b board) archive(t *testing.T, archived bool) {
	t.Helper()
	store.ExecForTest(t, b.db, `UPDATE projects SET archived = ? WHERE id = ?`, archived, b.project[:])
}

// actions lists the activity of the board's task, oldest first.
func (b board) actions(t *testing.T) string {
	t.Helper()
	list := `GROUP_CONCAT(action, ' ')` // SQLite, in the order of the rows
	if b.db.Engine() == store.MySQL {
		list = `GROUP_CONCAT(action ORDER BY id SEPARATOR ' ')`
	}
	return store.TextForTest(t, b.db, `SELECT `+list+` FROM (SELECT id, action FROM activity WHERE task_id = ? AND project_id = ? AND workspace_id = ? ORDER BY id) a`,
		b.task[:], b.project[:], b.workspace[:])
}
