package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// What a move reads and holds before it writes, and what it tells of itself.

const (
	taskProjectSQL = `SELECT workspace_id, project_id FROM tasks WHERE id = ?`
	holdProjectSQL = `SELECT p.id, p.project_key, p.archived FROM projects p
WHERE p.id = ? AND p.workspace_id = ? AND p.deleted_at IS NULL {FOR SHARE OF p}`
	moveStatusesSQL = `SELECT id, name, category FROM statuses WHERE project_id = ? ORDER BY category, position, id`
	moveLabelsSQL   = `SELECT id, name, color FROM labels WHERE project_id = ? AND deleted_at IS NULL ORDER BY id`
)

// holdProjects holds the task's project and the one that it moves to, and returns the latter without its statuses and
// labels; nil where the task's workspace has no such project. A task that moves on meanwhile is locked with its project later.
func (tx *Tx) holdProjects(ctx context.Context, m task.Move) (to *task.Destination, err error) {
	var workspace uuid.UUID
	from, err := one(ctx, tx.conn, "task.project", taskProjectSQL, func(row scanner) (id uuid.UUID, err error) {
		return id, row.Scan(&workspace, &id)
	}, m.TaskID[:])
	if err != nil {
		return nil, absent(err, "task")
	}
	for _, id := range inOrder(from, m.ProjectID) {
		d, err := one(ctx, tx.conn, "task.hold_project", holdProjectSQL, func(row scanner) (d task.Destination, err error) {
			return d, row.Scan(&d.ProjectID, &d.ProjectKey, &d.Archived)
		}, id[:], workspace[:])
		if err != nil && !noRow(err) {
			return nil, err
		}
		if err == nil && id == m.ProjectID {
			to = &d
		}
	}
	return to, nil
}

// furnish reads the statuses and labels of a project that is held.
func (tx *Tx) furnish(ctx context.Context, to *task.Destination) (err error) {
	if to.Statuses, err = tx.statusesOf(ctx, to.ProjectID); err != nil {
		return err
	}
	to.Labels, err = collect(ctx, tx.conn, "task.move_labels", moveLabelsSQL, func(row scanner) (l task.LabelRef, err error) {
		return l, row.Scan(&l.ID, &l.Name, &l.Color)
	}, to.ProjectID[:])
	return err
}

// statusesOf lists a project's statuses by category and position.
func (tx *Tx) statusesOf(ctx context.Context, projectID uuid.UUID) ([]task.StatusRef, error) {
	return collect(ctx, tx.conn, "task.move_statuses", moveStatusesSQL, func(row scanner) (s task.StatusRef, err error) {
		var category int
		if err := row.Scan(&s.ID, &s.Name, &category); err != nil {
			return s, err
		}
		s.Category, err = project.CategoryOf(category)
		return s, err
	}, projectID[:])
}

// lockLevelSQL reads no texts: those of a tree may be 32 MB. Nor does it read other tables, all rows of which it might lock
// while they are small.
const lockLevelSQL = `SELECT t.id, t.number, t.status_id, t.priority, t.parent_id, t.due_date, t.position, t.updated_at, t.completed_at, t.version
FROM tasks t{INDEX} WHERE t.parent_id IN (%) ORDER BY t.id LIMIT ? {FOR UPDATE}`

// scanSubtask scans a row of lockLevelSQL. The name and category of its status are still missing.
func scanSubtask(row scanner) (*task.Task, error) {
	t := new(task.Task)
	var priority int
	var parent uuid.NullUUID
	var due task.Date
	var updated int64
	var completed sql.NullInt64
	err := row.Scan(&t.ID, &t.Number, &t.Status.ID, &priority, &parent, &due, &t.Position, &updated, &completed, &t.Version)
	if err != nil {
		return nil, err
	}
	t.ParentID, t.UpdatedAt, t.CompletedAt = fromNullID(parent), fromMicros(updated), fromNullMicros(completed)
	if due != task.NoDate {
		t.DueDate = &due
	}
	t.Priority, err = task.PriorityOf(priority)
	return t, err
}

// lockTree returns a locked task and its subtasks of all levels, locked too, parents before their children. Subtasks have
// what moving them takes, and no texts. It sets the clock behind the last change of any of them. Error: conflict beyond
// [task.MaxMoved].
func (tx *Tx) lockTree(ctx context.Context, root task.Task) ([]task.Task, error) {
	known, err := tx.statusesOf(ctx, root.ProjectID)
	if err != nil {
		return nil, err
	}
	statuses := make(map[uuid.UUID]task.StatusRef, len(known))
	for _, s := range known {
		statuses[s.ID] = s
	}
	tree, last := []task.Task{root}, root.UpdatedAt
	// Without the index a small table would be scanned, and all of it locked.
	text := strings.Replace(lockLevelSQL, "{INDEX}", tx.db.d.useIndex("tasks_parent"), 1)
	for begin := 0; begin < len(tree); { // the tasks from there on are a level
		level := tree[begin:]
		begin = len(tree)
		for some := range slices.Chunk(level, movedAtOnce) {
			args := make([]any, 0, len(some)+1)
			for i := range some {
				args = append(args, some[i].ID[:])
			}
			args = append(args, task.MaxMoved+1-len(tree))
			below, err := collect(ctx, tx.conn, "task.lock_level", tx.db.d.filled(text, len(some)), scanSubtask, args...)
			if err != nil {
				return nil, err
			}
			if len(tree)+len(below) > task.MaxMoved {
				return nil, apperr.New(apperr.Conflict,
					"The task has more than %d subtasks of all levels, and at most %d tasks move at once. Move parts of the tree first.",
					task.MaxMoved-1, task.MaxMoved)
			}
			for refs := range slices.Chunk(below, movedAtOnce) {
				if err := rawFacets(ctx, tx.conn, refs, true); err != nil {
					return nil, err
				}
			}
			for _, t := range below {
				t.WorkspaceID, t.ProjectID, t.ProjectKey, t.Status = root.WorkspaceID, root.ProjectID, root.ProjectKey, statuses[t.Status.ID]
				if t.UpdatedAt.After(last) {
					last = t.UpdatedAt
				}
				tree = append(tree, *t)
			}
		}
	}
	tx.locked(last)
	return tree, nil
}

// Fields of the entry that tells of a move, beside those of the task.
const (
	movedTasksField     = "moved_tasks"
	unmappedLabelsField = "unmapped_labels"
)

// entries are what the activity tells of a task's move: one entry in the project that it leaves, and one in the
// project that it comes to, which is the task's own. That of the task that was asked for names what the whole
// move did.
func (m moving) entries(of task.Moved) []activity.Entry {
	var left activity.Changes
	left.Add("project_id", m.from.ProjectID, m.to.ProjectID)
	left.Add("number", m.from.Number, m.to.Number)
	came := append(slices.Clone(left), taskChanges(m.from, m.to)...)
	own := activity.Entry{
		WorkspaceID: m.to.WorkspaceID, ProjectID: &m.to.ProjectID, TaskID: &m.to.ID, Action: "task.moved", EntityType: "task", EntityID: m.to.ID,
	}
	lost := m.lost
	if m.to.ID == of.Task.ID {
		lost = of.Unmapped
		came.Add(movedTasksField, 1, of.Tasks)
	}
	if len(lost) > 0 {
		came.Add(unmappedLabelsField, lost, nil)
	}
	own.Changes = came
	return []activity.Entry{{
		WorkspaceID: m.from.WorkspaceID, ProjectID: &m.from.ProjectID, Action: "task.moved_out", EntityType: "task", EntityID: m.from.ID,
		Changes: left,
	}, own}
}

const moveEntrySQL = `SELECT changes FROM activity WHERE id = ?`

// Moved implements [task.Writer]. It reads what the move did from its entry in the activity.
func (s *Tasks) Moved(ctx context.Context, made []uuid.UUID) (task.Moved, error) {
	out := task.Moved{Tasks: 1, Unmapped: []string{}}
	if len(made) != 2 {
		return out, fmt.Errorf("task: a move was kept with %d ids", len(made))
	}
	out.Entry = made[1]
	text, err := one(ctx, s.db.reader(), "task.move_entry", moveEntrySQL, func(row scanner) (text []byte, err error) {
		return text, row.Scan(&text)
	}, out.Entry[:])
	if err != nil {
		return out, public(err)
	}
	var changes []activity.Change
	if err := json.Unmarshal(text, &changes); err != nil {
		return out, fmt.Errorf("changes of activity %s: %w", out.Entry, err)
	}
	for _, c := range changes {
		switch c.Field {
		case movedTasksField:
			err = json.Unmarshal(c.To, &out.Tasks)
		case unmappedLabelsField:
			err = json.Unmarshal(c.From, &out.Unmapped)
		}
		if err != nil {
			return out, fmt.Errorf("changes of activity %s: %w", out.Entry, err)
		}
	}
	return out, nil
}
