package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

const insertActivitySQL = `INSERT INTO activity
  (id, workspace_id, project_id, task_id, actor_id, token_id, token_name, action, entity_type, entity_id, changes, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const moreActivitySQL = `, (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// record writes an activity entry in the transaction of the change that it tells of. It fills in the id, the actor, the
// token and the time.
func (tx *Tx) record(ctx context.Context, p auth.Principal, e activity.Entry) error {
	return tx.recordAll(ctx, p, []activity.Entry{e})
}

// recordAll is record for several entries, in one statement. It gives them their ids.
func (tx *Tx) recordAll(ctx context.Context, p auth.Principal, entries []activity.Entry) error {
	var token any
	if p.TokenID != uuid.Nil {
		token = p.TokenID[:]
	}
	args := make([]any, 0, 12*len(entries))
	for i := range entries {
		e := &entries[i]
		if e.Changes == nil {
			e.Changes = activity.Changes{}
		}
		changes, err := json.Marshal(e.Changes)
		if err != nil {
			return fmt.Errorf("activity: %w", err)
		}
		e.ID = tx.NewID()
		args = append(args, e.ID[:], e.WorkspaceID[:], idPtr(e.ProjectID), idPtr(e.TaskID), p.AccountID[:],
			token, p.TokenName, e.Action, e.EntityType, e.EntityID[:], string(changes), micros(tx.Now))
	}
	_, err := tx.exec(ctx, "activity.insert", insertActivitySQL+strings.Repeat(moreActivitySQL, len(entries)-1), args...)
	return err
}
