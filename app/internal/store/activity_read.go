package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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
	activityHeadSQL = `SELECT e.id, e.workspace_id, e.project_id, e.task_id, e.actor_id, COALESCE(c.name, ''), e.token_id, e.token_name,
  e.action, e.entity_type, e.entity_id, e.changes, e.created_at
FROM activity e{INDEX} LEFT JOIN accounts c ON c.id = e.actor_id WHERE `
	activityTailSQL = ` = ? AND e.workspace_id = ? AND e.id < ? AND (? = 0 OR e.entity_type <> 'invitation') ORDER BY e.id DESC LIMIT ?`

	listTaskActivitySQL      = activityHeadSQL + `e.task_id` + activityTailSQL
	listProjectActivitySQL   = activityHeadSQL + `e.project_id` + activityTailSQL
	listWorkspaceActivitySQL = activityHeadSQL + `e.workspace_id` + activityTailSQL
)

func scanEntry(row scanner) (e activity.Entry, err error) {
	var project, task, token uuid.NullUUID
	var changes []byte
	var created int64
	err = row.Scan(&e.ID, &e.WorkspaceID, &project, &task, &e.ActorID, &e.ActorName, &token, &e.TokenName,
		&e.Action, &e.EntityType, &e.EntityID, &changes, &created)
	if err != nil {
		return e, err
	}
	e.ProjectID, e.TaskID, e.TokenID, e.CreatedAt = fromNullID(project), fromNullID(task), fromNullID(token), fromMicros(created)
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

// List implements [activity.Store].
func (s *Activity) List(ctx context.Context, q activity.Query) ([]activity.Entry, *uuid.UUID, error) {
	before := uuid.Max
	if q.After != nil {
		before = *q.After
	}
	var name, text, index string
	switch q.Of {
	case activity.OfTask:
		name, text, index = "activity.list_task", listTaskActivitySQL, "activity_task"
	case activity.OfProject:
		name, text, index = "activity.list_project", listProjectActivitySQL, "activity_project"
	case activity.OfWorkspace:
		name, text, index = "activity.list_workspace", listWorkspaceActivitySQL, "activity_workspace"
	default:
		return nil, nil, fmt.Errorf("activity of %q", q.Of)
	}
	text = strings.Replace(text, "{INDEX}", s.db.d.useIndex(index), 1) // the workspace's would also do, and reads all of it
	items, more, err := listPage(ctx, s.db, q.Eventual, q.Limit, name, text, scanEntry, q.ID[:], q.WorkspaceID[:], before[:], q.WithoutInvitations)
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}
