package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// Projects keeps projects; it is the [project.Store].
type Projects struct{ db *DB }

var _ project.Store = (*Projects)(nil)

// NewProjects returns the projects of a database.
func NewProjects(db *DB) *Projects { return &Projects{db: db} }

const (
	projectColumns = `p.id, p.workspace_id, p.project_key, p.name, p.description, p.archived, p.created_at, p.updated_at, p.version`
	// projectRole is the role of an account in the project's workspace. As a query of its own inside the statement it is
	// read without a lock where the statement locks the project.
	projectRole = `COALESCE((SELECT m.role FROM members m WHERE m.workspace_id = p.workspace_id AND m.account_id = ?), '')`
	// projectMembership is the workspace with it, which a project's own columns have already.
	projectMembership = `p.workspace_id, ` + projectRole

	getProjectSQL    = `SELECT ` + projectColumns + `, ` + projectRole + ` FROM projects p WHERE p.id = ?`
	lockProjectSQL   = getProjectSQL + ` {FOR UPDATE}`
	listProjectsSQL  = `SELECT ` + projectColumns + `, '' FROM projects p WHERE p.workspace_id = ? AND p.archived = ? AND p.id > ? ORDER BY p.id LIMIT ?`
	workspaceRoleSQL = `SELECT m.role FROM members m WHERE m.workspace_id = ? AND m.account_id = ?`

	insertProjectSQL = `INSERT INTO projects (id, workspace_id, project_key, name, description, archived, created_at, updated_at, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertCounterSQL = `INSERT INTO project_counters (project_id, last_number) VALUES (?, 0)`
	updateProjectSQL = `UPDATE projects SET name = ?, description = ?, archived = ?, updated_at = ?, version = ? WHERE id = ?`
)

// ruledProject is a project with the role of whoever asks.
type ruledProject struct {
	project.Project
	role auth.Role
}

func (v ruledProject) membership() auth.Membership {
	return auth.Membership{Workspace: v.WorkspaceID, Role: v.role}
}

func scanProject(row scanner) (v ruledProject, err error) {
	var created, updated int64
	err = row.Scan(&v.ID, &v.WorkspaceID, &v.Key, &v.Name, &v.Description, &v.Archived, &created, &updated, &v.Version, &v.role)
	v.CreatedAt, v.UpdatedAt = fromMicros(created), fromMicros(updated)
	return v, err
}

// Get implements [project.Store].
func (s *Projects) Get(ctx context.Context, id, viewer uuid.UUID) (project.Project, auth.Membership, error) {
	v, err := one(ctx, s.db.reader(), "project.get", getProjectSQL, scanProject, viewer[:], id[:])
	return v.Project, v.membership(), missing(err, "project")
}

// Member implements [project.Store].
func (s *Projects) Member(ctx context.Context, workspace, viewer uuid.UUID) (auth.Membership, error) {
	in, err := s.db.reader().membership(ctx, workspace, viewer)
	return in, public(err)
}

// membership is what an account is in a workspace.
func (c conn) membership(ctx context.Context, workspace, account uuid.UUID) (auth.Membership, error) {
	role, err := one(ctx, c, "workspace.role", workspaceRoleSQL, func(row scanner) (role auth.Role, err error) {
		return role, row.Scan(&role)
	}, workspace[:], account[:])
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return auth.Membership{Workspace: workspace, Role: role}, err
}

// List implements [project.Store].
func (s *Projects) List(ctx context.Context, workspace uuid.UUID, f project.Filter) ([]project.Project, *uuid.UUID, error) {
	var after uuid.UUID // no id is smaller
	if f.After != nil {
		after = *f.After
	}
	items, more, err := listPage(ctx, s.db, f.Eventual, f.Limit, "project.list", listProjectsSQL, func(row scanner) (project.Project, error) {
		v, err := scanProject(row)
		return v.Project, err
	}, workspace[:], f.Archived, after[:])
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

// listPage runs a query whose last parameter is how many rows it may return, and tells whether there are more than
// limit. Where a lagging answer will do, a replica gives it; if that is down, the primary does.
func listPage[T any](ctx context.Context, db *DB, eventual bool, limit int, name, text string, scan func(scanner) (T, error), args ...any) (items []T, more bool, err error) {
	args = append(args, limit+1)
	items, err = collect(ctx, db.listReader(eventual), name, text, scan, args...)
	if err != nil && eventual && apperr.Is(public(err), apperr.Unavailable) {
		items, err = collect(ctx, db.reader(), name, text, scan, args...)
	}
	if err != nil {
		return nil, false, public(err)
	}
	if len(items) > limit {
		return items[:limit], true, nil
	}
	return items, false, nil
}

// Create implements [project.Store].
func (s *Projects) Create(ctx context.Context, p auth.Principal, workspace uuid.UUID, decide func(auth.Membership) (project.Project, []project.Status, error)) (project.Project, error) {
	return mutateOnce(ctx, s.db, "project.create", p, func(v project.Project) []uuid.UUID { return []uuid.UUID{v.ID} }, func(tx *Tx) (project.Project, error) {
		in, err := tx.membership(ctx, workspace, p.AccountID)
		if err != nil {
			return project.Project{}, err
		}
		v, statuses, err := decide(in)
		if err != nil {
			return project.Project{}, err
		}
		v.ID, v.WorkspaceID, v.CreatedAt, v.UpdatedAt, v.Version = tx.NewID(), workspace, tx.Now, tx.Now, 1
		_, err = tx.exec(ctx, "project.insert", insertProjectSQL, v.ID[:], workspace[:], v.Key, v.Name, v.Description, v.Archived,
			micros(v.CreatedAt), micros(v.UpdatedAt), v.Version)
		if isDuplicate(err) {
			return project.Project{}, apperr.Wrap(err, apperr.AlreadyExists, "The workspace has a project with the key %s.", v.Key)
		}
		if err != nil {
			return project.Project{}, err
		}
		if _, err := tx.exec(ctx, "project.insert_counter", insertCounterSQL, v.ID[:]); err != nil {
			return project.Project{}, err
		}
		for i := range statuses {
			statuses[i].ProjectID = v.ID
			if err := tx.insertStatus(ctx, &statuses[i]); err != nil {
				return project.Project{}, err
			}
		}
		var changes activity.Changes
		changes.Add("key", nil, v.Key)
		changes.Add("name", nil, v.Name)
		if v.Description != "" {
			changes.Add("description", nil, v.Description)
		}
		return v, tx.recordIn(ctx, p, v, "project.created", v.ID, changes)
	})
}

// Update implements [project.Store].
func (s *Projects) Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(project.Project, auth.Membership) (project.Project, error)) (project.Project, error) {
	return mutate(ctx, s.db, "project.update", func(tx *Tx) (project.Project, error) {
		cur, err := tx.lockProject(ctx, id, p)
		if err != nil {
			return project.Project{}, absent(err, "project")
		}
		v, err := decide(cur.Project, cur.membership())
		if err != nil {
			return project.Project{}, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, v.Name)
		changes.Add("description", cur.Description, v.Description)
		changes.Add("archived", cur.Archived, v.Archived)
		if len(changes) == 0 {
			return cur.Project, nil
		}
		v.UpdatedAt, v.Version = tx.Now, cur.Version+1
		_, err = tx.exec(ctx, "project.update", updateProjectSQL, v.Name, v.Description, v.Archived, micros(v.UpdatedAt), v.Version, id[:])
		if err != nil {
			return project.Project{}, err
		}
		return v, tx.recordIn(ctx, p, v, "project.updated", v.ID, changes)
	})
}

// lockProject reads a project and the principal's role and holds the project until the end of the transaction. All
// changes of statuses and labels begin with it, so that they count and compare what is there one after the other.
func (tx *Tx) lockProject(ctx context.Context, id uuid.UUID, p auth.Principal) (ruledProject, error) {
	v, err := one(ctx, tx.conn, "project.lock", lockProjectSQL, scanProject, p.AccountID[:], id[:])
	tx.locked(v.UpdatedAt)
	return v, err
}

// absent is missing inside a transaction: other errors stay as they are, since mutate judges whether to try again.
func absent(err error, object string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return apperr.Missing(object)
	}
	return err
}

// recordIn writes the activity of something in a project; the action names its type.
func (tx *Tx) recordIn(ctx context.Context, p auth.Principal, in project.Project, action string, id uuid.UUID, changes activity.Changes) error {
	return tx.record(ctx, p, activity.Entry{
		WorkspaceID: in.WorkspaceID, ProjectID: &in.ID, Action: action,
		EntityType: auth.Action(action).Object(), EntityID: id, Changes: changes,
	})
}
