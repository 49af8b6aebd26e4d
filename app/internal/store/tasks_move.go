package store

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// A move locks in this order: both projects for reading, by id, which keeps their statuses and labels as they are; the task,
// and its subtasks level by level, which keeps the tree together; both projects' counters, by id. From there on it only
// writes what it holds, some tasks a statement, since creators of tasks in both projects wait for it. Other changes of tasks
// lock tasks before counters, too, so moves in both directions do not wait in a circle.

// movedAtOnce is how many tasks a statement of a move names.
const movedAtOnce = 100

// moving is a task before and after its move. A subtask has only what moving it takes, and no texts: see lockTree.
type moving struct {
	from, to task.Task
	lost     []string // names of labels
}

// Move implements [task.Writer].
func (s *Tasks) Move(ctx context.Context, p auth.Principal, m task.Move) (task.Moved, error) {
	made := func(v task.Moved) []uuid.UUID { return []uuid.UUID{v.Task.ID, v.Entry} }
	return mutateOnce(ctx, s.db, "task.move", p, made, func(tx *Tx) (task.Moved, error) {
		to, err := tx.holdProjects(ctx, m)
		if err != nil {
			return task.Moved{}, err
		}
		cur, err := lockTask(ctx, tx, m.TaskID, p.AccountID)
		if err != nil {
			return task.Moved{}, err
		}
		if err := m.Allow(cur, to); err != nil {
			return task.Moved{}, err
		}
		if err := tx.furnish(ctx, to); err != nil {
			return task.Moved{}, err
		}
		tree := []task.Task{cur.Task}
		if m.LeaveSubtasks {
			err = orphanSubtasks(ctx, tx, p, cur.Task)
		} else {
			tree, err = tx.lockTree(ctx, cur.Task)
		}
		if err != nil {
			return task.Moved{}, err
		}
		moves := make([]moving, len(tree))
		for i, t := range tree {
			moves[i].from = t
			if moves[i].to, moves[i].lost, err = m.Map(t, *to); err != nil {
				return task.Moved{}, err
			}
		}
		moves[0].to.ParentID = nil // which stays where it is
		if err := tx.renumber(ctx, to.ProjectID, moves); err != nil {
			return task.Moved{}, err
		}
		return tx.writeMoves(ctx, p, moves)
	})
}

const (
	formerNumbersSQL = `SELECT task_id, number FROM task_numbers WHERE project_id = ? AND task_id IN (%)`
	dropNumbersSQL   = `DELETE FROM task_numbers WHERE project_id = ? AND task_id IN (%)`
	insertNumbersSQL = `INSERT INTO task_numbers (project_id, number, task_id, workspace_id, created_at) VALUES `
	takeNumbersSQL   = `UPDATE project_counters SET last_number = last_number + ? WHERE project_id = ?`
)

// renumber gives the tasks their numbers in the new project: those that they had there before, else the next ones. Those
// that they have now become former ones.
func (tx *Tx) renumber(ctx context.Context, to uuid.UUID, moves []moving) error {
	var last int64
	for _, id := range inOrder(moves[0].from.ProjectID, to) {
		n, err := one(ctx, tx.conn, "task.lock_counter", lockCounterSQL, func(row scanner) (n int64, err error) { return n, row.Scan(&n) }, id[:])
		if err != nil {
			return err
		}
		if id == to {
			last = n
		}
	}
	former := map[uuid.UUID]int64{}
	for some := range slices.Chunk(moves, movedAtOnce) {
		args := append([]any{to[:]}, movedIDs(some)...)
		before := len(former)
		err := tx.each(ctx, "task.former_numbers", tx.db.d.filled(formerNumbersSQL, len(some)), func(row scanner) error {
			var id uuid.UUID
			var n int64
			err := row.Scan(&id, &n)
			former[id] = n
			return err
		}, args...)
		if err != nil {
			return err
		}
		if len(former) == before {
			continue
		}
		if _, err := tx.exec(ctx, "task.drop_numbers", tx.db.d.filled(dropNumbersSQL, len(some)), args...); err != nil {
			return err
		}
	}
	if fresh := len(moves) - len(former); fresh > 0 {
		if _, err := tx.exec(ctx, "task.take_numbers", takeNumbersSQL, fresh, to[:]); err != nil {
			return err
		}
	}
	for i := range moves {
		n, again := former[moves[i].from.ID]
		if !again {
			last++
			n = last
		}
		moves[i].to.Number, moves[i].to.Position = n, task.EndPosition(n)
	}
	return nil
}

func movedIDs(moves []moving) []any {
	ids := make([]any, len(moves))
	for i := range moves {
		ids[i] = moves[i].from.ID[:]
	}
	return ids
}

// inOrder is the two ids in the order in which locks are taken, or one where they are the same.
func inOrder(a, b uuid.UUID) []uuid.UUID {
	ids := []uuid.UUID{a, b}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// writeMoves writes the tasks as they shall be, the copies of what lists are filtered and sorted by, and the activity.
func (tx *Tx) writeMoves(ctx context.Context, p auth.Principal, moves []moving) (task.Moved, error) {
	out := task.Moved{Tasks: len(moves), Unmapped: []string{}}
	for i := range moves {
		m := &moves[i]
		m.to.Settle(m.from.Status.Category, tx.Now)
		m.to.UpdatedAt, m.to.Version = tx.Now, m.from.Version+1
		sortFacets(&m.to)
		out.Unmapped = append(out.Unmapped, m.lost...)
	}
	slices.Sort(out.Unmapped)
	out.Unmapped, out.Task = slices.Compact(out.Unmapped), moves[0].to
	for some := range slices.Chunk(moves, movedAtOnce) {
		if err := tx.writeSome(ctx, moves[0].to, some); err != nil {
			return out, err
		}
		entries := make([]activity.Entry, 0, 2*len(some))
		for _, m := range some {
			entries = append(entries, m.entries(out)...)
		}
		if err := tx.recordAll(ctx, p, entries); err != nil {
			return out, err
		}
		if out.Entry == uuid.Nil { // the first task is the one that was asked for, and its own entry the second one
			out.Entry = entries[1].ID
		}
	}
	return out, nil
}

const (
	// Each CASE has a value for each of the tasks.
	moveTasksSQL = `UPDATE tasks SET project_id = ?, updated_at = ?, version = version + 1,
  parent_id = CASE WHEN id = ? THEN NULL ELSE parent_id END, number = CASE id# END, status_id = CASE id# END, category = CASE id# END,
  position = CASE id# END, completed_at = CASE id# END WHERE id IN (%)`
	moveAssigneesSQL = `UPDATE task_assignees SET project_id = ?, updated_at = ?,
  position = (SELECT t.position FROM tasks t WHERE t.id = task_assignees.task_id) WHERE task_id IN (%)`
	moveLabelsOffSQL = `DELETE FROM task_labels WHERE task_id IN (%)`
	moveIndexSQL     = `UPDATE task_search SET project_id = ? WHERE task_id IN (%)`
)

// writeSome writes some of the tasks of a tree, whose root they may hold.
func (tx *Tx) writeSome(ctx context.Context, root task.Task, moves []moving) error {
	d, ids, to, now := tx.db.d, movedIDs(moves), root.ProjectID, micros(tx.Now)
	var numbers []any
	args := []any{to[:], now, root.ID[:]}
	for _, value := range []func(t *task.Task) any{
		func(t *task.Task) any { return t.Number },
		func(t *task.Task) any { return t.Status.ID[:] },
		func(t *task.Task) any { return t.Status.Category.Number() },
		func(t *task.Task) any { return t.Position },
		func(t *task.Task) any { return microsPtr(t.CompletedAt) },
	} {
		for i := range moves {
			args = append(args, moves[i].to.ID[:], value(&moves[i].to))
		}
	}
	text := strings.NewReplacer("#", strings.Repeat(" WHEN ? THEN ?", len(ids)), "%", marks(len(ids))).Replace(moveTasksSQL)
	for i := range moves {
		from := &moves[i].from
		numbers = append(numbers, from.ProjectID[:], from.Number, from.ID[:], from.WorkspaceID[:], now)
	}
	labelled := slices.ContainsFunc(moves, func(m moving) bool { return len(m.from.Labels) > 0 })
	assigned := slices.ContainsFunc(moves, func(m moving) bool { return len(m.from.Assignees) > 0 })
	for _, step := range []struct {
		needed     bool
		name, text string
		args       []any
	}{
		{true, "task.insert_numbers", insertNumbersSQL + valuesOf("(?, ?, ?, ?, ?)", len(moves)), numbers},
		{labelled, "task.move_labels_off", d.filled(moveLabelsOffSQL, len(ids)), ids},
		{true, "task.move_tasks", text, append(args, ids...)},
		{assigned, "task.move_assignees", d.filled(moveAssigneesSQL, len(ids)), append([]any{to[:], now}, ids...)},
		{true, "search.move", d.filled(moveIndexSQL, len(ids)), append([]any{to[:]}, ids...)},
	} {
		if !step.needed {
			continue
		}
		if _, err := tx.exec(ctx, step.name, step.text, step.args...); err != nil {
			return err
		}
	}
	return writeMovedLabels(ctx, tx, moves)
}

// writeMovedLabels inserts the labels of several tasks, with the copies of their sort keys.
func writeMovedLabels(ctx context.Context, tx *Tx, moves []moving) error {
	const columns = 6
	var args []any
	for _, m := range moves {
		for i := range m.to.Labels {
			args = append(args, m.to.ID[:], m.to.Labels[i].ID[:], m.to.Priority.Number(), string(dueColumn(m.to.DueDate)),
				m.to.Position, micros(m.to.UpdatedAt))
		}
	}
	for some := range slices.Chunk(args, columns*statementRows) {
		_, err := tx.exec(ctx, "task.insert_labels", insertLabelSQL+valuesOf("(?, ?, ?, ?, ?, ?)", len(some)/columns), some...)
		if err != nil {
			return err
		}
	}
	return nil
}
