package activity

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Of is what activity is read of: a task, a project or a workspace.
type Of string

// The kinds of objects that have activity of their own and of all that is below them.
const (
	OfTask      Of = "task"
	OfProject   Of = "project"
	OfWorkspace Of = "workspace"
)

// Query says which entries are read.
type Query struct {
	Of Of
	// ID is that of the task, the project or the workspace.
	ID uuid.UUID
	// WorkspaceID is where the object is; entries of others are left out, whatever they name. The service decides it.
	WorkspaceID uuid.UUID
	// After is the id of the last entry of the page before.
	After *uuid.UUID
	// Limit is the size of a page.
	Limit int
	// Eventual lets a replica answer, which may lag.
	Eventual bool
	// WithoutInvitations leaves out the entries about invitations. The service decides it.
	WithoutInvitations bool
}

// Store reads entries.
type Store interface {
	// Member returns what the viewer is in the workspace of an object; nothing where there is no such object. The workspace
	// of a task that was deleted is known from its entries.
	Member(ctx context.Context, of Of, id, viewer uuid.UUID) (auth.Membership, error)
	// List returns entries, newest first, and the id after which the next page starts, if there is one.
	List(ctx context.Context, q Query) ([]Entry, *uuid.UUID, error)
}

// Service reads activity. It is safe for concurrent use.
type Service struct{ store Store }

// NewService returns a Service that reads from this store.
func NewService(store Store) *Service { return &Service{store: store} }

// List returns what happened to an object and to all below it, newest first, and where the next page starts. A deleted
// task's activity stays readable. Takes the role viewer; who was invited is for those who may read invitations.
// Errors: not_found, insufficient_scope.
func (s *Service) List(ctx context.Context, p auth.Principal, q Query) ([]Entry, *uuid.UUID, error) {
	in, err := s.store.Member(ctx, q.Of, q.ID, p.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if !p.RoleIn(in).Valid() {
		return nil, nil, apperr.Missing(string(q.Of))
	}
	if err := p.May(in, auth.ActivityRead); err != nil {
		return nil, nil, err
	}
	q.WorkspaceID = in.Workspace
	q.WithoutInvitations = p.May(in, auth.InvitationRead) != nil
	return s.store.List(ctx, q)
}
