package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// detachAtOnce is how many tasks a deleted label is taken off in one transaction: each gets a new version and an entry in
// its activity, and a label may be on all tasks of a project.
const detachAtOnce = 100

const (
	hideLabelSQL     = `UPDATE labels SET deleted_at = ?, deleted_by = ?, name_fold = ? WHERE id = ?`
	removeLabelSQL   = `DELETE FROM labels WHERE id = ? AND deleted_at IS NOT NULL`
	hiddenLabelsSQL  = `SELECT id, deleted_by FROM labels WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 10`
	holdLabelSQL     = `SELECT id FROM labels WHERE id = ? {FOR UPDATE}`
	labelledTasksSQL = `SELECT task_id FROM task_labels WHERE label_id = ? ORDER BY task_id LIMIT ?`
	lockTasksSQL     = `SELECT id, workspace_id, project_id, updated_at FROM tasks WHERE id IN (%) ORDER BY id {FOR UPDATE}`
	labelsOfTasksSQL = `SELECT tl.task_id, l.id, l.name, l.color FROM task_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.task_id IN (%)`
	touchTasksSQL    = `UPDATE tasks SET updated_at = ?, version = version + 1 WHERE id IN (%)`
	takeLabelOffSQL  = `DELETE FROM task_labels WHERE label_id = ? AND task_id IN (%)`
)

// detachLabel takes a deleted label off up to [detachAtOnce] tasks, which is a change of each of them, and removes the
// label's row once it is on none. It reports whether that is so.
func (tx *Tx) detachLabel(ctx context.Context, p auth.Principal, label uuid.UUID) (done bool, err error) {
	ids, err := collect(ctx, tx.conn, "label.tasks", labelledTasksSQL, scanID, label[:], detachAtOnce)
	if err != nil {
		return false, err
	}
	if len(ids) > 0 {
		tasks, err := tx.lockTasks(ctx, ids)
		if err != nil {
			return false, err
		}
		if err := tx.takeLabelOff(ctx, p, label, tasks); err != nil {
			return false, err
		}
	}
	if len(ids) == detachAtOnce {
		return false, nil
	}
	_, err = tx.exec(ctx, "label.remove", removeLabelSQL, label[:])
	return true, err
}

// lockTasks holds tasks, in the order of their ids, and sets the clock behind their last change.
func (tx *Tx) lockTasks(ctx context.Context, ids []uuid.UUID) ([]task.Task, error) {
	var last time.Time
	tasks, err := collect(ctx, tx.conn, "task.lock_many", tx.db.d.render(tx.db.d.filled(lockTasksSQL, len(ids))), func(row scanner) (t task.Task, err error) {
		var updated int64
		err = row.Scan(&t.ID, &t.WorkspaceID, &t.ProjectID, &updated)
		if t.UpdatedAt = fromMicros(updated); t.UpdatedAt.After(last) {
			last = t.UpdatedAt
		}
		return t, err
	}, idArgs(ids)...)
	tx.locked(last)
	return tasks, err
}

// takeLabelOff removes the label from those of the locked tasks that have it.
func (tx *Tx) takeLabelOff(ctx context.Context, p auth.Principal, label uuid.UUID, tasks []task.Task) error {
	byID := make(map[uuid.UUID]*task.Task, len(tasks))
	for i := range tasks {
		byID[tasks[i].ID] = &tasks[i]
	}
	all := make([]uuid.UUID, 0, len(tasks))
	for i := range tasks {
		all = append(all, tasks[i].ID)
	}
	if len(all) == 0 {
		return nil
	}
	err := tx.each(ctx, "label.labels_of_tasks", tx.db.d.filled(labelsOfTasksSQL, len(all)), func(row scanner) error {
		var taskID uuid.UUID
		var l task.LabelRef
		err := row.Scan(&taskID, &l.ID, &l.Name, &l.Color)
		byID[taskID].Labels = append(byID[taskID].Labels, l)
		return err
	}, idArgs(all)...)
	if err != nil {
		return err
	}
	var changed []uuid.UUID
	for i := range tasks {
		t := &tasks[i]
		if !slices.ContainsFunc(t.Labels, func(l task.LabelRef) bool { return l.ID == label }) {
			continue // a change of the task was quicker
		}
		sortFacets(t)
		rest := slices.DeleteFunc(slices.Clone(t.Labels), func(l task.LabelRef) bool { return l.ID == label })
		var changes activity.Changes
		changes.Add("label_ids", labelIDs(t.Labels), labelIDs(rest))
		err := tx.record(ctx, p, activity.Entry{
			WorkspaceID: t.WorkspaceID, ProjectID: &t.ProjectID, TaskID: &t.ID, Action: "task.updated", EntityType: "task", EntityID: t.ID, Changes: changes,
		})
		if err != nil {
			return err
		}
		changed = append(changed, t.ID)
	}
	if len(changed) == 0 {
		return nil
	}
	d := tx.db.d
	if _, err := tx.exec(ctx, "label.take_off", d.filled(takeLabelOffSQL, len(changed)), append([]any{label[:]}, idArgs(changed)...)...); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "task.touch_many", d.filled(touchTasksSQL, len(changed)), append([]any{micros(tx.Now)}, idArgs(changed)...)...); err != nil {
		return err
	}
	return touchCopies(ctx, tx, changed)
}

// DetachLabels takes deleted labels off the tasks that still have them, some at a time, until none is left. It may run in
// every process at once.
func (db *DB) DetachLabels(ctx context.Context) error {
	type hidden struct {
		id uuid.UUID
		by uuid.NullUUID
	}
	for {
		labels, err := collect(ctx, db.reader(), "label.hidden", hiddenLabelsSQL, func(row scanner) (h hidden, err error) {
			return h, row.Scan(&h.id, &h.by)
		})
		if err != nil || len(labels) == 0 {
			return public(err)
		}
		for _, l := range labels {
			_, err := mutate(ctx, db, "label.detach", func(tx *Tx) (bool, error) {
				// A task that gets the label just now is found below, or finds the label gone.
				if err := tx.lockRow(ctx, "label.hold", holdLabelSQL, l.id); err != nil {
					if noRow(err) {
						return true, nil
					}
					return false, err
				}
				return tx.detachLabel(ctx, auth.Principal{AccountID: l.by.UUID}, l.id)
			})
			if err != nil {
				return err
			}
		}
	}
}
