package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// Workspaces keeps tenants; it is the [workspace.Store].
type Workspaces struct{ db *DB }

var _ workspace.Store = (*Workspaces)(nil)

// NewWorkspaces returns the workspaces of a database.
func NewWorkspaces(db *DB) *Workspaces { return &Workspaces{db: db} }

const (
	workspaceColumns = `w.id, w.name, w.created_at, w.updated_at, w.version`

	// The role, as a query of its own inside the statement, is read without a lock where the statement locks the workspace.
	getWorkspaceSQL  = `SELECT ` + workspaceColumns + `, COALESCE((SELECT m.role FROM members m WHERE m.workspace_id = w.id AND m.account_id = ?), '') FROM workspaces w WHERE w.id = ?`
	holdWorkspaceSQL = getWorkspaceSQL + ` {FOR UPDATE}`
	// One person's workspaces are few: they are read by membership and sorted. The place to go on from is found by its id,
	// as a name can be longer than a cursor.
	listWorkspacesSQL = `SELECT ` + workspaceColumns + `, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.account_id = ? ORDER BY w.name, w.id LIMIT ?`
	onlyWorkspaceSQL  = `SELECT ` + workspaceColumns + `, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.account_id = ? AND m.workspace_id = ? LIMIT ?`
	moreWorkspacesSQL = `SELECT ` + workspaceColumns + `, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id
WHERE m.account_id = ? AND (w.name, w.id) > ((SELECT l.name FROM workspaces l WHERE l.id = ?), ?) ORDER BY w.name, w.id LIMIT ?`

	insertWorkspaceSQL = `INSERT INTO workspaces (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?)`
	updateWorkspaceSQL = `UPDATE workspaces SET name = ?, updated_at = ?, version = ? WHERE id = ?`
)

func scanWorkspace(row scanner) (w workspace.Workspace, err error) {
	var created, updated int64
	err = row.Scan(&w.ID, &w.Name, &created, &updated, &w.Version, &w.Role)
	w.CreatedAt, w.UpdatedAt = fromMicros(created), fromMicros(updated)
	return w, err
}

// Get implements [workspace.Store].
func (s *Workspaces) Get(ctx context.Context, id, viewer uuid.UUID) (workspace.Workspace, error) {
	w, err := one(ctx, s.db.reader(), "workspace.get", getWorkspaceSQL, scanWorkspace, viewer[:], id[:])
	return w, missing(err, "workspace")
}

// lockWorkspace reads a workspace with the principal's role and holds it until the end of the transaction. All changes
// of members begin with it, so that they count owners one after the other.
func (tx *Tx) lockWorkspace(ctx context.Context, id uuid.UUID, p auth.Principal) (workspace.Workspace, error) {
	w, err := one(ctx, tx.conn, "workspace.lock", holdWorkspaceSQL, scanWorkspace, p.AccountID[:], id[:])
	tx.locked(w.UpdatedAt)
	return w, absent(err, "workspace")
}

// List implements [workspace.Store].
func (s *Workspaces) List(ctx context.Context, viewer, only uuid.UUID, page workspace.Page[uuid.UUID]) ([]workspace.Workspace, *uuid.UUID, error) {
	text, args := listWorkspacesSQL, []any{viewer[:]}
	switch {
	case only != uuid.Nil:
		text, args = onlyWorkspaceSQL, []any{viewer[:], only[:]}
	case page.After != nil:
		text, args = moreWorkspacesSQL, []any{viewer[:], page.After[:], page.After[:]}
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "workspace.list", text, scanWorkspace, args...)
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

func madeWorkspace(w workspace.Workspace) []uuid.UUID { return []uuid.UUID{w.ID} }

// Create implements [workspace.Store].
func (s *Workspaces) Create(ctx context.Context, p auth.Principal, name string) (workspace.Workspace, error) {
	return mutateOnce(ctx, s.db, "workspace.create", p, madeWorkspace, func(tx *Tx) (workspace.Workspace, error) {
		w := workspace.Workspace{ID: tx.NewID(), Name: name, Role: auth.RoleOwner, CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1}
		_, err := tx.exec(ctx, "workspace.insert", insertWorkspaceSQL, w.ID[:], w.Name, micros(w.CreatedAt), micros(w.UpdatedAt), w.Version)
		if err != nil {
			return w, err
		}
		var changes activity.Changes
		changes.Add("name", nil, name)
		if err := tx.record(ctx, p, activity.Entry{
			WorkspaceID: w.ID, Action: "workspace.created", EntityType: "workspace", EntityID: w.ID, Changes: changes,
		}); err != nil {
			return w, err
		}
		return w, tx.addMember(ctx, p, w.ID, p.AccountID, w.Role)
	})
}

// Update implements [workspace.Store].
func (s *Workspaces) Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(workspace.Workspace) (workspace.Workspace, error)) (workspace.Workspace, error) {
	return mutate(ctx, s.db, "workspace.update", func(tx *Tx) (workspace.Workspace, error) {
		cur, err := tx.lockWorkspace(ctx, id, p)
		if err != nil {
			return cur, err
		}
		w, err := decide(cur)
		if err != nil {
			return w, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, w.Name)
		if len(changes) == 0 {
			return cur, nil
		}
		w.UpdatedAt, w.Version = tx.Now, cur.Version+1
		if _, err := tx.exec(ctx, "workspace.update", updateWorkspaceSQL, w.Name, micros(w.UpdatedAt), w.Version, id[:]); err != nil {
			return w, err
		}
		return w, tx.record(ctx, p, activity.Entry{
			WorkspaceID: id, Action: "workspace.updated", EntityType: "workspace", EntityID: id, Changes: changes,
		})
	})
}
