package project

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Store keeps projects. Where a method takes a function, it calls that inside its transaction, with what p is in the
// workspace, and returns the function's error as it is, with nothing changed.
type Store interface {
	// Create keeps what decide returns, with the statuses that a project starts with.
	// Errors: of decide; already_exists when the workspace has the key.
	Create(ctx context.Context, p auth.Principal, workspace uuid.UUID, decide func(auth.Membership) (Project, []Status, error)) (Project, error)
	// Get returns a project and what the viewer is in its workspace. Errors: not_found.
	Get(ctx context.Context, id, viewer uuid.UUID) (Project, auth.Membership, error)
	// Update locks the project and keeps what decide makes of it. Errors: of decide; not_found.
	Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Project, auth.Membership) (Project, error)) (Project, error)
	// List returns projects in the order of their ids, behind f.After, and where the next page starts, if there is one.
	List(ctx context.Context, workspace uuid.UUID, f Filter) ([]Project, *uuid.UUID, error)
	// Member returns what the viewer is in the workspace.
	Member(ctx context.Context, workspace, viewer uuid.UUID) (auth.Membership, error)
}

// Filter says which projects are listed.
type Filter struct {
	// Archived lists the archived projects instead of the others.
	Archived bool
	// After is the id of the last project of the page before.
	After *uuid.UUID
	// Limit is the size of a page.
	Limit int
	// Eventual lets a replica answer, which may lag.
	Eventual bool
}

// Page says which part of a project's statuses or labels is listed. C is where a page ends.
type Page[C any] struct {
	// After is the end of the page before.
	After *C
	// Limit is the size of a page.
	Limit int
	// Eventual lets a replica answer, which may lag.
	Eventual bool
}

// StatusCursor is the place of a status among a project's.
type StatusCursor struct {
	Position int64     `json:"position"`
	ID       uuid.UUID `json:"id"`
}

// LabelCursor is the place of a label among a project's: its folded name.
type LabelCursor struct {
	Name string `json:"name"`
}

// Parent is what decides whether a status or a label may change: their project, locked, and the caller's role there.
type Parent struct {
	Project Project
	Role    auth.Role
}

// Membership is what the caller is in the project's workspace.
func (p Parent) Membership() auth.Membership {
	return auth.Membership{Workspace: p.Project.WorkspaceID, Role: p.Role}
}

// StatusStore keeps statuses. The functions are called inside the transaction, the project being locked.
type StatusStore interface {
	// Create keeps what decide makes of the statuses that the project has, in order.
	// Errors: of decide; not_found without the project; already_exists when the name is taken.
	Create(ctx context.Context, p auth.Principal, project uuid.UUID, decide func(Parent, []Status) (Status, error)) (Status, error)
	// Get returns a status and what the viewer is in its workspace. Errors: not_found.
	Get(ctx context.Context, id, viewer uuid.UUID) (Status, auth.Membership, error)
	// List returns a project's statuses in order, and where the next page starts, if there is one.
	List(ctx context.Context, project uuid.UUID, page Page[StatusCursor]) ([]Status, *StatusCursor, error)
	// Update keeps what decide makes of the status. Errors: of decide; not_found; already_exists when the name is taken.
	Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Parent, Status) (Status, error)) (Status, error)
	// Delete removes the status when decide agrees, which hears how it is used.
	// Errors: of decide; not_found; status_in_use when a task came into it meanwhile.
	Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Parent, Status, Usage) error) error
}

// Usage is what stands against deleting a status.
type Usage struct {
	// Statuses is how many the project has, this one included.
	Statuses int
	// Tasks is how many tasks are in the status, counted up to [MaxCount]; MaxCount means that many or more.
	Tasks int
}

// MaxCount is how far the tasks of a status are counted: the answer to "may it go" must not take a scan of a million.
const MaxCount = 10_000

// LabelStore keeps labels. The functions are called inside the transaction, the project being locked.
type LabelStore interface {
	// Create keeps what decide returns, which hears how many labels the project has.
	// Errors: of decide; not_found without the project; already_exists when the name is taken.
	Create(ctx context.Context, p auth.Principal, project uuid.UUID, decide func(parent Parent, have int) (Label, error)) (Label, error)
	// Get returns a label and what the viewer is in its workspace. Errors: not_found.
	Get(ctx context.Context, id, viewer uuid.UUID) (Label, auth.Membership, error)
	// List returns a project's labels by folded name, and where the next page starts, if there is one.
	List(ctx context.Context, project uuid.UUID, page Page[LabelCursor]) ([]Label, *LabelCursor, error)
	// Update keeps what decide makes of the label. Errors: of decide; not_found; already_exists when the name is taken.
	Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Parent, Label) (Label, error)) (Label, error)
	// Delete removes the label, from its tasks too, when decide agrees. Errors: of decide; not_found.
	Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Parent, Label) error) error
}
