package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// The sequence of a workspace's changes. Writers do not take a number: whoever holds a counter until its commit makes all
// other writers of the workspace wait. Entries are committed without one, and the first reader that asks for them numbers
// those that it sees, while it holds the workspace's counter. What is committed later is seen later, and gets a greater
// number; so the numbers are in the order of commits, and no entry ever appears before one that was read.

const (
	sequenceSQL = `SELECT q.last, q.floor, EXISTS (SELECT 1 FROM activity e{INDEX} WHERE e.workspace_id = q.workspace_id AND e.sequence IS NULL AND e.id > q.floor)
FROM workspace_sequences q WHERE q.workspace_id = ?`
	beginSequenceSQL  = `{INSERT IGNORE} INTO workspace_sequences (workspace_id, last, floor) VALUES (?, 0, ?)`
	lockSequenceSQL   = `SELECT last, floor FROM workspace_sequences WHERE workspace_id = ? {FOR UPDATE}`
	unnumberedSQL     = `SELECT e.id FROM activity e{INDEX} WHERE e.workspace_id = ? AND e.sequence IS NULL AND e.id > ? ORDER BY e.id LIMIT ?`
	updateSequenceSQL = `UPDATE workspace_sequences SET last = ? WHERE workspace_id = ?`
)

const (
	numberAtOnce  = 500 // entries in one transaction
	numberAtMost  = 40  // transactions for one reader; the next reader goes on
	sequenceFloor = time.Hour
)

// sequenceState is a workspace's counter. Entries up to the id floor never get a number: they are older than the first
// reader by more than any transaction lasts.
type sequenceState struct {
	last    int64
	floor   uuid.UUID
	pending bool
}

func (s *Activity) bySequence(text string) string {
	return strings.Replace(text, "{INDEX}", s.db.d.useIndex("activity_sequence"), 1)
}

func (s *Activity) sequence(ctx context.Context, c conn, workspace uuid.UUID) (sequenceState, error) {
	return one(ctx, c, "activity.sequence", s.bySequence(sequenceSQL), func(row scanner) (q sequenceState, err error) {
		return q, row.Scan(&q.last, &q.floor, &q.pending)
	}, workspace[:])
}

// Number implements [activity.Store].
func (s *Activity) Number(ctx context.Context, workspace uuid.UUID) (int64, error) {
	state, err := s.sequence(ctx, s.db.reader(), workspace)
	if noRow(err) {
		state, err = s.beginSequence(ctx, workspace)
	}
	if err != nil {
		return 0, public(err)
	}
	for range numberAtMost {
		if !state.pending {
			break
		}
		state, err = mutate(ctx, s.db, "activity.number", func(tx *Tx) (sequenceState, error) { return s.numberSome(ctx, tx, workspace) })
		if err != nil {
			return 0, err
		}
	}
	return state.last, nil
}

// beginSequence makes the counter of a workspace that nobody has followed yet.
func (s *Activity) beginSequence(ctx context.Context, workspace uuid.UUID) (sequenceState, error) {
	return mutate(ctx, s.db, "activity.begin_sequence", func(tx *Tx) (sequenceState, error) {
		floor := firstID(tx.Now.Add(-sequenceFloor))
		if _, err := tx.exec(ctx, "activity.begin_sequence", beginSequenceSQL, workspace[:], floor[:]); err != nil {
			return sequenceState{}, err
		}
		return sequenceState{floor: floor, pending: true}, nil
	})
}

// numberSome numbers the first entries that have none. The read is a statement of its own, so that it sees what was
// committed until the counter was had; the numbers are there for others once this transaction is.
func (s *Activity) numberSome(ctx context.Context, tx *Tx, workspace uuid.UUID) (state sequenceState, err error) {
	state, err = one(ctx, tx.conn, "activity.lock_sequence", lockSequenceSQL, func(row scanner) (q sequenceState, err error) {
		return q, row.Scan(&q.last, &q.floor)
	}, workspace[:])
	if err != nil {
		return state, err
	}
	ids, err := collect(ctx, tx.conn, "activity.unnumbered", s.bySequence(unnumberedSQL), scanID, workspace[:], state.floor[:], numberAtOnce)
	if err != nil || len(ids) == 0 {
		return state, err
	}
	text := "UPDATE activity SET sequence = CASE id" + strings.Repeat(" WHEN ? THEN ?", len(ids)) + " END WHERE id IN (" + marks(len(ids)) + ")"
	args := make([]any, 0, 3*len(ids))
	for _, id := range ids {
		state.last++
		args = append(args, id[:], state.last)
	}
	if _, err := tx.exec(ctx, "activity.number", text, append(args, idArgs(ids)...)...); err != nil {
		return state, err
	}
	state.pending = len(ids) == numberAtOnce
	_, err = tx.exec(ctx, "activity.update_sequence", updateSequenceSQL, state.last, workspace[:])
	return state, err
}

const (
	eventsSQL = `SELECT e.sequence, e.action, e.entity_type, e.entity_id, e.project_id, e.task_id, e.created_at FROM activity e{INDEX}
WHERE e.workspace_id = ? AND e.sequence > ? ORDER BY e.sequence LIMIT ?`
	tasksByIDSQL = `SELECT ` + taskColumns + ` FROM tasks t JOIN projects p ON p.id = t.project_id JOIN statuses s ON s.id = t.status_id
JOIN accounts a ON a.id = t.author_id WHERE t.workspace_id = ? AND t.id IN (%) ORDER BY t.id`
)

// eventBytes bounds the tasks of one page of events; at least one is always there.
const eventBytes = 1 << 20

func scanEvent(row scanner) (e activity.Event, err error) {
	var projectID, taskID uuid.NullUUID
	var created int64
	err = row.Scan(&e.Sequence, &e.Action, &e.EntityType, &e.EntityID, &projectID, &taskID, &created)
	e.ProjectID, e.TaskID, e.CreatedAt = fromNullID(projectID), fromNullID(taskID), fromMicros(created)
	return e, err
}

// Events implements [activity.Store].
func (s *Activity) Events(ctx context.Context, workspace uuid.UUID, since int64, limit int, withoutInvitations bool) (activity.Events, error) {
	c := s.db.reader()
	found, err := collect(ctx, c, "activity.events", s.bySequence(eventsSQL), scanEvent, workspace[:], since, limit+1)
	if err != nil {
		return activity.Events{}, public(err)
	}
	out := activity.Events{Items: []activity.Event{}, Last: since}
	if out.More = len(found) > limit; out.More {
		found = found[:limit]
	}
	tasks, err := s.tasksNow(ctx, c, workspace, found)
	if err != nil {
		return activity.Events{}, public(err)
	}
	if n := fitting(found, tasks); n < len(found) {
		found, out.More = found[:n], true
	}
	lastOf := map[uuid.UUID]int{}
	for i, e := range found {
		if id, ok := changedTask(e); ok {
			lastOf[id] = i
		}
	}
	for i, e := range found {
		out.Last = e.Sequence
		id, ok := changedTask(e)
		switch {
		case e.EntityType == "invitation" && withoutInvitations:
			continue
		case !ok:
			e.Deleted = ended(e.Action)
		case tasks[id] == nil:
			e.Deleted = true
		default:
			e.Deleted = e.EntityType != "task" && ended(e.Action)
			if lastOf[id] == i {
				e.Task = tasks[id]
			}
		}
		out.Items = append(out.Items, e)
	}
	return out, nil
}

// changedTask is the task that an event is a change of: the entity, or the task of a checklist's item. ok is false for others.
func changedTask(e activity.Event) (id uuid.UUID, ok bool) {
	switch {
	case e.EntityType == "task":
		return e.EntityID, true
	case e.EntityType == "checklist_item" && e.TaskID != nil:
		return *e.TaskID, true
	}
	return uuid.Nil, false
}

// fitting is how many of the events have tasks of [eventBytes] together; at least one.
func fitting(events []activity.Event, tasks map[uuid.UUID]*task.Task) int {
	size, counted := 0, map[uuid.UUID]bool{}
	for i, e := range events {
		id, _ := changedTask(e)
		t := tasks[id]
		if t == nil || counted[t.ID] {
			continue
		}
		counted[t.ID] = true
		if size += len(t.Title) + len(t.Description); size > eventBytes && i > 0 {
			return i
		}
	}
	return len(events)
}

// ended reports whether an action, `object.verb`, is the end of its entity.
func ended(action string) bool {
	_, verb, _ := strings.Cut(action, ".")
	switch verb {
	case "deleted", "removed", "revoked", "purged":
		return true
	}
	return false
}

// tasksNow reads the tasks that events tell of, as they are now; deleted ones are not among them.
func (s *Activity) tasksNow(ctx context.Context, c conn, workspace uuid.UUID, events []activity.Event) (map[uuid.UUID]*task.Task, error) {
	var ids []uuid.UUID
	out := map[uuid.UUID]*task.Task{}
	for _, e := range events {
		id, ok := changedTask(e)
		if _, known := out[id]; ok && !known {
			out[id] = nil
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := collect(ctx, c, "task.by_id", s.db.d.filled(tasksByIDSQL, len(ids)), scanTask, append([]any{workspace[:]}, idArgs(ids)...)...)
	if err != nil {
		return nil, fmt.Errorf("tasks of events: %w", err)
	}
	refs := make([]*task.Task, len(found))
	for i := range found {
		refs[i] = &found[i]
		out[found[i].ID] = refs[i]
	}
	return out, facets(ctx, c, refs)
}
