package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// Apply implements [task.Writer].
func (s *Tasks) Apply(ctx context.Context, p auth.Principal, name string, changes []task.Change) ([]task.Result, error) {
	return mutateOnce(ctx, s.db, name, p, madeTasks, func(tx *Tx) ([]task.Result, error) {
		results := make([]task.Result, 0, len(changes))
		for i, c := range changes {
			r, err := applyChange(ctx, tx, p, c)
			if err != nil && apperr.From(err).Code == apperr.Internal {
				return nil, err // the engine's failure and no single change's: mutate has the word for it
			}
			if err != nil {
				return nil, &task.IndexError{Index: i, Err: err}
			}
			results = append(results, r)
		}
		return results, nil
	})
}

// madeTasks are the tasks of a request's changes, in their order, deleted ones too.
func madeTasks(results []task.Result) []uuid.UUID {
	ids := make([]uuid.UUID, len(results))
	for i, r := range results {
		ids[i] = r.TaskID
	}
	return ids
}

func applyChange(ctx context.Context, tx *Tx, p auth.Principal, c task.Change) (r task.Result, err error) {
	r = task.Result{Op: c.Op, TaskID: c.TaskID}
	var t task.Task
	switch c.Op {
	case task.OpCreate:
		t, err = createTask(ctx, tx, p, c)
	case task.OpUpdate:
		t, err = updateTask(ctx, tx, p, c)
	case task.OpDelete:
		return r, deleteTask(ctx, tx, p, c)
	default:
		return r, fmt.Errorf("task: unknown op %q", c.Op)
	}
	if err == nil {
		r.TaskID, r.Task = t.ID, &t
	}
	return r, err
}

const (
	createPlaceSQL = `SELECT p.workspace_id, p.project_key, p.archived, COALESCE(m.role, ''), s.id, s.name, s.category
FROM projects p
JOIN statuses s ON s.project_id = p.id
LEFT JOIN members m ON m.workspace_id = p.workspace_id AND m.account_id = ?
WHERE p.id = ? ORDER BY s.category, s.position, s.id {FOR SHARE OF p}`
	nextNumberSQL = `UPDATE project_counters SET last_number = last_number + 1 WHERE project_id = ?`
	readNumberSQL = `SELECT last_number FROM project_counters WHERE project_id = ?`
	insertTaskSQL = `INSERT INTO tasks (id, workspace_id, project_id, number, title, description, status_id, category, priority, parent_id,
  start_date, due_date, estimate, position, author_id, created_at, updated_at, completed_at, checklist_total, checklist_done, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

func createTask(ctx context.Context, tx *Tx, p auth.Principal, c task.Change) (task.Task, error) {
	place, err := createPlace(ctx, tx, c.ProjectID, p.AccountID)
	if err != nil {
		return task.Task{}, err
	}
	t, err := c.Create(place)
	if err != nil {
		return t, err
	}
	if err := resolve(ctx, tx, &t); err != nil {
		return t, err
	}
	if t.ParentID != nil {
		if err := checkParent(ctx, tx, t); err != nil {
			return t, err
		}
	}
	// Last before the writes that need it, since from here on the project's other creators wait for this transaction.
	if t.Number, err = nextNumber(ctx, tx, t.ProjectID); err != nil {
		return t, err
	}
	tx.locked(time.Time{})
	t.ID, t.CreatedAt, t.UpdatedAt = tx.NewID(), tx.Now, tx.Now
	t.Settle("", tx.Now)
	if t.Position == task.PositionEnd {
		t.Position = task.EndPosition(t.Number)
	}
	if err := insertTask(ctx, tx, t); err != nil {
		return t, err
	}
	if err := insertChecklist(ctx, tx, t, c.Checklist); err != nil {
		return t, err
	}
	var changes activity.Changes
	changes.Add("title", nil, t.Title)
	changes.Add("checklist", task.ChecklistCount{}, t.Checklist)
	return t, tx.record(ctx, p, activity.Entry{
		WorkspaceID: t.WorkspaceID, ProjectID: &t.ProjectID, TaskID: &t.ID, Action: "task.created", EntityType: "task", EntityID: t.ID, Changes: changes,
	})
}

func insertTask(ctx context.Context, tx *Tx, t task.Task) error {
	_, err := tx.exec(ctx, "task.insert", insertTaskSQL, t.ID[:], t.WorkspaceID[:], t.ProjectID[:], t.Number, t.Title, t.Description,
		t.Status.ID[:], t.Status.Category.Number(), t.Priority.Number(), idPtr(t.ParentID), datePtr(t.StartDate), string(dueColumn(t.DueDate)),
		t.Estimate, t.Position, t.Author.ID[:], micros(t.CreatedAt), micros(t.UpdatedAt), microsPtr(t.CompletedAt),
		t.Checklist.Total, t.Checklist.Done, t.Version)
	if err != nil {
		return err
	}
	if err := writeFacets(ctx, tx, t); err != nil {
		return err
	}
	_, err = tx.exec(ctx, "search.insert", insertSearchSQL, t.ID[:], t.WorkspaceID[:], t.ProjectID[:], searchDoc(t.Title, t.Description))
	return err
}

func createPlace(ctx context.Context, tx *Tx, projectID, viewer uuid.UUID) (task.Place, error) {
	place := task.Place{ProjectID: projectID}
	err := tx.each(ctx, "task.create_place", createPlaceSQL, func(row scanner) error {
		var s task.StatusRef
		var category int
		err := row.Scan(&place.WorkspaceID, &place.ProjectKey, &place.Archived, &place.Role, &s.ID, &s.Name, &category)
		if err == nil {
			s.Category, err = project.CategoryOf(category)
		}
		place.Statuses = append(place.Statuses, s)
		return err
	}, viewer[:], projectID[:])
	if err == nil && len(place.Statuses) == 0 {
		err = apperr.Missing("project")
	}
	return place, err
}

// nextNumber takes the project's next task number. It holds the counter until the transaction ends, so numbers have no
// gaps: a transaction that fails gives its number back.
func nextNumber(ctx context.Context, tx *Tx, projectID uuid.UUID) (int64, error) {
	if _, err := tx.exec(ctx, "task.next_number", nextNumberSQL, projectID[:]); err != nil {
		return 0, err
	}
	return one(ctx, tx.conn, "task.read_number", readNumberSQL, func(row scanner) (n int64, err error) { return n, row.Scan(&n) }, projectID[:])
}

const lockTaskSQL = seenTaskSQL + `t.id = ? {FOR UPDATE OF t}`

func lockTask(ctx context.Context, tx *Tx, id, viewer uuid.UUID) (task.Current, error) {
	v, err := one(ctx, tx.conn, "task.lock", lockTaskSQL, scanSeenTask, viewer[:], id[:])
	if noRow(err) {
		return task.Current{}, apperr.Missing("task")
	}
	if err != nil {
		return task.Current{}, err
	}
	tx.locked(v.UpdatedAt)
	err = rawFacets(ctx, tx.conn, []*task.Task{&v.Task}, true)
	return task.Current{Task: v.Task, Archived: v.archived, Role: v.role}, err
}

const updateTaskSQL = `UPDATE tasks SET title = ?, description = ?, status_id = ?, category = ?, priority = ?, parent_id = ?, start_date = ?,
  due_date = ?, estimate = ?, position = ?, updated_at = ?, completed_at = ?, version = ? WHERE id = ?`

func updateTask(ctx context.Context, tx *Tx, p auth.Principal, c task.Change) (task.Task, error) {
	cur, err := lockTask(ctx, tx, c.TaskID, p.AccountID)
	if err != nil {
		return task.Task{}, err
	}
	t, err := c.Update(cur)
	if err != nil {
		return t, err
	}
	t.Labels = slices.DeleteFunc(slices.Clone(t.Labels), func(l task.LabelRef) bool { return l.Deleted })
	if err := resolve(ctx, tx, &t); err != nil {
		return t, err
	}
	t.Settle(cur.Status.Category, tx.Now)
	changes := taskChanges(cur.Task, t)
	if len(changes) == 0 {
		return t, nil // nothing to write, so nothing happened: the version stays
	}
	if t.ParentID != nil && (cur.ParentID == nil || *cur.ParentID != *t.ParentID) {
		if err := checkParent(ctx, tx, t); err != nil {
			return t, err
		}
	}
	t.UpdatedAt, t.Version = tx.Now, cur.Version+1
	_, err = tx.exec(ctx, "task.update", updateTaskSQL, t.Title, t.Description, t.Status.ID[:], t.Status.Category.Number(), t.Priority.Number(),
		idPtr(t.ParentID), datePtr(t.StartDate), string(dueColumn(t.DueDate)), t.Estimate, t.Position, micros(t.UpdatedAt), microsPtr(t.CompletedAt),
		t.Version, t.ID[:])
	if err != nil {
		return t, err
	}
	if err := rewriteFacets(ctx, tx, cur.Task, t); err != nil {
		return t, err
	}
	if t.Title != cur.Title || t.Description != cur.Description {
		if err := reindexTask(ctx, tx, t.ID); err != nil {
			return t, err
		}
	}
	return t, tx.record(ctx, p, activity.Entry{
		WorkspaceID: t.WorkspaceID, ProjectID: &t.ProjectID, TaskID: &t.ID, Action: "task.updated", EntityType: "task", EntityID: t.ID, Changes: changes,
	})
}

func taskChanges(from, to task.Task) activity.Changes {
	var c activity.Changes
	c.Add("title", from.Title, to.Title)
	c.Add("description", from.Description, to.Description)
	c.Add("status_id", from.Status.ID, to.Status.ID)
	c.Add("priority", from.Priority, to.Priority)
	c.Add("assignee_ids", personIDs(from.Assignees), personIDs(to.Assignees))
	c.Add("label_ids", labelIDs(from.Labels), labelIDs(to.Labels))
	c.Add("parent_id", from.ParentID, to.ParentID)
	c.Add("start_date", from.StartDate, to.StartDate)
	c.Add("due_date", from.DueDate, to.DueDate)
	c.Add("estimate", from.Estimate, to.Estimate)
	c.Add("position", from.Position, to.Position)
	return c
}

const (
	orphanSubtasksSQL = `UPDATE tasks SET parent_id = NULL, updated_at = ?, version = version + 1 WHERE parent_id = ?`
	subtasksSQL       = `SELECT id, updated_at FROM tasks WHERE parent_id = ? {FOR UPDATE}`
	dropTaskBlobsSQL  = `UPDATE attachments SET state = 3, changed_at = ? WHERE task_id = ? AND state <> 3`
	deleteSearchSQL   = `DELETE FROM task_search WHERE task_id = ?`
	deleteTaskSQL     = `DELETE FROM tasks WHERE id = ?`
)

// deleteTask removes a task. What hangs on it goes with it by foreign keys; its attachments are left for the sweeper,
// which removes their bytes first.
func deleteTask(ctx context.Context, tx *Tx, p auth.Principal, c task.Change) error {
	cur, err := lockTask(ctx, tx, c.TaskID, p.AccountID)
	if err != nil {
		return err
	}
	if err := c.Delete(cur); err != nil {
		return err
	}
	if err := orphanSubtasks(ctx, tx, p, cur.Task); err != nil {
		return err
	}
	steps := []struct {
		name, text string
		args       []any
	}{
		{"task.drop_attachments", dropTaskBlobsSQL, []any{micros(tx.Now), cur.ID[:]}},
		{"search.delete", deleteSearchSQL, []any{cur.ID[:]}},
		{"task.delete", deleteTaskSQL, []any{cur.ID[:]}},
	}
	for _, step := range steps {
		if _, err := tx.exec(ctx, step.name, step.text, step.args...); err != nil {
			return err
		}
	}
	var changes activity.Changes
	changes.Add("title", cur.Title, nil)
	return tx.record(ctx, p, activity.Entry{
		WorkspaceID: cur.WorkspaceID, ProjectID: &cur.ProjectID, TaskID: &cur.ID, Action: "task.deleted", EntityType: "task", EntityID: cur.ID, Changes: changes,
	})
}

// orphanSubtasks takes the parent off a locked task's direct subtasks, which is a change of each of them, and sets the clock
// behind their last change.
func orphanSubtasks(ctx context.Context, tx *Tx, p auth.Principal, cur task.Task) error {
	last := cur.UpdatedAt
	subtasks, err := collect(ctx, tx.conn, "task.subtasks", subtasksSQL, func(row scanner) (id uuid.UUID, err error) {
		var updated int64
		err = row.Scan(&id, &updated)
		if at := fromMicros(updated); at.After(last) {
			last = at
		}
		return id, err
	}, cur.ID[:])
	if err != nil {
		return err
	}
	tx.locked(last)
	for _, sub := range subtasks {
		var changes activity.Changes
		changes.Add("parent_id", cur.ID, nil)
		err := tx.record(ctx, p, activity.Entry{
			WorkspaceID: cur.WorkspaceID, ProjectID: &cur.ProjectID, TaskID: &sub, Action: "task.updated", EntityType: "task", EntityID: sub, Changes: changes,
		})
		if err != nil {
			return err
		}
	}
	if err := touchCopies(ctx, tx, subtasks); err != nil {
		return err
	}
	_, err = tx.exec(ctx, "task.orphan_subtasks", orphanSubtasksSQL, micros(tx.Now), cur.ID[:])
	return err
}

const (
	touchAssigneeTimesSQL = `UPDATE task_assignees SET updated_at = ? WHERE task_id IN (%)`
	touchLabelTimesSQL    = `UPDATE task_labels SET updated_at = ? WHERE task_id IN (%)`
)

// touchCopies brings the copies of updated_at up to date for tasks that are changed now.
func touchCopies(ctx context.Context, tx *Tx, tasks []uuid.UUID) error {
	if len(tasks) == 0 {
		return nil
	}
	args := []any{micros(tx.Now)}
	for i := range tasks {
		args = append(args, tasks[i][:])
	}
	_, err := tx.exec(ctx, "task.touch_assignee_times", tx.db.d.filled(touchAssigneeTimesSQL, len(tasks)), args...)
	return firstError(err, func() error {
		_, err := tx.exec(ctx, "task.touch_label_times", tx.db.d.filled(touchLabelTimesSQL, len(tasks)), args...)
		return err
	})
}

func scanID(row scanner) (id uuid.UUID, err error) { return id, row.Scan(&id) }

func datePtr(d *task.Date) any {
	if d == nil {
		return nil
	}
	return string(*d)
}

func personIDs(people []task.Person) []uuid.UUID {
	ids := make([]uuid.UUID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}

func labelIDs(labels []task.LabelRef) []uuid.UUID {
	ids := make([]uuid.UUID, len(labels))
	for i, l := range labels {
		ids[i] = l.ID
	}
	return ids
}

// valuesOf writes n rows of a VALUES list, each like row.
func valuesOf(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+", ", n), ", ") }
