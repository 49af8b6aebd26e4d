package activity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// Event is a change as those who keep a copy of a workspace read it.
type Event struct {
	// Sequence is the change's place among the workspace's, in the order of commits.
	Sequence   int64
	Action     string
	EntityType string
	EntityID   uuid.UUID
	ProjectID  *uuid.UUID
	TaskID     *uuid.UUID
	// Deleted is set where the entity is not there any more.
	Deleted bool
	// Task is the task as it is now, at the last event of it or of its checklist's items in a page; nil for other entities.
	Task      *task.Task
	CreatedAt time.Time
}

// Events are the changes behind a sequence number. Last is where to go on; with More there are more of them now.
type Events struct {
	Items []Event
	Last  int64
	More  bool
}

// Events returns up to limit changes of a workspace behind since, in the order of their commits. Without since it returns
// none, but where to begin. Takes the role viewer. Errors: not_found, insufficient_scope; gone where since is ahead of
// the workspace, whose history is another one then.
func (s *Service) Events(ctx context.Context, p auth.Principal, workspace uuid.UUID, since *int64, limit int) (Events, error) {
	in, err := s.store.Member(ctx, OfWorkspace, workspace, p.AccountID)
	if err != nil {
		return Events{}, err
	}
	if !p.RoleIn(in).Valid() {
		return Events{}, apperr.Missing("workspace")
	}
	if err := p.May(in, auth.ActivityRead); err != nil {
		return Events{}, err
	}
	last, err := s.number(ctx, workspace, since)
	if err != nil || since == nil {
		return Events{Items: []Event{}, Last: last}, err
	}
	return s.store.Events(ctx, workspace, *since, limit, p.May(in, auth.InvitationRead) != nil)
}

// number gives sequence numbers to what has been committed and has none, and compares the last one with since.
func (s *Service) number(ctx context.Context, workspace uuid.UUID, since *int64) (last int64, err error) {
	last, err = s.store.Number(ctx, workspace)
	if err == nil && since != nil && *since > last {
		err = apperr.New(apperr.Gone, "The workspace's last sequence is %d, which is before %d: its history is another one now. Read everything anew, then go on from there.", last, *since)
	}
	return last, err
}
