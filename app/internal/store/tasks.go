package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// Tasks keeps tasks and their relations.
type Tasks struct{ db *DB }

// NewTasks returns the tasks of a database.
func NewTasks(db *DB) *Tasks { return &Tasks{db: db} }

// taskColumns are the columns of a task t with its project p, status s and author a, in scanTask's order.
const taskColumns = `t.id, t.workspace_id, t.project_id, p.project_key, t.number, t.title, t.description, t.status_id, s.name, t.category,
  t.priority, t.parent_id, t.start_date, t.due_date, t.estimate, t.position, t.author_id, a.name, t.created_at, t.updated_at, t.completed_at, t.version,
  t.checklist_total, t.checklist_done`

// taskRow is what a scan of taskColumns fills in; more columns may follow them.
type taskRow struct {
	t                  task.Task
	category, priority int
	parent             uuid.NullUUID
	start              sql.NullString
	due                task.Date
	estimate           sql.NullInt64
	created, updated   int64
	completed          sql.NullInt64
}

func (r *taskRow) dest(more ...any) []any {
	t := &r.t
	return append([]any{
		&t.ID, &t.WorkspaceID, &t.ProjectID, &t.ProjectKey, &t.Number, &t.Title, &t.Description, &t.Status.ID, &t.Status.Name, &r.category,
		&r.priority, &r.parent, &r.start, &r.due, &r.estimate, &t.Position, &t.Author.ID, &t.Author.Name, &r.created, &r.updated, &r.completed, &t.Version,
		&t.Checklist.Total, &t.Checklist.Done,
	}, more...)
}

func (r *taskRow) task() (task.Task, error) {
	t := r.t
	var err error
	if t.Status.Category, err = project.CategoryOf(r.category); err != nil {
		return t, err
	}
	if t.Priority, err = task.PriorityOf(r.priority); err != nil {
		return t, err
	}
	t.ParentID = fromNullID(r.parent)
	if r.start.Valid {
		d := task.Date(r.start.String)
		t.StartDate = &d
	}
	if r.due != task.NoDate {
		t.DueDate = &r.due
	}
	if r.estimate.Valid {
		t.Estimate = &r.estimate.Int64
	}
	t.CreatedAt, t.UpdatedAt, t.CompletedAt = fromMicros(r.created), fromMicros(r.updated), fromNullMicros(r.completed)
	t.Assignees, t.Labels = []task.Person{}, []task.LabelRef{}
	return t, nil
}

func scanTask(row scanner) (task.Task, error) {
	var r taskRow
	if err := row.Scan(r.dest()...); err != nil {
		return task.Task{}, err
	}
	return r.task()
}

// seenTask is a task with what its viewer is in its workspace.
type seenTask struct {
	task.Task
	role     auth.Role
	archived bool
}

func scanSeenTask(row scanner) (seenTask, error) {
	var r taskRow
	var v seenTask
	err := row.Scan(r.dest(&v.role, &v.archived)...)
	if err == nil {
		v.Task, err = r.task()
	}
	return v, err
}

const (
	seenTaskSQL = `SELECT ` + taskColumns + `, COALESCE(m.role, ''), p.archived
FROM tasks t
JOIN projects p ON p.id = t.project_id
JOIN statuses s ON s.id = t.status_id
JOIN accounts a ON a.id = t.author_id
LEFT JOIN members m ON m.workspace_id = t.workspace_id AND m.account_id = ?
WHERE `
	getTaskSQL         = seenTaskSQL + `t.id = ?`
	getTaskByNumberSQL = seenTaskSQL + `t.project_id = ? AND t.number = ?`
	// One statement for both kinds of numbers, so that a task that moves meanwhile is found by either.
	getTaskByFormerNumberSQL = seenTaskSQL + `t.id = COALESCE((SELECT n.id FROM tasks n WHERE n.project_id = ? AND n.number = ?),
  (SELECT f.task_id FROM task_numbers f JOIN projects o ON o.id = f.project_id
    WHERE f.project_id = ? AND f.number = ? AND o.deleted_at IS NULL))`
)

// Get implements [task.Reader].
func (s *Tasks) Get(ctx context.Context, id, viewer uuid.UUID) (task.Task, auth.Membership, error) {
	return s.get(ctx, "task.get", getTaskSQL, viewer[:], id[:])
}

// GetByNumber implements [task.Reader].
func (s *Tasks) GetByNumber(ctx context.Context, projectID uuid.UUID, number int64, viewer uuid.UUID) (task.Task, auth.Membership, error) {
	t, in, err := s.get(ctx, "task.get_by_number", getTaskByNumberSQL, viewer[:], projectID[:], number)
	if apperr.Is(err, apperr.NotFound) {
		return s.get(ctx, "task.get_by_former_number", getTaskByFormerNumberSQL, viewer[:], projectID[:], number, projectID[:], number)
	}
	return t, in, err
}

func (s *Tasks) get(ctx context.Context, name, text string, args ...any) (task.Task, auth.Membership, error) {
	c := s.db.reader()
	v, err := one(ctx, c, name, text, scanSeenTask, args...)
	if err != nil {
		return task.Task{}, auth.Membership{}, missing(err, "task")
	}
	if err := facets(ctx, c, []*task.Task{&v.Task}); err != nil {
		return task.Task{}, auth.Membership{}, public(err)
	}
	return v.Task, auth.Membership{Workspace: v.WorkspaceID, Role: v.role}, nil
}

// facetsSQL reads the assignees and labels of tasks in one go; the two lists of ids are filled in.
const facetsSQL = `SELECT 0, ta.task_id, a.id, a.name, '', 0 FROM task_assignees ta JOIN accounts a ON a.id = ta.account_id WHERE ta.task_id IN (%)
UNION ALL SELECT 1, tl.task_id, l.id, l.name, l.color, l.deleted_at IS NOT NULL FROM task_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.task_id IN (%)`

// facets fills in the assignees and labels of tasks, by name, without the labels that were deleted.
func facets(ctx context.Context, c conn, tasks []*task.Task) error {
	return rawFacets(ctx, c, tasks, false)
}

// rawFacets is facets, with the deleted labels that were not taken off yet where hidden is set.
func rawFacets(ctx context.Context, c conn, tasks []*task.Task, hidden bool) error {
	if len(tasks) == 0 {
		return nil
	}
	byID := make(map[uuid.UUID]*task.Task, len(tasks))
	args := make([]any, 0, 2*len(tasks))
	for _, t := range tasks {
		byID[t.ID] = t
		args = append(args, t.ID[:])
	}
	args = append(args, args...)
	err := c.each(ctx, "task.facets", c.db.d.filled(facetsSQL, len(tasks)), func(row scanner) error {
		var kind int
		var taskID, id uuid.UUID
		var name, color string
		var deleted bool
		if err := row.Scan(&kind, &taskID, &id, &name, &color, &deleted); err != nil {
			return err
		}
		switch t := byID[taskID]; {
		case kind == 0:
			t.Assignees = append(t.Assignees, task.Person{ID: id, Name: name})
		case !deleted || hidden:
			t.Labels = append(t.Labels, task.LabelRef{ID: id, Name: name, Color: color, Deleted: deleted})
		}
		return nil
	}, args...)
	for _, t := range tasks {
		sortFacets(t)
	}
	return err
}

func sortFacets(t *task.Task) {
	slices.SortFunc(t.Assignees, func(a, b task.Person) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	slices.SortFunc(t.Labels, func(a, b task.LabelRef) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
}

// filled replaces each % of a statement by n placeholders; there are few distinct n, so the texts are kept.
func (d *dialect) filled(text string, n int) string {
	type key struct {
		text string
		n    int
	}
	if s, ok := d.rendered.Load(key{text, n}); ok {
		return s.(string)
	}
	s := strings.ReplaceAll(text, "%", marks(n))
	d.rendered.Store(key{text, n}, s)
	return s
}

// marks is n placeholders with commas between.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

const (
	workspacePlaceSQL = `SELECT w.id, COALESCE(m.role, '') FROM workspaces w LEFT JOIN members m ON m.workspace_id = w.id AND m.account_id = ? WHERE w.id = ?`
	projectPlaceSQL   = `SELECT p.workspace_id, p.id, p.project_key, p.archived, COALESCE(m.role, '')
FROM projects p LEFT JOIN members m ON m.workspace_id = p.workspace_id AND m.account_id = ? WHERE p.id = ?`
)

// Place implements [task.Reader].
func (s *Tasks) Place(ctx context.Context, workspaceID, projectID, viewer uuid.UUID) (task.Place, error) {
	if projectID != uuid.Nil {
		place, err := one(ctx, s.db.reader(), "task.project_place", projectPlaceSQL, func(row scanner) (p task.Place, err error) {
			return p, row.Scan(&p.WorkspaceID, &p.ProjectID, &p.ProjectKey, &p.Archived, &p.Role)
		}, viewer[:], projectID[:])
		return place, missing(err, "project")
	}
	place, err := one(ctx, s.db.reader(), "task.workspace_place", workspacePlaceSQL, func(row scanner) (p task.Place, err error) {
		return p, row.Scan(&p.WorkspaceID, &p.Role)
	}, viewer[:], workspaceID[:])
	return place, missing(err, "workspace")
}

// noRow reports whether a query found nothing.
func noRow(err error) bool { return errors.Is(err, sql.ErrNoRows) }
