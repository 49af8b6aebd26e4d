package task

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Service is what can be done with tasks.
type Service struct {
	read      Reader
	write     Writer
	relations RelationStore
	items     ChecklistStore
	now       func() time.Time
}

// NewService returns a service on a store; now is the clock by which weeks are counted.
func NewService(read Reader, write Writer, relations RelationStore, items ChecklistStore, now func() time.Time) *Service {
	return &Service{read: read, write: write, relations: relations, items: items, now: now}
}

// Get returns a task. Permission: task.read. Errors: not_found, insufficient_scope.
func (s *Service) Get(ctx context.Context, p auth.Principal, id uuid.UUID) (Task, error) {
	t, in, err := s.read.Get(ctx, id, p.AccountID)
	return seen(t, in, err, p)
}

// GetByNumber returns a project's task by its number, or a task that had that number there before it was moved to another
// project. Permission and errors as [Service.Get].
func (s *Service) GetByNumber(ctx context.Context, p auth.Principal, projectID uuid.UUID, number int64) (Task, error) {
	t, in, err := s.read.GetByNumber(ctx, projectID, number, p.AccountID)
	return seen(t, in, err, p)
}

func seen(t Task, in auth.Membership, err error, p auth.Principal) (Task, error) {
	if err == nil {
		err = p.May(in, auth.TaskRead)
	}
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

// List returns a page of a workspace's tasks, or of one project's where q.WorkspaceID is zero. Permission: task.read.
// Errors: not_found, insufficient_scope, invalid_parameter.
func (s *Service) List(ctx context.Context, p auth.Principal, q Query) ([]Task, *Cursor, error) {
	var place Place
	var err error
	if q.WorkspaceID == uuid.Nil {
		place, err = s.read.Place(ctx, uuid.Nil, q.ProjectID, p.AccountID)
	} else {
		place, err = s.read.Place(ctx, q.WorkspaceID, uuid.Nil, p.AccountID)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := p.May(place.Membership(), auth.TaskRead); err != nil {
		return nil, nil, err
	}
	q.WorkspaceID = place.WorkspaceID
	if err := q.Validate(); err != nil {
		return nil, nil, err
	}
	return s.read.List(ctx, q)
}

// Create makes a task. Permission: task.create. Errors: not_found, forbidden, insufficient_scope, validation_failed,
// project_archived; gone for a repetition whose task was deleted.
func (s *Service) Create(ctx context.Context, p auth.Principal, projectID uuid.UUID, in CreateInput) (Task, error) {
	t, err := s.single(ctx, p, "task.create", createChange(p, projectID, in))
	if made, again := idem.Earlier(err); again {
		return s.created(ctx, p, projectID, made[0])
	}
	return t, err
}

// created is what an earlier request with the same idempotency key made, for a caller who could make it now.
func (s *Service) created(ctx context.Context, p auth.Principal, projectID, id uuid.UUID) (Task, error) {
	place, err := s.read.Place(ctx, uuid.Nil, projectID, p.AccountID)
	if err != nil {
		return Task{}, err
	}
	if err := p.May(place.Membership(), auth.TaskCreate); err != nil {
		return Task{}, err
	}
	t, _, err := s.read.Get(ctx, id, p.AccountID)
	if apperr.Is(err, apperr.NotFound) {
		return Task{}, apperr.Deleted("task")
	}
	return t, err
}

// Update merges a patch into a task. Permission: task.update. Errors: those of [Service.Create], precondition_failed
// where want does not accept the task's version, cycle.
func (s *Service) Update(ctx context.Context, p auth.Principal, id uuid.UUID, patch Patch, want cond.Versions) (Task, error) {
	return s.single(ctx, p, "task.update", updateChange(p, id, patch, want))
}

// Delete removes a task with its checklist, comments, relations and attachments; its subtasks lose their parent. Permission:
// task.delete. Errors: not_found, forbidden, insufficient_scope, precondition_failed, project_archived.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, want cond.Versions) error {
	_, err := s.write.Apply(ctx, p, "task.delete", []Change{deleteChange(p, id, want)})
	return atIndex(err)
}

func (s *Service) single(ctx context.Context, p auth.Principal, name string, c Change) (Task, error) {
	results, err := s.write.Apply(ctx, p, name, []Change{c})
	if err != nil {
		return Task{}, atIndex(err)
	}
	return *results[0].Task, nil
}

// IndexError says which change of a batch failed.
type IndexError struct {
	Index int
	Err   error
}

// Error implements error.
func (e *IndexError) Error() string { return fmt.Sprintf("change %d: %v", e.Index, e.Err) }

// Unwrap gives the failure itself.
func (e *IndexError) Unwrap() error { return e.Err }

func createChange(p auth.Principal, projectID uuid.UUID, in CreateInput) Change {
	return Change{Op: OpCreate, ProjectID: projectID, Checklist: in.Checklist, Create: func(place Place) (Task, error) {
		if err := p.May(place.Membership(), auth.TaskCreate); err != nil {
			return Task{}, err
		}
		if err := writable(place.Archived); err != nil {
			return Task{}, err
		}
		t, err := newTask(in, place)
		t.Author = Person{ID: p.AccountID, Name: p.Name}
		return t, err
	}}
}

func updateChange(p auth.Principal, id uuid.UUID, patch Patch, want cond.Versions) Change {
	return Change{Op: OpUpdate, TaskID: id, Update: func(cur Current) (Task, error) {
		if err := allowed(p, cur, auth.TaskUpdate, want); err != nil {
			return Task{}, err
		}
		return patch.merge(cur.Task)
	}}
}

func deleteChange(p auth.Principal, id uuid.UUID, want cond.Versions) Change {
	return Change{Op: OpDelete, TaskID: id, Delete: func(cur Current) error {
		return allowed(p, cur, auth.TaskDelete, want)
	}}
}

func allowed(p auth.Principal, cur Current, a auth.Action, want cond.Versions) error {
	if err := p.May(cur.Membership(), a); err != nil {
		return err
	}
	if err := writable(cur.Archived); err != nil {
		return err
	}
	if !want.Accepts(cur.Version) {
		return apperr.New(apperr.PreconditionFailed, "The task was changed meanwhile: it is at version %d now. Read it again.", cur.Version)
	}
	return nil
}

func writable(archived bool) error {
	if archived {
		return apperr.New(apperr.ProjectArchived, "The project is archived. Take it out of the archive to change what is in it.")
	}
	return nil
}

// maxWeeks is two years.
const maxWeeks = 104

// Stats counts a project's tasks by status and by week, this week and the weeks-1 before it. Permission:
// statistics.read. Errors: not_found, insufficient_scope, invalid_parameter.
func (s *Service) Stats(ctx context.Context, p auth.Principal, projectID uuid.UUID, weeks int) (Stats, error) {
	place, err := s.read.Place(ctx, uuid.Nil, projectID, p.AccountID)
	if err != nil {
		return Stats{}, err
	}
	if err := p.May(place.Membership(), auth.StatsRead); err != nil {
		return Stats{}, err
	}
	if weeks < 1 || weeks > maxWeeks {
		return Stats{}, parameter("weeks", "out_of_range", "must be 1 to 104")
	}
	return s.read.Stats(ctx, projectID, monday(s.now()).AddDate(0, 0, -7*(weeks-1)), weeks)
}

// monday is the start of t's week, in UTC.
func monday(t time.Time) time.Time {
	t = t.UTC()
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, time.UTC)
}
