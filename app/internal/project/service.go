package project

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Service holds the rules of projects, statuses and labels. It is safe for concurrent use.
type Service struct {
	projects Store
	statuses StatusStore
	labels   LabelStore
}

// NewService returns a Service that keeps its objects in these stores.
func NewService(projects Store, statuses StatusStore, labels LabelStore) *Service {
	return &Service{projects: projects, statuses: statuses, labels: labels}
}

// CreateInput is what a new project takes.
type CreateInput struct {
	Key         string
	Name        string
	Description string
}

// Patch is what changes of a project; nil leaves as it is.
type Patch struct {
	// IfVersion accepts the versions that the client may have seen; nil disables the check.
	IfVersion   cond.Versions
	Name        *string
	Description *string
	Archived    *bool
}

// may asks for permission. Whoever has no role hears that the object of the address is not there.
func may(p auth.Principal, in auth.Membership, a auth.Action, object string) error {
	if !p.RoleIn(in).Valid() {
		return apperr.Missing(object)
	}
	return p.May(in, a)
}

// Create makes a project with the default statuses. Takes the role admin.
// Errors: not_found, forbidden, insufficient_scope, validation_failed, already_exists when the workspace has the key;
// gone for a repetition whose project was deleted.
func (s *Service) Create(ctx context.Context, p auth.Principal, workspace uuid.UUID, in CreateInput) (Project, error) {
	v, err := s.projects.Create(ctx, p, workspace, func(caller auth.Membership) (Project, []Status, error) {
		if err := may(p, caller, auth.ProjectCreate, "workspace"); err != nil {
			return Project{}, nil, err
		}
		v := Project{WorkspaceID: workspace, Key: in.Key, Name: in.Name, Description: in.Description}
		return v, DefaultStatuses(), v.Validate()
	})
	if made, again := idem.Earlier(err); again {
		return s.created(ctx, p, workspace, made[0])
	}
	return v, err
}

// created is what an earlier request with the same idempotency key made, for a caller who could make it now.
func (s *Service) created(ctx context.Context, p auth.Principal, workspace, id uuid.UUID) (Project, error) {
	in, err := s.projects.Member(ctx, workspace, p.AccountID)
	if err != nil {
		return Project{}, err
	}
	if err := may(p, in, auth.ProjectCreate, "workspace"); err != nil {
		return Project{}, err
	}
	v, _, err := s.projects.Get(ctx, id, p.AccountID)
	return v, deletedSince(err, "project")
}

// deletedSince is the failure of a repetition whose object is not there any more.
func deletedSince(err error, object string) error {
	if apperr.Is(err, apperr.NotFound) {
		return apperr.Deleted(object)
	}
	return err
}

// Get returns a project. Takes the role viewer. Errors: not_found, insufficient_scope.
func (s *Service) Get(ctx context.Context, p auth.Principal, id uuid.UUID) (Project, error) {
	v, in, err := s.projects.Get(ctx, id, p.AccountID)
	if err != nil {
		return Project{}, err
	}
	if err := may(p, in, auth.ProjectRead, "project"); err != nil {
		return Project{}, err
	}
	return v, nil
}

// List returns a workspace's projects, oldest first, and the id to go on after. Takes the role viewer.
// Errors: not_found without the workspace, insufficient_scope.
func (s *Service) List(ctx context.Context, p auth.Principal, workspace uuid.UUID, f Filter) ([]Project, *uuid.UUID, error) {
	in, err := s.projects.Member(ctx, workspace, p.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if err := may(p, in, auth.ProjectRead, "workspace"); err != nil {
		return nil, nil, err
	}
	return s.projects.List(ctx, workspace, f)
}

// Update changes a project, an archived one too. Takes the role admin.
// Errors: not_found, forbidden, insufficient_scope, precondition_failed, validation_failed.
func (s *Service) Update(ctx context.Context, p auth.Principal, id uuid.UUID, patch Patch) (Project, error) {
	return s.projects.Update(ctx, p, id, func(cur Project, in auth.Membership) (Project, error) {
		if err := may(p, in, auth.ProjectUpdate, "project"); err != nil {
			return Project{}, err
		}
		if err := checkVersion(patch.IfVersion, cur.Version); err != nil {
			return Project{}, err
		}
		set(&cur.Name, patch.Name)
		set(&cur.Description, patch.Description)
		set(&cur.Archived, patch.Archived)
		return cur, cur.Validate()
	})
}
