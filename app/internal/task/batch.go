package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// MaxBatch is how many changes a batch may hold.
const MaxBatch = 100

// BatchItem is one change of a batch.
type BatchItem struct {
	Op        Op
	ProjectID uuid.UUID   // create
	Create    CreateInput // create
	TaskID    uuid.UUID   // update, delete
	Patch     Patch       // update
	IfVersion *int64      // update, delete
}

// Batch makes up to 100 changes within one workspace, all or none. Permission: that of each change; a task or project of
// another workspace is not found. The failure is that of the first change that fails, with pointers below /changes/N.
func (s *Service) Batch(ctx context.Context, p auth.Principal, workspaceID uuid.UUID, items []BatchItem) ([]Result, error) {
	place, err := s.read.Place(ctx, workspaceID, uuid.Nil, p.AccountID)
	if err != nil {
		return nil, err
	}
	for _, action := range []auth.Action{auth.TaskCreate, auth.TaskUpdate, auth.TaskDelete} {
		if err := p.May(place.Membership(), action); err != nil {
			return nil, err
		}
	}
	if len(items) == 0 || len(items) > MaxBatch {
		return nil, apperr.Invalid("/changes", "out_of_range", "must hold 1 to %d changes", MaxBatch)
	}
	changes := make([]Change, 0, len(items))
	for i, item := range items {
		switch item.Op {
		case OpCreate:
			changes = append(changes, createChange(p, item.ProjectID, item.Create))
		case OpUpdate:
			changes = append(changes, updateChange(p, item.TaskID, item.Patch, cond.Optional(item.IfVersion)))
		case OpDelete:
			changes = append(changes, deleteChange(p, item.TaskID, cond.Optional(item.IfVersion)))
		default:
			return nil, apperr.Invalid(fmt.Sprintf("/changes/%d/op", i), "invalid", "must be create, update or delete")
		}
		changes[i] = within(workspaceID, changes[i])
	}
	results, err := s.write.Apply(ctx, p, "task.batch", changes)
	if made, again := idem.Earlier(err); again {
		return s.changed(ctx, p, items, made)
	}
	return results, atPointer(err)
}

// changed is what an earlier request with the same idempotency key did, as the tasks are now; those that were deleted
// since have none.
func (s *Service) changed(ctx context.Context, p auth.Principal, items []BatchItem, ids []uuid.UUID) ([]Result, error) {
	if len(ids) != len(items) {
		return nil, fmt.Errorf("task: a batch of %d changes was kept with %d tasks", len(items), len(ids))
	}
	results := make([]Result, len(items))
	for i, item := range items {
		results[i] = Result{Op: item.Op, TaskID: ids[i]}
		if item.Op == OpDelete {
			continue
		}
		t, _, err := s.read.Get(ctx, ids[i], p.AccountID)
		if apperr.Is(err, apperr.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		results[i].Task = &t
	}
	return results, nil
}

// within hides whatever does not belong to the workspace.
func within(workspaceID uuid.UUID, c Change) Change {
	create, update, remove := c.Create, c.Update, c.Delete
	c.Create = func(place Place) (Task, error) {
		if place.WorkspaceID != workspaceID {
			return Task{}, apperr.Missing("project")
		}
		return create(place)
	}
	c.Update = func(cur Current) (Task, error) {
		if cur.WorkspaceID != workspaceID {
			return Task{}, apperr.Missing("task")
		}
		return update(cur)
	}
	c.Delete = func(cur Current) error {
		if cur.WorkspaceID != workspaceID {
			return apperr.Missing("task")
		}
		return remove(cur)
	}
	return c
}

// atIndex drops the index from the failure of a single change.
func atIndex(err error) error {
	var at *IndexError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// atPointer turns the index of a batch's failure into pointers into the request.
func atPointer(err error) error {
	var at *IndexError
	if !errors.As(err, &at) {
		return err
	}
	prefix := fmt.Sprintf("/changes/%d", at.Index)
	e := *apperr.From(at.Err)
	fields := make([]apperr.Field, 0, len(e.Fields)+1)
	for _, f := range e.Fields {
		f.Pointer = prefix + "/task" + f.Pointer
		fields = append(fields, f)
	}
	if len(fields) == 0 {
		fields = append(fields, apperr.Field{Pointer: prefix, Code: string(e.Code), Message: e.Message})
	}
	e.Fields = fields
	return &e
}
