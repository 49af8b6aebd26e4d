package project

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// StatusInput is what a new status takes. Without a position it comes last.
type StatusInput struct {
	Name     string
	Category Category
	Position *int64
}

// StatusPatch is what changes of a status; nil leaves as it is. The category never changes.
type StatusPatch struct {
	// IfVersion accepts the versions that the client may have seen; nil disables the check.
	IfVersion cond.Versions
	Name      *string
	Position  *int64
}

// CreateStatus adds a status to a project. Takes the role admin.
// Errors: not_found, forbidden, insufficient_scope, project_archived, validation_failed (also with [MaxStatuses]
// there), already_exists when the name is taken.
func (s *Service) CreateStatus(ctx context.Context, p auth.Principal, project uuid.UUID, in StatusInput) (Status, error) {
	v, err := s.statuses.Create(ctx, p, project, func(parent Parent, have []Status) (Status, error) {
		if err := mayChange(p, parent, auth.StatusManage, "project"); err != nil {
			return Status{}, err
		}
		v := Status{ProjectID: project, Name: in.Name, Category: in.Category, Position: nextPosition(have)}
		set(&v.Position, in.Position)
		if err := v.Validate(); err != nil {
			return Status{}, err
		}
		if len(have) >= MaxStatuses {
			return Status{}, apperr.Invalid("", "too_many", "a project has at most %d statuses", MaxStatuses)
		}
		return v, nil
	})
	if made, again := idem.Earlier(err); again {
		if err := s.mayIn(ctx, p, project, auth.StatusManage); err != nil {
			return Status{}, err
		}
		v, _, err = s.statuses.Get(ctx, made[0], p.AccountID)
		return v, deletedSince(err, "status")
	}
	return v, err
}

// Status returns a status. Takes the role viewer. Errors: not_found, insufficient_scope.
func (s *Service) Status(ctx context.Context, p auth.Principal, id uuid.UUID) (Status, error) {
	v, in, err := s.statuses.Get(ctx, id, p.AccountID)
	if err != nil {
		return Status{}, err
	}
	if err := may(p, in, auth.StatusRead, "status"); err != nil {
		return Status{}, err
	}
	return v, nil
}

// Statuses returns a project's statuses in order, and where the next page starts. Takes the role viewer.
// Errors: not_found, insufficient_scope.
func (s *Service) Statuses(ctx context.Context, p auth.Principal, project uuid.UUID, page Page[StatusCursor]) ([]Status, *StatusCursor, error) {
	if err := s.mayIn(ctx, p, project, auth.StatusRead); err != nil {
		return nil, nil, err
	}
	return s.statuses.List(ctx, project, page)
}

// UpdateStatus renames or moves a status. Takes the role admin.
// Errors: not_found, forbidden, insufficient_scope, precondition_failed, project_archived, validation_failed,
// already_exists when the name is taken.
func (s *Service) UpdateStatus(ctx context.Context, p auth.Principal, id uuid.UUID, patch StatusPatch) (Status, error) {
	return s.statuses.Update(ctx, p, id, func(parent Parent, cur Status) (Status, error) {
		if err := mayChange(p, parent, auth.StatusManage, "status"); err != nil {
			return Status{}, err
		}
		if err := checkVersion(patch.IfVersion, cur.Version); err != nil {
			return Status{}, err
		}
		set(&cur.Name, patch.Name)
		set(&cur.Position, patch.Position)
		return cur, cur.Validate()
	})
}

// DeleteStatus removes a status that no task is in. Takes the role admin. seen accepts the versions that the client may have seen.
// Errors: not_found, forbidden, insufficient_scope, precondition_failed, project_archived, status_in_use, also for
// the last status of a project.
func (s *Service) DeleteStatus(ctx context.Context, p auth.Principal, id uuid.UUID, seen cond.Versions) error {
	return s.statuses.Delete(ctx, p, id, func(parent Parent, cur Status, use Usage) error {
		if err := mayChange(p, parent, auth.StatusManage, "status"); err != nil {
			return err
		}
		if err := checkVersion(seen, cur.Version); err != nil {
			return err
		}
		switch {
		case use.Tasks >= MaxCount:
			return apperr.New(apperr.StatusInUse, "%d tasks or more are in the status %q. Move them to another one first.", MaxCount, cur.Name)
		case use.Tasks > 0:
			return apperr.New(apperr.StatusInUse, "Tasks in the status %q: %d. Move them to another one first.", cur.Name, use.Tasks)
		case use.Statuses <= 1:
			return apperr.New(apperr.StatusInUse, "%q is the project's last status, and a project needs one. Create another one first.", cur.Name)
		}
		return nil
	})
}

// mayChange asks for permission to change what is below a project, then whether the project takes changes.
func mayChange(p auth.Principal, parent Parent, a auth.Action, object string) error {
	if err := may(p, parent.Membership(), a, object); err != nil {
		return err
	}
	return parent.Project.Writable()
}

// mayIn asks for permission in a project by its id.
func (s *Service) mayIn(ctx context.Context, p auth.Principal, project uuid.UUID, a auth.Action) error {
	_, in, err := s.projects.Get(ctx, project, p.AccountID)
	if err != nil {
		return err
	}
	return may(p, in, a, "project")
}
