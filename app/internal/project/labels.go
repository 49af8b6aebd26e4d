package project

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// LabelInput is what a new label takes.
type LabelInput struct {
	Name string
	// Color is #rrggbb; its case does not matter.
	Color string
}

// LabelPatch is what changes of a label; nil leaves as it is.
type LabelPatch struct {
	// IfVersion accepts the versions that the client may have seen; nil disables the check.
	IfVersion cond.Versions
	Name      *string
	Color     *string
}

// CreateLabel adds a label to a project. Takes the role member.
// Errors: not_found, forbidden, insufficient_scope, project_archived, validation_failed (also with [MaxLabels] there),
// already_exists when the name is taken; gone for a repetition whose label was deleted.
func (s *Service) CreateLabel(ctx context.Context, p auth.Principal, project uuid.UUID, in LabelInput) (Label, error) {
	v, err := s.labels.Create(ctx, p, project, func(parent Parent, have int) (Label, error) {
		if err := mayChange(p, parent, auth.LabelManage, "project"); err != nil {
			return Label{}, err
		}
		v := Label{ProjectID: project, Name: in.Name, Color: strings.ToLower(in.Color)}
		if err := v.Validate(); err != nil {
			return Label{}, err
		}
		if have >= MaxLabels {
			return Label{}, apperr.Invalid("", "too_many", "a project has at most %d labels", MaxLabels)
		}
		return v, nil
	})
	if made, again := idem.Earlier(err); again {
		if err := s.mayIn(ctx, p, project, auth.LabelManage); err != nil {
			return Label{}, err
		}
		v, _, err = s.labels.Get(ctx, made[0], p.AccountID)
		return v, deletedSince(err, "label")
	}
	return v, err
}

// Label returns a label. Takes the role viewer. Errors: not_found, insufficient_scope.
func (s *Service) Label(ctx context.Context, p auth.Principal, id uuid.UUID) (Label, error) {
	v, in, err := s.labels.Get(ctx, id, p.AccountID)
	if err != nil {
		return Label{}, err
	}
	if err := may(p, in, auth.LabelRead, "label"); err != nil {
		return Label{}, err
	}
	return v, nil
}

// Labels returns a project's labels by folded name, and where the next page starts. Takes the role viewer.
// Errors: not_found, insufficient_scope.
func (s *Service) Labels(ctx context.Context, p auth.Principal, project uuid.UUID, page Page[LabelCursor]) ([]Label, *LabelCursor, error) {
	if err := s.mayIn(ctx, p, project, auth.LabelRead); err != nil {
		return nil, nil, err
	}
	return s.labels.List(ctx, project, page)
}

// UpdateLabel changes a label. Takes the role member.
// Errors: not_found, forbidden, insufficient_scope, precondition_failed, project_archived, validation_failed,
// already_exists when the name is taken.
func (s *Service) UpdateLabel(ctx context.Context, p auth.Principal, id uuid.UUID, patch LabelPatch) (Label, error) {
	return s.labels.Update(ctx, p, id, func(parent Parent, cur Label) (Label, error) {
		if err := mayChange(p, parent, auth.LabelManage, "label"); err != nil {
			return Label{}, err
		}
		if err := checkVersion(patch.IfVersion, cur.Version); err != nil {
			return Label{}, err
		}
		set(&cur.Name, patch.Name)
		set(&cur.Color, patch.Color)
		cur.Color = strings.ToLower(cur.Color)
		return cur, cur.Validate()
	})
}

// DeleteLabel removes a label, from its tasks too, which is a change of each of them. Takes the role member.
// seen accepts the versions that the client may have seen.
// Errors: not_found, forbidden, insufficient_scope, precondition_failed, project_archived.
func (s *Service) DeleteLabel(ctx context.Context, p auth.Principal, id uuid.UUID, seen cond.Versions) error {
	return s.labels.Delete(ctx, p, id, func(parent Parent, cur Label) error {
		if err := mayChange(p, parent, auth.LabelManage, "label"); err != nil {
			return err
		}
		return checkVersion(seen, cur.Version)
	})
}
