package task

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Relations lists up to limit of a task's relations behind after (zero: from the start), oldest first, and where the
// next page starts. Permission: relation.read. Errors: not_found, insufficient_scope, invalid_parameter.
func (s *Service) Relations(ctx context.Context, p auth.Principal, taskID, after uuid.UUID, limit int) ([]Relation, *uuid.UUID, error) {
	_, in, err := s.read.Get(ctx, taskID, p.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if err := p.May(in, auth.RelationRead); err != nil {
		return nil, nil, err
	}
	if limit < 1 || limit > MaxLimit {
		return nil, nil, parameter("limit", "out_of_range", "must be 1 to 100")
	}
	return s.relations.Relations(ctx, taskID, after, limit)
}

// Relate says that a task blocks, relates to or duplicates another of the same workspace. Permission: relation.manage.
// Errors: not_found, forbidden, insufficient_scope, validation_failed, cycle, already_exists, project_archived; gone for a
// repetition whose relation was deleted.
func (s *Service) Relate(ctx context.Context, p auth.Principal, taskID, other uuid.UUID, kind RelationType) (Relation, error) {
	r, err := s.relations.Relate(ctx, p, taskID, other, kind, func(place Place) error {
		if err := manageRelations(p, place); err != nil {
			return err
		}
		switch {
		case !slices.Contains(RelationTypes(), kind):
			return apperr.Invalid("/type", "invalid", "must be one of blocks, relates_to, duplicates")
		case taskID == other:
			return apperr.New(apperr.Cycle, "A task cannot be related to itself.")
		}
		return nil
	})
	if made, again := idem.Earlier(err); again {
		return s.related(ctx, p, taskID, made[0])
	}
	return r, err
}

// related is what an earlier request with the same idempotency key made, for a caller who could make it now.
func (s *Service) related(ctx context.Context, p auth.Principal, taskID, id uuid.UUID) (Relation, error) {
	_, in, err := s.read.Get(ctx, taskID, p.AccountID)
	if err != nil {
		return Relation{}, err
	}
	if err := p.May(in, auth.RelationManage); err != nil {
		return Relation{}, err
	}
	r, err := s.relations.Relation(ctx, id, taskID)
	if apperr.Is(err, apperr.NotFound) {
		return Relation{}, apperr.Deleted("relation")
	}
	return r, err
}

// Unrelate removes a relation. Permission: relation.manage. Errors: not_found, forbidden, insufficient_scope,
// project_archived.
func (s *Service) Unrelate(ctx context.Context, p auth.Principal, id uuid.UUID) error {
	return s.relations.Unrelate(ctx, p, id, func(place Place) error { return manageRelations(p, place) })
}

func manageRelations(p auth.Principal, place Place) error {
	if err := p.May(place.Membership(), auth.RelationManage); err != nil {
		return err
	}
	return writable(place.Archived)
}
