package task

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Reader reads tasks. Every method that takes a viewer returns what that account is in the workspace; what it may then
// see is for the caller to decide. Errors: not_found, unavailable.
type Reader interface {
	// Get returns a task by id.
	Get(ctx context.Context, id, viewer uuid.UUID) (Task, auth.Membership, error)
	// GetByNumber returns a project's task by its number.
	GetByNumber(ctx context.Context, projectID uuid.UUID, number int64, viewer uuid.UUID) (Task, auth.Membership, error)
	// List returns up to q.Limit tasks and where the next page starts, nil at the end.
	List(ctx context.Context, q Query) ([]Task, *Cursor, error)
	// Stats counts a project's tasks by status, and by week from that Monday on.
	Stats(ctx context.Context, projectID uuid.UUID, from time.Time, weeks int) (Stats, error)
	// Place finds out where a list is read: in a project, or in a workspace where projectID is nil.
	Place(ctx context.Context, workspaceID, projectID, viewer uuid.UUID) (Place, error)
}

// Writer changes tasks. Each call is one transaction: all its changes are made, with their activity, or none.
type Writer interface {
	// Apply makes the changes in their order. The first that fails is returned with its index.
	Apply(ctx context.Context, p auth.Principal, name string, changes []Change) ([]Result, error)
	// Move moves a task to another project. Errors: of m's functions; not_found; conflict where the tree is too large.
	Move(ctx context.Context, p auth.Principal, m Move) (Moved, error)
	// Moved is what an earlier move did, by the ids that it kept under its idempotency key, without the task.
	Moved(ctx context.Context, made []uuid.UUID) (Moved, error)
}

// RelationStore keeps how tasks relate to each other.
type RelationStore interface {
	// Relations lists up to limit of a task's relations behind after, oldest first, and where the next page starts.
	Relations(ctx context.Context, taskID, after uuid.UUID, limit int) ([]Relation, *uuid.UUID, error)
	// Relate makes a relation between two tasks of one workspace. decide is given the roles and whether a project is
	// archived, inside the transaction. Errors: validation_failed for an unknown other task, cycle, already_exists.
	Relate(ctx context.Context, p auth.Principal, taskID, other uuid.UUID, kind RelationType, decide func(Place) error) (Relation, error)
	// Relation returns a relation of the task: not_found.
	Relation(ctx context.Context, id, taskID uuid.UUID) (Relation, error)
	// Unrelate removes a relation.
	Unrelate(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Place) error) error
}

// Place is where tasks live, and what the viewer is there.
type Place struct {
	WorkspaceID uuid.UUID
	ProjectID   uuid.UUID // zero for a whole workspace
	ProjectKey  string
	Archived    bool
	Role        auth.Role
	Statuses    []StatusRef // of the project, in order; only where a task is created
}

// Membership is what the viewer is there.
func (p Place) Membership() auth.Membership {
	return auth.Membership{Workspace: p.WorkspaceID, Role: p.Role}
}

// Current is a task as it stands, locked.
type Current struct {
	Task
	Archived bool
	Role     auth.Role
}

// Membership is what the caller is in the task's workspace.
func (c Current) Membership() auth.Membership {
	return auth.Membership{Workspace: c.WorkspaceID, Role: c.Role}
}

// Op is a kind of change.
type Op string

// The kinds of changes.
const (
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
)

// Change is one change to make in a transaction. The function that belongs to Op is called inside it and decides: it
// authorises, merges and validates. References in what it returns (status, assignees, labels, parent) need only their
// ids; the writer resolves them, and answers validation_failed for those that point nowhere.
type Change struct {
	Op        Op
	ProjectID uuid.UUID                   // create
	TaskID    uuid.UUID                   // update, delete
	Create    func(Place) (Task, error)   // a task without id and number, perhaps at PositionEnd
	Update    func(Current) (Task, error) // the whole task as it shall be
	Delete    func(Current) error
	Checklist []string // create: the texts of the items that the task has from the start
}

// Result is what came of a change. Task is nil after a delete.
type Result struct {
	Op     Op
	TaskID uuid.UUID
	Task   *Task
}
