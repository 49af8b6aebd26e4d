package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// Statuses keeps statuses; it is the [project.StatusStore].
type Statuses struct{ db *DB }

var _ project.StatusStore = (*Statuses)(nil)

// NewStatuses returns the statuses of a database.
func NewStatuses(db *DB) *Statuses { return &Statuses{db: db} }

const (
	statusColumns = `s.id, s.project_id, s.name, s.category, s.position, s.created_at, s.updated_at, s.version`

	getStatusSQL    = `SELECT ` + statusColumns + `, ` + projectMembership + ` FROM statuses s JOIN projects p ON p.id = s.project_id WHERE s.id = ?`
	lockStatusSQL   = `SELECT ` + statusColumns + `, NULL, '' FROM statuses s WHERE s.id = ? {FOR UPDATE}`
	allStatusesSQL  = `SELECT ` + statusColumns + `, NULL, '' FROM statuses s WHERE s.project_id = ? ORDER BY s.position, s.id`
	listStatusesSQL = `SELECT ` + statusColumns + `, NULL, '' FROM statuses s
WHERE s.project_id = ? AND (s.position > ? OR s.position = ? AND s.id > ?) ORDER BY s.position, s.id LIMIT ?`
	countStatusesSQL    = `SELECT COUNT(*) FROM statuses WHERE project_id = ?`
	countStatusTasksSQL = `SELECT COUNT(*) FROM (SELECT 1 FROM tasks WHERE status_id = ? LIMIT ?) t`

	insertStatusSQL = `INSERT INTO statuses (id, project_id, name, name_fold, category, position, created_at, updated_at, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateStatusSQL = `UPDATE statuses SET name = ?, name_fold = ?, position = ?, updated_at = ?, version = ? WHERE id = ?`
	deleteStatusSQL = `DELETE FROM statuses WHERE id = ?`
)

// ruledStatus is a status with what the caller is in its workspace.
type ruledStatus struct {
	project.Status
	in auth.Membership
}

func scanStatus(row scanner) (v ruledStatus, err error) {
	var created, updated int64
	var category int
	if err := row.Scan(&v.ID, &v.ProjectID, &v.Name, &category, &v.Position, &created, &updated, &v.Version, &v.in.Workspace, &v.in.Role); err != nil {
		return v, err
	}
	v.CreatedAt, v.UpdatedAt = fromMicros(created), fromMicros(updated)
	v.Category, err = project.CategoryOf(category)
	return v, err
}

func scanBareStatus(row scanner) (project.Status, error) {
	v, err := scanStatus(row)
	return v.Status, err
}

// Get implements [project.StatusStore].
func (s *Statuses) Get(ctx context.Context, id, viewer uuid.UUID) (project.Status, auth.Membership, error) {
	v, err := one(ctx, s.db.reader(), "status.get", getStatusSQL, scanStatus, viewer[:], id[:])
	return v.Status, v.in, missing(err, "status")
}

// List implements [project.StatusStore].
func (s *Statuses) List(ctx context.Context, projectID uuid.UUID, page project.Page[project.StatusCursor]) ([]project.Status, *project.StatusCursor, error) {
	after := project.StatusCursor{Position: -project.MaxPosition - 1} // no position is smaller
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "status.list", listStatusesSQL, scanBareStatus,
		projectID[:], after.Position, after.Position, after.ID[:])
	if err != nil || !more {
		return items, nil, err
	}
	last := items[len(items)-1]
	return items, &project.StatusCursor{Position: last.Position, ID: last.ID}, nil
}

// Create implements [project.StatusStore].
func (s *Statuses) Create(ctx context.Context, p auth.Principal, projectID uuid.UUID, decide func(project.Parent, []project.Status) (project.Status, error)) (project.Status, error) {
	return mutateOnce(ctx, s.db, "status.create", p, func(v project.Status) []uuid.UUID { return []uuid.UUID{v.ID} }, func(tx *Tx) (project.Status, error) {
		in, err := tx.lockProject(ctx, projectID, p)
		if err != nil {
			return project.Status{}, absent(err, "project")
		}
		have, err := collect(ctx, tx.conn, "status.all", allStatusesSQL, scanBareStatus, projectID[:])
		if err != nil {
			return project.Status{}, err
		}
		v, err := decide(project.Parent{Project: in.Project, Role: in.role}, have)
		if err != nil {
			return project.Status{}, err
		}
		v.ProjectID = projectID
		if err := tx.insertStatus(ctx, &v); err != nil {
			return project.Status{}, err
		}
		var changes activity.Changes
		changes.Add("name", nil, v.Name)
		changes.Add("category", nil, v.Category)
		changes.Add("position", nil, v.Position)
		return v, tx.recordIn(ctx, p, in.Project, "status.created", v.ID, changes)
	})
}

// insertStatus fills in what a new status needs and keeps it.
func (tx *Tx) insertStatus(ctx context.Context, v *project.Status) error {
	v.ID, v.CreatedAt, v.UpdatedAt, v.Version = tx.NewID(), tx.Now, tx.Now, 1
	_, err := tx.exec(ctx, "status.insert", insertStatusSQL, v.ID[:], v.ProjectID[:], v.Name, project.Fold(v.Name), v.Category.Number(), v.Position,
		micros(v.CreatedAt), micros(v.UpdatedAt), v.Version)
	return statusTaken(err, v.Name)
}

func statusTaken(err error, name string) error {
	if isDuplicate(err) {
		return apperr.Wrap(err, apperr.AlreadyExists, "The project has a status with the name %q.", name)
	}
	return err
}

// lockStatus reads a status and holds it, after its project: in this order always, so that two changes never wait for
// each other.
func (tx *Tx) lockStatus(ctx context.Context, id uuid.UUID, p auth.Principal) (project.Status, project.Parent, error) {
	found, err := one(ctx, tx.conn, "status.find", getStatusSQL, scanStatus, p.AccountID[:], id[:])
	if err != nil {
		return project.Status{}, project.Parent{}, absent(err, "status")
	}
	in, err := tx.lockProject(ctx, found.ProjectID, p)
	if err != nil {
		return project.Status{}, project.Parent{}, absent(err, "status")
	}
	cur, err := one(ctx, tx.conn, "status.lock", lockStatusSQL, scanBareStatus, id[:])
	tx.locked(cur.UpdatedAt)
	return cur, project.Parent{Project: in.Project, Role: in.role}, absent(err, "status")
}

// Update implements [project.StatusStore].
func (s *Statuses) Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(project.Parent, project.Status) (project.Status, error)) (project.Status, error) {
	return mutate(ctx, s.db, "status.update", func(tx *Tx) (project.Status, error) {
		cur, parent, err := tx.lockStatus(ctx, id, p)
		if err != nil {
			return project.Status{}, err
		}
		v, err := decide(parent, cur)
		if err != nil {
			return project.Status{}, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, v.Name)
		changes.Add("position", cur.Position, v.Position)
		if len(changes) == 0 {
			return cur, nil
		}
		v.UpdatedAt, v.Version = tx.Now, cur.Version+1
		_, err = tx.exec(ctx, "status.update", updateStatusSQL, v.Name, project.Fold(v.Name), v.Position, micros(v.UpdatedAt), v.Version, id[:])
		if err != nil {
			return project.Status{}, statusTaken(err, v.Name)
		}
		return v, tx.recordIn(ctx, p, parent.Project, "status.updated", id, changes)
	})
}

// Delete implements [project.StatusStore]. The lock on the status keeps tasks from coming into it while it is judged.
func (s *Statuses) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(project.Parent, project.Status, project.Usage) error) error {
	_, err := mutate(ctx, s.db, "status.delete", func(tx *Tx) (struct{}, error) {
		cur, parent, err := tx.lockStatus(ctx, id, p)
		if err != nil {
			return struct{}{}, err
		}
		var use project.Usage
		if use.Statuses, err = one(ctx, tx.conn, "status.count", countStatusesSQL, scanInt, cur.ProjectID[:]); err != nil {
			return struct{}{}, err
		}
		if use.Tasks, err = one(ctx, tx.conn, "status.count_tasks", countStatusTasksSQL, scanInt, id[:], project.MaxCount); err != nil {
			return struct{}{}, err
		}
		if err := decide(parent, cur, use); err != nil {
			return struct{}{}, err
		}
		_, err = tx.exec(ctx, "status.delete", deleteStatusSQL, id[:])
		if isReference(err) {
			return struct{}{}, apperr.Wrap(err, apperr.StatusInUse, "A task came into the status %q just now.", cur.Name)
		}
		if err != nil {
			return struct{}{}, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, nil)
		changes.Add("category", cur.Category, nil)
		changes.Add("position", cur.Position, nil)
		return struct{}{}, tx.recordIn(ctx, p, parent.Project, "status.deleted", id, changes)
	})
	return err
}

func scanInt(row scanner) (n int, err error) { return n, row.Scan(&n) }
