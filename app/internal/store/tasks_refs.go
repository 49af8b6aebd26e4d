package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// What a task refers to: its status, the people and labels on it, its parent.

const (
	resolveStatusSQL = `SELECT name, category FROM statuses WHERE id = ? AND project_id = ?`
	resolvePeopleSQL = `SELECT a.id, a.name FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = ? AND m.account_id IN (%)`
	resolveLabelsSQL = `SELECT id, name, color FROM labels WHERE project_id = ? AND deleted_at IS NULL AND id IN (%)`
)

// resolve fills in the names of what a task refers to. A reference that points nowhere, or out of the project or
// workspace, is a validation failure; all of them are named at once.
func resolve(ctx context.Context, tx *Tx, t *task.Task) error {
	var f apperr.Fields
	if t.Status.Category == "" {
		var category int
		name, err := one(ctx, tx.conn, "task.resolve_status", resolveStatusSQL, func(row scanner) (name string, err error) {
			return name, row.Scan(&name, &category)
		}, t.Status.ID[:], t.ProjectID[:])
		switch {
		case noRow(err):
			f.Add("/status_id", "not_found", "is not a status of this project")
		case err != nil:
			return err
		default:
			t.Status.Name = name
			if t.Status.Category, err = project.CategoryOf(category); err != nil {
				return err
			}
		}
	}
	if err := resolvePeople(ctx, tx, t, &f); err != nil {
		return err
	}
	if err := resolveLabels(ctx, tx, t, &f); err != nil {
		return err
	}
	sortFacets(t)
	return f.Err()
}

func resolvePeople(ctx context.Context, tx *Tx, t *task.Task, f *apperr.Fields) error {
	args := []any{t.WorkspaceID[:]}
	for i := range t.Assignees {
		if t.Assignees[i].Name == "" {
			args = append(args, t.Assignees[i].ID[:])
		}
	}
	if len(args) == 1 {
		return nil
	}
	found, err := collect(ctx, tx.conn, "task.resolve_people", tx.db.d.filled(resolvePeopleSQL, len(args)-1), func(row scanner) (p task.Person, err error) {
		return p, row.Scan(&p.ID, &p.Name)
	}, args...)
	if err != nil {
		return err
	}
	for i, a := range t.Assignees {
		j := slices.IndexFunc(found, func(p task.Person) bool { return p.ID == a.ID })
		switch {
		case a.Name != "":
		case j < 0:
			f.Add(fmt.Sprintf("/assignee_ids/%d", i), "not_found", "is not a member of this workspace")
		default:
			t.Assignees[i] = found[j]
		}
	}
	return nil
}

func resolveLabels(ctx context.Context, tx *Tx, t *task.Task, f *apperr.Fields) error {
	if !slices.ContainsFunc(t.Labels, func(l task.LabelRef) bool { return l.Name == "" }) {
		return nil
	}
	args := []any{t.ProjectID[:]}
	for i := range t.Labels {
		args = append(args, t.Labels[i].ID[:])
	}
	found, err := collect(ctx, tx.conn, "task.resolve_labels", tx.db.d.filled(resolveLabelsSQL, len(t.Labels)), func(row scanner) (l task.LabelRef, err error) {
		return l, row.Scan(&l.ID, &l.Name, &l.Color)
	}, args...)
	if err != nil {
		return err
	}
	for i, l := range t.Labels {
		j := slices.IndexFunc(found, func(x task.LabelRef) bool { return x.ID == l.ID })
		if j < 0 {
			f.Add(fmt.Sprintf("/label_ids/%d", i), "not_found", "is not a label of this project")
			continue
		}
		t.Labels[i] = found[j]
	}
	return nil
}

const (
	lockParentSQL  = `SELECT t.project_id FROM tasks t WHERE t.id = ? {FOR UPDATE}`
	countChildsSQL = `SELECT COUNT(*) FROM tasks WHERE parent_id = ? AND id <> ?`
	lockCounterSQL = `SELECT last_number FROM project_counters WHERE project_id = ? {FOR UPDATE}`
	ancestorSQL    = `WITH RECURSIVE up (id) AS (
  SELECT parent_id FROM tasks WHERE id = ? AND parent_id IS NOT NULL
  UNION SELECT t.parent_id FROM tasks t JOIN up ON t.id = up.id WHERE t.parent_id IS NOT NULL
) SELECT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ COUNT(*) FROM up WHERE id = ?`
)

// checkParent makes sure that a task's new parent is in its project, has room, and is not below the task itself. The
// project's counter row is the lock under which parents change, so that two moves at once cannot close a circle.
func checkParent(ctx context.Context, tx *Tx, t task.Task) error {
	parentProject, err := one(ctx, tx.conn, "task.lock_parent", lockParentSQL, scanID, t.ParentID[:])
	if noRow(err) || err == nil && parentProject != t.ProjectID {
		return apperr.Invalid("/parent_id", "not_found", "is not a task of this project")
	}
	if err != nil {
		return err
	}
	count := func(row scanner) (n int, err error) { return n, row.Scan(&n) }
	if _, err := one(ctx, tx.conn, "task.lock_counter", lockCounterSQL, count, t.ProjectID[:]); err != nil {
		return err
	}
	children, err := one(ctx, tx.conn, "task.count_subtasks", countChildsSQL, count, t.ParentID[:], t.ID[:])
	if err != nil {
		return err
	}
	if children >= task.MaxSubtasks {
		return apperr.Invalid("/parent_id", "too_many", "has %d subtasks already, the most that a task can have", children)
	}
	above, err := one(ctx, tx.conn, "task.ancestors", ancestorSQL, count, t.ParentID[:], t.ID[:])
	if err != nil {
		return err
	}
	if above > 0 {
		return apperr.New(apperr.Cycle, "The new parent is a subtask of this task, directly or through others.")
	}
	return nil
}

const (
	deleteAssigneesSQL = `DELETE FROM task_assignees WHERE task_id = ?`
	insertAssigneeSQL  = `INSERT INTO task_assignees (task_id, account_id, workspace_id, project_id, priority, due_date, position, updated_at) VALUES `
	touchAssigneesSQL  = `UPDATE task_assignees SET priority = ?, due_date = ?, position = ?, updated_at = ? WHERE task_id = ?`
	deleteLabelsSQL    = `DELETE FROM task_labels WHERE task_id = ?`
	insertLabelSQL     = `INSERT INTO task_labels (task_id, label_id, priority, due_date, position, updated_at) VALUES `
	touchLabelsSQL     = `UPDATE task_labels SET priority = ?, due_date = ?, position = ?, updated_at = ? WHERE task_id = ?`
)

// writeFacets inserts a task's assignees and labels, each with the copies of its sort keys.
func writeFacets(ctx context.Context, tx *Tx, t task.Task) error {
	return firstError(writeAssignees(ctx, tx, t), func() error { return writeLabels(ctx, tx, t) })
}

// rewriteFacets brings the assignees and labels up to date after a change: new rows where they changed, new sort keys
// where they did not.
func rewriteFacets(ctx context.Context, tx *Tx, from, to task.Task) error {
	keys := []any{to.Priority.Number(), string(dueColumn(to.DueDate)), to.Position, micros(to.UpdatedAt), to.ID[:]}
	one := func(same bool, n int, touchName, touch, removeName, remove string, write func(context.Context, *Tx, task.Task) error) error {
		if same {
			if n == 0 {
				return nil
			}
			_, err := tx.exec(ctx, touchName, touch, keys...)
			return err
		}
		if _, err := tx.exec(ctx, removeName, remove, to.ID[:]); err != nil {
			return err
		}
		return write(ctx, tx, to)
	}
	err := one(slices.Equal(personIDs(from.Assignees), personIDs(to.Assignees)), len(to.Assignees),
		"task.touch_assignees", touchAssigneesSQL, "task.delete_assignees", deleteAssigneesSQL, writeAssignees)
	return firstError(err, func() error {
		return one(slices.Equal(labelIDs(from.Labels), labelIDs(to.Labels)), len(to.Labels),
			"task.touch_labels", touchLabelsSQL, "task.delete_labels", deleteLabelsSQL, writeLabels)
	})
}

func firstError(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

func writeAssignees(ctx context.Context, tx *Tx, t task.Task) error {
	if len(t.Assignees) == 0 {
		return nil
	}
	args := make([]any, 0, 8*len(t.Assignees))
	for i := range t.Assignees {
		args = append(args, t.ID[:], t.Assignees[i].ID[:], t.WorkspaceID[:], t.ProjectID[:], t.Priority.Number(), string(dueColumn(t.DueDate)), t.Position, micros(t.UpdatedAt))
	}
	_, err := tx.exec(ctx, "task.insert_assignees", insertAssigneeSQL+valuesOf("(?, ?, ?, ?, ?, ?, ?, ?)", len(t.Assignees)), args...)
	return err
}

func writeLabels(ctx context.Context, tx *Tx, t task.Task) error {
	if len(t.Labels) == 0 {
		return nil
	}
	args := make([]any, 0, 6*len(t.Labels))
	for i := range t.Labels {
		args = append(args, t.ID[:], t.Labels[i].ID[:], t.Priority.Number(), string(dueColumn(t.DueDate)), t.Position, micros(t.UpdatedAt))
	}
	_, err := tx.exec(ctx, "task.insert_labels", insertLabelSQL+valuesOf("(?, ?, ?, ?, ?, ?)", len(t.Labels)), args...)
	if isReference(err) {
		return apperr.Invalid("/label_ids", "not_found", "a label was deleted meanwhile")
	}
	return err
}
