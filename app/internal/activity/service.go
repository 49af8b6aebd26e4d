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
	// After is the place of the last entry of the page before.
	After *Place
	// Oldest puts the oldest entries first.
	Oldest bool
	// Since leaves out the entries up to that sequence number, and puts the others in the order of their numbers.
	Since *int64
	// Limit is the size of a page.
	Limit int
	// Eventual lets a replica answer, which may lag.
	Eventual bool
	// WithoutInvitations leaves out the entries about invitations. The service decides it.
	WithoutInvitations bool
}

// Place is where a page of entries ends: at an id, or with Since at a sequence number.
type Place struct {
	ID       uuid.UUID `json:"i"`
	Sequence int64     `json:"s,omitempty"`
}

// Store reads entries.
type Store interface {
	// Member returns what the viewer is in the workspace of an object; nothing where there is no such object. The workspace
	// of a task that was deleted is known from its entries.
	Member(ctx context.Context, of Of, id, viewer uuid.UUID) (auth.Membership, error)
	// List returns entries and the place after which the next page starts, if there is one.
	List(ctx context.Context, q Query) ([]Entry, *Place, error)
	// Number gives sequence numbers, in one order, to entries of the workspace that were committed and have none, and
	// returns the last number. Very many may be left for the next call.
	Number(ctx context.Context, workspace uuid.UUID) (last int64, err error)
	// Events returns up to limit changes behind since, in the order of their numbers.
	Events(ctx context.Context, workspace uuid.UUID, since int64, limit int, withoutInvitations bool) (Events, error)
}

// Service reads activity. It is safe for concurrent use.
type Service struct{ store Store }

// NewService returns a Service that reads from this store.
func NewService(store Store) *Service { return &Service{store: store} }

// List returns what happened to an object and to all below it, newest first unless the query says otherwise, and where the
// next page starts. A deleted task's activity stays readable. Takes the role viewer; who was invited is for those who may
// read invitations. Errors: not_found, insufficient_scope; gone where Since is ahead of the workspace.
func (s *Service) List(ctx context.Context, p auth.Principal, q Query) ([]Entry, *Place, error) {
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
	if q.Since != nil {
		q.Eventual = false // the numbers are the primary's
		if _, err := s.number(ctx, in.Workspace, q.Since); err != nil {
			return nil, nil, err
		}
	}
	return s.store.List(ctx, q)
}
