package comment

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Reader finds comments. Missing objects are not_found.
type Reader interface {
	// Place tells where a task's comments stand and the viewer's role there.
	Place(ctx context.Context, taskID, viewer uuid.UUID) (Place, error)
	// List returns a page of a task's comments, oldest first; next is nil on the last one.
	List(ctx context.Context, taskID uuid.UUID, page Page[uuid.UUID]) (items []Comment, next *uuid.UUID, err error)
	// Get returns a comment with its place.
	Get(ctx context.Context, id, viewer uuid.UUID) (Comment, Place, error)
	// Revisions returns a page of a comment's wordings, the present one as the last, by version; next is nil on the last
	// page.
	Revisions(ctx context.Context, id uuid.UUID, page Page[int64]) (items []Revision, next *int64, err error)
}

// Writer changes comments, each with its activity and the task's search document in one transaction. The closures
// decide on the rows as the transaction holds them; their errors come back as they are.
type Writer interface {
	Create(ctx context.Context, p auth.Principal, taskID uuid.UUID, body string, decide func(Place) error) (Comment, error)
	// Update keeps the old wording as a revision. A comment that decide returns unchanged is left as it is.
	Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Comment, Place) (Comment, error)) (Comment, error)
	// Delete removes the comment and its revisions.
	Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Comment, Place) error) error
}

// Store is what the service needs of the database.
type Store interface {
	Reader
	Writer
}

// Service holds the rules on comments.
type Service struct {
	store Store
}

// NewService returns a service on that store.
func NewService(store Store) *Service { return &Service{store: store} }

// List returns a page of a task's comments, oldest first, and where the next page goes on. It takes comment.read; a task
// that the caller may not see is not_found; a bad limit invalid_parameter.
func (s *Service) List(ctx context.Context, p auth.Principal, taskID uuid.UUID, page Page[uuid.UUID]) ([]Comment, *uuid.UUID, error) {
	at, err := s.store.Place(ctx, taskID, p.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if err := p.May(at.Membership(), auth.CommentRead); err != nil {
		return nil, nil, err
	}
	if err := page.validate(); err != nil {
		return nil, nil, err
	}
	return s.store.List(ctx, taskID, page)
}

// Create adds a comment to a task. It takes comment.create. Errors: validation_failed; not_found; project_archived; gone
// for a repetition whose comment was deleted.
func (s *Service) Create(ctx context.Context, p auth.Principal, taskID uuid.UUID, body string) (Comment, error) {
	c, err := s.store.Create(ctx, p, taskID, body, func(at Place) error {
		if err := p.May(at.Membership(), auth.CommentCreate); err != nil {
			return err
		}
		if err := validateBody(body); err != nil {
			return err
		}
		return at.open()
	})
	if made, again := idem.Earlier(err); again {
		return s.created(ctx, p, taskID, made[0])
	}
	return c, err
}

// created is what an earlier request with the same idempotency key made, for a caller who could make it now.
func (s *Service) created(ctx context.Context, p auth.Principal, taskID, id uuid.UUID) (Comment, error) {
	at, err := s.store.Place(ctx, taskID, p.AccountID)
	if err != nil {
		return Comment{}, err
	}
	if err := p.May(at.Membership(), auth.CommentCreate); err != nil {
		return Comment{}, err
	}
	c, _, err := s.store.Get(ctx, id, p.AccountID)
	if apperr.Is(err, apperr.NotFound) {
		return Comment{}, apperr.Deleted("comment")
	}
	return c, err
}

// Get returns a comment. It takes comment.read.
func (s *Service) Get(ctx context.Context, p auth.Principal, id uuid.UUID) (Comment, error) {
	c, at, err := s.store.Get(ctx, id, p.AccountID)
	if err != nil {
		return Comment{}, err
	}
	if err := p.May(at.Membership(), auth.CommentRead); err != nil {
		return Comment{}, err
	}
	return c, nil
}

// Update changes a comment's wording; the one before stays in its history. A text that is the same changes nothing. It
// takes comment.update, and is for the author alone. Errors: validation_failed; not_found; forbidden;
// precondition_failed; project_archived.
func (s *Service) Update(ctx context.Context, p auth.Principal, id uuid.UUID, patch Patch) (Comment, error) {
	return s.store.Update(ctx, p, id, func(cur Comment, at Place) (Comment, error) {
		if err := p.May(at.Membership(), auth.CommentUpdate); err != nil {
			return Comment{}, err
		}
		if cur.Author.ID != p.AccountID {
			return Comment{}, apperr.New(apperr.Forbidden, "Only its author may edit a comment.")
		}
		if err := cur.checkVersion(patch.IfVersion); err != nil {
			return Comment{}, err
		}
		if patch.Body != nil {
			if err := validateBody(*patch.Body); err != nil {
				return Comment{}, err
			}
			cur.Body = *patch.Body
		}
		return cur, at.open()
	})
}

// Delete removes a comment and its history. It takes comment.delete for one's own and comment.moderate for those of
// others. want must accept the comment's version. Errors: not_found; forbidden; precondition_failed;
// project_archived.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, want cond.Versions) error {
	return s.store.Delete(ctx, p, id, func(cur Comment, at Place) error {
		action := auth.CommentDelete
		if cur.Author.ID != p.AccountID {
			action = auth.CommentModerate
		}
		if err := p.May(at.Membership(), action); err != nil {
			return err
		}
		if err := cur.checkVersion(want); err != nil {
			return err
		}
		return at.open()
	})
}

// History returns a page of a comment's wordings, oldest first and the present one as the last, and the version behind
// which the next page goes on. It takes comment.read.
func (s *Service) History(ctx context.Context, p auth.Principal, id uuid.UUID, page Page[int64]) ([]Revision, *int64, error) {
	if _, err := s.Get(ctx, p, id); err != nil {
		return nil, nil, err
	}
	if err := page.validate(); err != nil {
		return nil, nil, err
	}
	return s.store.Revisions(ctx, id, page)
}
