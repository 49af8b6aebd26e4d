package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// MaxMoved is how many tasks a move takes along, the task itself included.
const MaxMoved = 500

// MoveInput says where a task moves.
type MoveInput struct {
	ProjectID uuid.UUID
	StatusID  *uuid.UUID   // found by name, else by category, where nil
	LabelIDs  *[]uuid.UUID // found by name where nil
	// LeaveSubtasks keeps the subtasks where they are, without their parent. Else they move along, at all levels.
	LeaveSubtasks bool
}

// Destination is the project that tasks move to.
type Destination struct {
	ProjectID  uuid.UUID
	ProjectKey string
	Archived   bool
	Statuses   []StatusRef // by category and position, as a new task gets the first of them
	Labels     []LabelRef
}

// Move is a move to make in a transaction. Its functions are called inside it, on locked tasks and projects.
type Move struct {
	TaskID, ProjectID uuid.UUID
	LeaveSubtasks     bool
	// Allow authorises the move. to is nil where the task's workspace has no such project, and has neither statuses nor
	// labels yet.
	Allow func(cur Current, to *Destination) error
	// Map gives one of the moving tasks as it shall be in the new project, but for its number, position and times, and the
	// names of the labels that it loses.
	Map func(t Task, to Destination) (Task, []string, error)
}

// Moved is what came of a move.
type Moved struct {
	Task     Task
	Tasks    int       // how many moved, the task included
	Unmapped []string  // names of labels that were lost, sorted
	Entry    uuid.UUID // of the activity that tells of it
}

// Move moves a task to another project of its workspace, with its subtasks unless they are to stay. Permission: task.move.
// Errors: not_found, forbidden, insufficient_scope, precondition_failed where want does not accept the task's version,
// project_archived, validation_failed, conflict where the task is in the project or more than [MaxMoved] tasks would move.
func (s *Service) Move(ctx context.Context, p auth.Principal, id uuid.UUID, in MoveInput, want cond.Versions) (Moved, error) {
	m, err := s.write.Move(ctx, p, Move{
		TaskID: id, ProjectID: in.ProjectID, LeaveSubtasks: in.LeaveSubtasks,
		Allow: func(cur Current, to *Destination) error {
			if err := allowed(p, cur, auth.TaskMove, want); err != nil {
				return err
			}
			if err := in.validate(); err != nil {
				return err
			}
			return enterable(cur, to)
		},
		Map: func(t Task, to Destination) (Task, []string, error) {
			if t.ID == id {
				return in.place(t, to)
			}
			return MoveInput{}.place(t, to)
		},
	})
	if made, again := idem.Earlier(err); again {
		return s.moved(ctx, p, id, made)
	}
	return m, err
}

// moved is what an earlier request with the same idempotency key did, with the task as it is now, for a caller who could
// move it now.
func (s *Service) moved(ctx context.Context, p auth.Principal, id uuid.UUID, made []uuid.UUID) (Moved, error) {
	t, role, err := s.read.Get(ctx, id, p.AccountID)
	if err != nil {
		return Moved{}, err
	}
	if err := p.May(role, auth.TaskMove); err != nil {
		return Moved{}, err
	}
	m, err := s.write.Moved(ctx, made)
	m.Task = t
	return m, err
}

// enterable tells why the task cannot move to the project, if so.
func enterable(cur Current, to *Destination) error {
	switch {
	case to == nil:
		return apperr.Invalid("/project_id", "not_found", "is not a project of this workspace")
	case to.Archived:
		return apperr.New(apperr.ProjectArchived,
			"The project %s is archived: no task can move there. Take it out of the archive first.", to.ProjectKey)
	case to.ProjectID == cur.ProjectID:
		return apperr.New(apperr.Conflict, "The task is in the project %s already, as %s.", to.ProjectKey, cur.Key())
	}
	return nil
}

// validate checks the input for itself.
func (in MoveInput) validate() error {
	var f apperr.Fields
	if in.LabelIDs != nil {
		if n := len(*in.LabelIDs); n > MaxLabels {
			f.Add("/label_ids", "too_many", "has %d labels, at most %d are allowed", n, MaxLabels)
		}
		unique(&f, "/label_ids", *in.LabelIDs)
	}
	return f.Err()
}

// place gives the task as it shall be in the new project, and the names of the labels that it loses.
func (in MoveInput) place(t Task, to Destination) (Task, []string, error) {
	var f apperr.Fields
	var lost []string
	if in.StatusID == nil {
		t.Status = counterpart(t.Status, to.Statuses)
	} else if i := slices.IndexFunc(to.Statuses, func(s StatusRef) bool { return s.ID == *in.StatusID }); i >= 0 {
		t.Status = to.Statuses[i]
	} else {
		f.Add("/status_id", "not_found", "is not a status of the project %s", to.ProjectKey)
	}
	if in.LabelIDs == nil {
		t.Labels, lost = counterparts(t.Labels, to.Labels)
	} else {
		t.Labels = labels(*in.LabelIDs)
		for i, l := range t.Labels {
			j := slices.IndexFunc(to.Labels, func(there LabelRef) bool { return there.ID == l.ID })
			if j < 0 {
				f.Add(fmt.Sprintf("/label_ids/%d", i), "not_found", "is not a label of the project %s", to.ProjectKey)
				continue
			}
			t.Labels[i] = to.Labels[j]
		}
	}
	t.ProjectID, t.ProjectKey = to.ProjectID, to.ProjectKey
	return t, lost, f.Err()
}

// counterpart is the status that a task in the given one gets in another project: that of the same name, else the first of
// the same category, else the first.
func counterpart(s StatusRef, there []StatusRef) StatusRef {
	if i := slices.IndexFunc(there, func(o StatusRef) bool { return project.Fold(o.Name) == project.Fold(s.Name) }); i >= 0 {
		return there[i]
	}
	if i := slices.IndexFunc(there, func(o StatusRef) bool { return o.Category == s.Category }); i >= 0 {
		return there[i]
	}
	return there[0] // a project always has one
}

// counterparts are the labels of another project that have the names of the given ones, and the names that none has.
// Deleted labels are lost without a word, since they would be taken off anyway.
func counterparts(have, there []LabelRef) (kept []LabelRef, lost []string) {
	byName := make(map[string]LabelRef, len(there))
	for _, l := range there {
		byName[project.Fold(l.Name)] = l
	}
	kept = []LabelRef{}
	for _, l := range have {
		switch same, ok := byName[project.Fold(l.Name)]; {
		case l.Deleted:
		case ok:
			kept = append(kept, same)
		default:
			lost = append(lost, l.Name)
		}
	}
	return kept, lost
}
