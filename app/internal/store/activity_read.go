package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Activity reads activity; it is the [activity.Store]. Entries are written by the changes themselves.
type Activity struct{ db *DB }

var _ activity.Store = (*Activity)(nil)

// NewActivity returns the activity of a database.
func NewActivity(db *DB) *Activity { return &Activity{db: db} }

const (
	// The entries of a task outlive it and then tell which workspace it was in. An imported entry may name any task, so
	// that only those of the viewer's workspaces are asked.
	taskActivityRoleSQL = `SELECT m.workspace_id, m.role FROM members m WHERE m.account_id = ? AND m.workspace_id =
COALESCE((SELECT t.workspace_id FROM tasks t WHERE t.id = ?), (SELECT a.workspace_id FROM activity a
JOIN members n ON n.workspace_id = a.workspace_id AND n.account_id = ? WHERE a.task_id = ? ORDER BY a.id LIMIT 1))`
	projectActivityRoleSQL = `SELECT m.workspace_id, m.role FROM members m WHERE m.account_id = ? AND m.workspace_id = (SELECT p.workspace_id FROM projects p WHERE p.id = ?)`

	// An id of 16 bytes 0xff is after all others, so that the first page needs no statement of its own.
	activityHeadSQL = `SELECT e.id, e.sequence, e.workspace_id, e.project_id, e.task_id, e.actor_id, COALESCE(c.name, ''), e.token_id, e.token_name,
  e.action, e.entity_type, e.entity_id, e.changes, e.created_at
FROM activity e{INDEX} LEFT JOIN accounts c ON c.id = e.actor_id WHERE `
	activityScopeSQL = ` = ? AND e.workspace_id = ? AND (? = 0 OR e.entity_type <> 'invitation') AND `
	newestFirstSQL   = `e.id < ? ORDER BY e.id DESC LIMIT ?`
	oldestFirstSQL   = `e.id > ? ORDER BY e.id LIMIT ?`
	inSequenceSQL    = `e.sequence > ? AND e.sequence <= ? ORDER BY e.sequence LIMIT ?`
)

func scanEntry(row scanner) (e activity.Entry, err error) {
	var project, task, token uuid.NullUUID
	var changes []byte
	var created int64
	var sequence sql.NullInt64
	err = row.Scan(&e.ID, &sequence, &e.WorkspaceID, &project, &task, &e.ActorID, &e.ActorName, &token, &e.TokenName,
		&e.Action, &e.EntityType, &e.EntityID, &changes, &created)
	if err != nil {
		return e, err
	}
	e.ProjectID, e.TaskID, e.TokenID, e.CreatedAt = fromNullID(project), fromNullID(task), fromNullID(token), fromMicros(created)
	if sequence.Valid {
		e.Sequence = &sequence.Int64
	}
	if err := json.Unmarshal(changes, &e.Changes); err != nil {
		return e, fmt.Errorf("changes of activity %s: %w", e.ID, err)
	}
	return e, nil
}

// Member implements [activity.Store].
func (s *Activity) Member(ctx context.Context, of activity.Of, id, viewer uuid.UUID) (in auth.Membership, err error) {
	scan := func(row scanner) (in auth.Membership, err error) { return in, row.Scan(&in.Workspace, &in.Role) }
	switch of {
	case activity.OfTask:
		in, err = one(ctx, s.db.reader(), "activity.task_role", taskActivityRoleSQL, scan, viewer[:], id[:], viewer[:], id[:])
	case activity.OfProject:
		in, err = one(ctx, s.db.reader(), "activity.project_role", projectActivityRoleSQL, scan, viewer[:], id[:])
	case activity.OfWorkspace:
		in, err = s.db.reader().membership(ctx, id, viewer)
	default:
		return in, fmt.Errorf("activity of %q", of)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Membership{}, nil
	}
	return in, public(err)
}

// sequenceWindow is how many numbers one page of a project's entries looks at: the index has them by workspace.
const sequenceWindow = 10_000

// List implements [activity.Store].
func (s *Activity) List(ctx context.Context, q activity.Query) ([]activity.Entry, *activity.Place, error) {
	columns := map[activity.Of]string{activity.OfTask: "task_id", activity.OfProject: "project_id", activity.OfWorkspace: "workspace_id"}
	column, known := columns[q.Of]
	if !known {
		return nil, nil, fmt.Errorf("activity of %q", q.Of)
	}
	name, index := "activity.list_"+string(q.Of), "activity_"+string(q.Of)
	args := []any{q.ID[:], q.WorkspaceID[:], q.WithoutInvitations}
	order, window := newestFirstSQL, int64(0)
	switch {
	case q.Since != nil:
		from := *q.Since
		if q.After != nil {
			from = q.After.Sequence
		}
		order, window = inSequenceSQL, int64(math.MaxInt64)
		if q.Of != activity.OfTask {
			index = "activity_sequence"
		}
		if q.Of == activity.OfProject {
			window = from + sequenceWindow
		}
		args = append(args, from, window)
	case q.Oldest:
		var after uuid.UUID
		if q.After != nil {
			after = q.After.ID
		}
		order, args = oldestFirstSQL, append(args, after[:])
	default:
		before := uuid.Max
		if q.After != nil {
			before = q.After.ID
		}
		args = append(args, before[:])
	}
	// The workspace's index would also do for all of them, and reads all of it.
	text := strings.Replace(activityHeadSQL, "{INDEX}", s.db.d.useIndex(index), 1) + "e." + column + activityScopeSQL + order
	items, more, err := listPage(ctx, s.db, q.Eventual, q.Limit, name, text, scanEntry, args...)
	if err != nil {
		return nil, nil, err
	}
	if more {
		last := items[len(items)-1]
		place := activity.Place{ID: last.ID}
		if q.Since != nil {
			place = activity.Place{Sequence: *last.Sequence}
		}
		return items, &place, nil
	}
	if q.Since != nil && q.Of == activity.OfProject {
		return items, s.beyondWindow(ctx, q.WorkspaceID, window), nil
	}
	return items, nil, nil
}

// beyondWindow is the place to go on from where the workspace has entries behind the numbers that were looked at.
func (s *Activity) beyondWindow(ctx context.Context, workspace uuid.UUID, window int64) *activity.Place {
	state, err := s.sequence(ctx, s.db.reader(), workspace)
	if err != nil || state.last <= window { // without an answer the list ends here, and the next call with since goes on
		return nil
	}
	return &activity.Place{Sequence: window}
}
