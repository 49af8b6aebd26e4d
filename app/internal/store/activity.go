package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

const insertActivitySQL = `INSERT INTO activity
  (id, workspace_id, project_id, task_id, actor_id, token_id, token_name, action, entity_type, entity_id, changes, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// record writes an activity entry in the transaction of the change that it tells of. It fills in the id, the actor, the
// token and the time.
func (tx *Tx) record(ctx context.Context, p auth.Principal, e activity.Entry) error {
	if e.Changes == nil {
		e.Changes = activity.Changes{}
	}
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return fmt.Errorf("activity: %w", err)
	}
	id := tx.NewID()
	var token any
	if p.TokenID != uuid.Nil {
		token = p.TokenID[:]
	}
	_, err = tx.exec(ctx, "activity.insert", insertActivitySQL, id[:], e.WorkspaceID[:], idPtr(e.ProjectID), idPtr(e.TaskID), p.AccountID[:],
		token, p.TokenName, e.Action, e.EntityType, e.EntityID[:], string(changes), micros(tx.Now))
	return err
}
