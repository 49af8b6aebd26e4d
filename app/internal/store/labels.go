package store

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// Labels keeps labels; it is the [project.LabelStore].
type Labels struct{ db *DB }

var _ project.LabelStore = (*Labels)(nil)

// NewLabels returns the labels of a database.
func NewLabels(db *DB) *Labels { return &Labels{db: db} }

const (
	labelColumns = `l.id, l.project_id, l.name, l.color, l.created_at, l.updated_at, l.version`

	getProjectLabelSQL    = `SELECT ` + labelColumns + `, ` + projectMembership + ` FROM labels l JOIN projects p ON p.id = l.project_id WHERE l.id = ? AND l.deleted_at IS NULL`
	lockProjectLabelSQL   = `SELECT ` + labelColumns + `, NULL, '' FROM labels l WHERE l.id = ? AND l.deleted_at IS NULL {FOR UPDATE}`
	listProjectLabelsSQL  = `SELECT ` + labelColumns + `, NULL, '' FROM labels l WHERE l.project_id = ? AND l.name_fold > ? AND l.deleted_at IS NULL ORDER BY l.name_fold LIMIT ?`
	countProjectLabelsSQL = `SELECT COUNT(*) FROM labels WHERE project_id = ? AND deleted_at IS NULL`

	insertProjectLabelSQL = `INSERT INTO labels (id, project_id, name, name_fold, color, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	updateProjectLabelSQL = `UPDATE labels SET name = ?, name_fold = ?, color = ?, updated_at = ?, version = ? WHERE id = ?`
)

// ruledLabel is a label with what the caller is in its workspace.
type ruledLabel struct {
	project.Label
	in auth.Membership
}

func scanLabel(row scanner) (v ruledLabel, err error) {
	var created, updated int64
	err = row.Scan(&v.ID, &v.ProjectID, &v.Name, &v.Color, &created, &updated, &v.Version, &v.in.Workspace, &v.in.Role)
	v.CreatedAt, v.UpdatedAt = fromMicros(created), fromMicros(updated)
	return v, err
}

func scanBareLabel(row scanner) (project.Label, error) {
	v, err := scanLabel(row)
	return v.Label, err
}

// Get implements [project.LabelStore].
func (s *Labels) Get(ctx context.Context, id, viewer uuid.UUID) (project.Label, auth.Membership, error) {
	v, err := one(ctx, s.db.reader(), "label.get", getProjectLabelSQL, scanLabel, viewer[:], id[:])
	return v.Label, v.in, missing(err, "label")
}

// List implements [project.LabelStore].
func (s *Labels) List(ctx context.Context, projectID uuid.UUID, page project.Page[project.LabelCursor]) ([]project.Label, *project.LabelCursor, error) {
	var after project.LabelCursor // names are not empty
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "label.list", listProjectLabelsSQL, scanBareLabel, projectID[:], after.Name)
	if err != nil || !more {
		return items, nil, err
	}
	return items, &project.LabelCursor{Name: project.Fold(items[len(items)-1].Name)}, nil
}

// Create implements [project.LabelStore].
func (s *Labels) Create(ctx context.Context, p auth.Principal, projectID uuid.UUID, decide func(project.Parent, int) (project.Label, error)) (project.Label, error) {
	return mutateOnce(ctx, s.db, "label.create", p, func(v project.Label) []uuid.UUID { return []uuid.UUID{v.ID} }, func(tx *Tx) (project.Label, error) {
		in, err := tx.lockProject(ctx, projectID, p)
		if err != nil {
			return project.Label{}, absent(err, "project")
		}
		have, err := one(ctx, tx.conn, "label.count", countProjectLabelsSQL, scanInt, projectID[:])
		if err != nil {
			return project.Label{}, err
		}
		v, err := decide(project.Parent{Project: in.Project, Role: in.role}, have)
		if err != nil {
			return project.Label{}, err
		}
		v.ID, v.ProjectID, v.CreatedAt, v.UpdatedAt, v.Version = tx.NewID(), projectID, tx.Now, tx.Now, 1
		_, err = tx.exec(ctx, "label.insert", insertProjectLabelSQL, v.ID[:], projectID[:], v.Name, project.Fold(v.Name), v.Color,
			micros(v.CreatedAt), micros(v.UpdatedAt), v.Version)
		if err != nil {
			return project.Label{}, labelTaken(err, v.Name)
		}
		var changes activity.Changes
		changes.Add("name", nil, v.Name)
		changes.Add("color", nil, v.Color)
		return v, tx.recordIn(ctx, p, in.Project, "label.created", v.ID, changes)
	})
}

func labelTaken(err error, name string) error {
	if isDuplicate(err) {
		return apperr.Wrap(err, apperr.AlreadyExists, "The project has a label with the name %q.", name)
	}
	return err
}

// lockLabel reads a label and holds it, after its project.
func (tx *Tx) lockLabel(ctx context.Context, id uuid.UUID, p auth.Principal) (project.Label, project.Parent, error) {
	found, err := one(ctx, tx.conn, "label.find", getProjectLabelSQL, scanLabel, p.AccountID[:], id[:])
	if err != nil {
		return project.Label{}, project.Parent{}, absent(err, "label")
	}
	in, err := tx.lockProject(ctx, found.ProjectID, p)
	if err != nil {
		return project.Label{}, project.Parent{}, absent(err, "label")
	}
	cur, err := one(ctx, tx.conn, "label.lock", lockProjectLabelSQL, scanBareLabel, id[:])
	tx.locked(cur.UpdatedAt)
	return cur, project.Parent{Project: in.Project, Role: in.role}, absent(err, "label")
}

// Update implements [project.LabelStore].
func (s *Labels) Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(project.Parent, project.Label) (project.Label, error)) (project.Label, error) {
	return mutate(ctx, s.db, "label.update", func(tx *Tx) (project.Label, error) {
		cur, parent, err := tx.lockLabel(ctx, id, p)
		if err != nil {
			return project.Label{}, err
		}
		v, err := decide(parent, cur)
		if err != nil {
			return project.Label{}, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, v.Name)
		changes.Add("color", cur.Color, v.Color)
		if len(changes) == 0 {
			return cur, nil
		}
		v.UpdatedAt, v.Version = tx.Now, cur.Version+1
		_, err = tx.exec(ctx, "label.update", updateProjectLabelSQL, v.Name, project.Fold(v.Name), v.Color, micros(v.UpdatedAt), v.Version, id[:])
		if err != nil {
			return project.Label{}, labelTaken(err, v.Name)
		}
		return v, tx.recordIn(ctx, p, parent.Project, "label.updated", id, changes)
	})
}

// Delete implements [project.LabelStore]. The label is out of sight at once, and off the first of its tasks; a job takes it
// off the others.
func (s *Labels) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(project.Parent, project.Label) error) error {
	_, err := mutate(ctx, s.db, "label.delete", func(tx *Tx) (struct{}, error) {
		cur, parent, err := tx.lockLabel(ctx, id, p)
		if err != nil {
			return struct{}{}, err
		}
		if err := decide(parent, cur); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.exec(ctx, "label.delete", hideLabelSQL, micros(tx.Now), p.AccountID[:], hex.EncodeToString(id[:]), id[:]); err != nil {
			return struct{}{}, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, nil)
		changes.Add("color", cur.Color, nil)
		if err := tx.recordIn(ctx, p, parent.Project, "label.deleted", id, changes); err != nil {
			return struct{}{}, err
		}
		_, err = tx.detachLabel(ctx, p, id)
		return struct{}{}, err
	})
	return err
}
