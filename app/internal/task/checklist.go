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

// Limits of a checklist.
const (
	MaxChecklist     = 100 // items of a task
	MaxChecklistText = 500 // characters
)

// ChecklistCount is how many items a task's checklist has, and how many of them are done.
type ChecklistCount struct {
	Total int `json:"total"`
	Done  int `json:"done"`
}

// ChecklistItem is a step of a task that can be ticked off. Each change of an item is a change of its task.
type ChecklistItem struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	TaskID      uuid.UUID
	Text        string // one line
	Done        bool
	Position    int64 // lower is earlier, equal ones by id
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
}

// ItemInput is what a client says of a new item. Without a position it comes last.
type ItemInput struct {
	Text     string
	Done     bool
	Position *int64
}

// ItemPatch is what changes of an item; nil leaves as it is.
type ItemPatch struct {
	Text     *string
	Done     *bool
	Position *int64
}

// ItemCursor is the place of an item in its list.
type ItemCursor struct {
	Position int64     `json:"p"`
	ID       uuid.UUID `json:"i"`
}

// ItemPage asks for up to Limit items behind After, or from the start of the list. Eventual allows a response that lags.
type ItemPage struct {
	After    *ItemCursor
	Limit    int
	Eventual bool
}

// ChecklistStore keeps checklists. The functions are called inside the transaction on the locked task, and their errors
// come back as they are. Each change counts the task's version up and is in the task's activity.
type ChecklistStore interface {
	// Items returns a page of a task's checklist by position, and where the next page starts, nil at the end.
	Items(ctx context.Context, taskID uuid.UUID, page ItemPage) ([]ChecklistItem, *ItemCursor, error)
	// Item returns an item and what the viewer is in its workspace: not_found.
	Item(ctx context.Context, id, viewer uuid.UUID) (ChecklistItem, auth.Membership, error)
	// AddItem keeps what decide makes, perhaps at PositionEnd. Errors: of decide; not_found without the task.
	AddItem(ctx context.Context, p auth.Principal, taskID uuid.UUID, decide func(Current) (ChecklistItem, error)) (ChecklistItem, error)
	// ChangeItem keeps what decide makes of the item; one that it returns unchanged stays as it is, and so does the task.
	ChangeItem(
		ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Current, ChecklistItem) (ChecklistItem, error),
	) (ChecklistItem, error)
	// RemoveItem removes the item, and its texts from the activity.
	RemoveItem(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Current, ChecklistItem) error) error
}

// Checklist returns a page of a task's checklist. Permission: checklist.read. Errors: not_found, insufficient_scope,
// invalid_parameter.
func (s *Service) Checklist(ctx context.Context, p auth.Principal, taskID uuid.UUID, page ItemPage) ([]ChecklistItem, *ItemCursor, error) {
	_, in, err := s.read.Get(ctx, taskID, p.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if err := p.May(in, auth.ChecklistRead); err != nil {
		return nil, nil, err
	}
	if page.Limit < 1 || page.Limit > MaxLimit {
		return nil, nil, parameter("limit", "out_of_range", "must be 1 to 100")
	}
	return s.items.Items(ctx, taskID, page)
}

// ChecklistItem returns an item. Permission: checklist.read. Errors: not_found, insufficient_scope.
func (s *Service) ChecklistItem(ctx context.Context, p auth.Principal, id uuid.UUID) (ChecklistItem, error) {
	item, in, err := s.items.Item(ctx, id, p.AccountID)
	if err != nil {
		return ChecklistItem{}, err
	}
	if err := p.May(in, auth.ChecklistRead); err != nil {
		return ChecklistItem{}, err
	}
	return item, nil
}

// AddChecklistItem adds an item to a task's checklist. Permission: checklist.manage. Errors: not_found, forbidden,
// insufficient_scope, project_archived, validation_failed (also with [MaxChecklist] items there); gone for a repetition
// whose item was deleted.
func (s *Service) AddChecklistItem(ctx context.Context, p auth.Principal, taskID uuid.UUID, in ItemInput) (ChecklistItem, error) {
	item, err := s.items.AddItem(ctx, p, taskID, func(cur Current) (ChecklistItem, error) {
		if err := allowed(p, cur, auth.ChecklistManage, nil); err != nil {
			return ChecklistItem{}, err
		}
		item := ChecklistItem{Text: in.Text, Done: in.Done}
		set(&item.Position, in.Position)
		if err := item.Validate(); err != nil {
			return ChecklistItem{}, err
		}
		if in.Position == nil {
			item.Position = PositionEnd
		}
		if cur.Checklist.Total >= MaxChecklist {
			return ChecklistItem{}, apperr.Invalid("", "too_many", "a checklist has at most %d items", MaxChecklist)
		}
		return item, nil
	})
	if made, again := idem.Earlier(err); again {
		return s.addedItem(ctx, p, taskID, made[0])
	}
	return item, err
}

// addedItem is what an earlier request with the same idempotency key made, for a caller who could make it now.
func (s *Service) addedItem(ctx context.Context, p auth.Principal, taskID, id uuid.UUID) (ChecklistItem, error) {
	_, in, err := s.read.Get(ctx, taskID, p.AccountID)
	if err != nil {
		return ChecklistItem{}, err
	}
	if err := p.May(in, auth.ChecklistManage); err != nil {
		return ChecklistItem{}, err
	}
	item, _, err := s.items.Item(ctx, id, p.AccountID)
	if apperr.Is(err, apperr.NotFound) {
		return ChecklistItem{}, apperr.Deleted("checklist item")
	}
	return item, err
}

// UpdateChecklistItem merges a patch into an item. Permission: checklist.manage. Errors: those of
// [Service.AddChecklistItem]; precondition_failed where want does not accept the item's version.
func (s *Service) UpdateChecklistItem(
	ctx context.Context, p auth.Principal, id uuid.UUID, patch ItemPatch, want cond.Versions,
) (ChecklistItem, error) {
	return s.items.ChangeItem(ctx, p, id, func(cur Current, item ChecklistItem) (ChecklistItem, error) {
		if err := item.change(p, cur, want); err != nil {
			return ChecklistItem{}, err
		}
		set(&item.Text, patch.Text)
		set(&item.Done, patch.Done)
		set(&item.Position, patch.Position)
		return item, item.Validate()
	})
}

// DeleteChecklistItem removes an item. Permission: checklist.manage. Errors: not_found, forbidden, insufficient_scope,
// project_archived, precondition_failed.
func (s *Service) DeleteChecklistItem(ctx context.Context, p auth.Principal, id uuid.UUID, want cond.Versions) error {
	return s.items.RemoveItem(ctx, p, id, func(cur Current, item ChecklistItem) error { return item.change(p, cur, want) })
}

// change asks for permission to change an item of the task, and for the version that the caller has seen.
func (item ChecklistItem) change(p auth.Principal, cur Current, want cond.Versions) error {
	if err := allowed(p, cur, auth.ChecklistManage, nil); err != nil {
		return err
	}
	if !want.Accepts(item.Version) {
		return apperr.New(apperr.PreconditionFailed,
			"The checklist item was changed meanwhile: it is at version %d now. Read it again.", item.Version)
	}
	return nil
}

// Validate checks all that a client can set and names every fault at once: validation_failed.
func (item ChecklistItem) Validate() error {
	var f apperr.Fields
	apperr.Line(&f, "/text", item.Text, 1, MaxChecklistText)
	if item.Position < -MaxPosition || item.Position > MaxPosition {
		f.Add("/position", "out_of_range", "must be between -%d and %[1]d", int64(MaxPosition))
	}
	return f.Err()
}

// validateChecklist checks the texts that a new task's checklist starts with.
func validateChecklist(f *apperr.Fields, texts []string) {
	if n := len(texts); n > MaxChecklist {
		f.Add("/checklist", "too_many", "has %d items, at most %d are allowed", n, MaxChecklist)
		return
	}
	for i, text := range texts {
		apperr.Line(f, fmt.Sprintf("/checklist/%d", i), text, 1, MaxChecklistText)
	}
}
