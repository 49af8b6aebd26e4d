package task

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// Limits of a list.
const (
	DefaultLimit = 50
	MaxLimit     = 100
	maxQueryText = 4 * 200 // bytes: 200 characters, the contract's bound
	maxAnyOf     = 50      // values of one filter
)

// SortField is what a list can be sorted by.
type SortField string

// The sort fields. Position exists within one project only.
const (
	SortCreated  SortField = "created_at"
	SortUpdated  SortField = "updated_at"
	SortPriority SortField = "priority"
	SortDue      SortField = "due_date"
	SortPosition SortField = "position"
)

// SortFields lists the sort fields.
func SortFields() []SortField {
	return []SortField{SortCreated, SortUpdated, SortPriority, SortDue, SortPosition}
}

// Sort is an order; ties are broken by id in the same direction, so that it is total. Tasks without a due date come
// after all others when due dates ascend, and first when they descend.
type Sort struct {
	Field SortField
	Desc  bool
}

// ParseSort reads `field` or `-field`; empty means the newest first.
func ParseSort(s string) (Sort, error) {
	if s == "" {
		return Sort{SortCreated, true}, nil
	}
	field, desc := strings.CutPrefix(s, "-")
	if !slices.Contains(SortFields(), SortField(field)) {
		return Sort{}, parameter("sort", "invalid", "must be one of created_at, updated_at, priority, due_date, position, with - before it to descend")
	}
	return Sort{SortField(field), desc}, nil
}

// Cursor is the last row of a page: the value that it sorts by, as text, and its id.
type Cursor struct {
	Key string    `json:"k,omitempty"`
	ID  uuid.UUID `json:"i"`
}

// Query says which tasks to list. All that is set must hold; a filter with several values holds if one of them does.
type Query struct {
	WorkspaceID  uuid.UUID
	ProjectID    uuid.UUID // zero: all projects
	Text         string    // words, all of which must occur as prefixes in title, description or comments
	StatusIDs    []uuid.UUID
	Categories   []project.Category
	Priorities   []Priority
	Assignee     *uuid.UUID
	Label        *uuid.UUID
	Parent       *uuid.UUID
	DueBefore    *Date
	DueAfter     *Date
	UpdatedAfter *time.Time
	Sort         Sort
	After        *Cursor
	Limit        int
	// Eventual allows an answer from a replica that may lag behind.
	Eventual bool
}

// Validate checks the query for itself; Limit and Sort get their defaults. Errors: invalid_parameter.
func (q *Query) Validate() error {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Sort.Field == "" {
		q.Sort = Sort{SortCreated, true}
	}
	switch {
	case q.Limit < 1 || q.Limit > MaxLimit:
		return parameter("limit", "out_of_range", "must be 1 to 100")
	case q.Sort.Field == SortPosition && q.ProjectID == uuid.Nil:
		return parameter("sort", "invalid", "position is an order within one project: add project, or list the project's tasks")
	case len(q.Text) > maxQueryText || !utf8.ValidString(q.Text):
		return parameter("q", "too_long", "must be valid UTF-8 of at most 200 characters")
	case len(q.StatusIDs) > maxAnyOf || len(q.Categories) > maxAnyOf || len(q.Priorities) > maxAnyOf:
		return parameter("status", "too_many", "at most 50 values are allowed for status, category and priority")
	case q.DueBefore != nil && !q.DueBefore.Valid():
		return parameter("due_before", "invalid", "must be a date, YYYY-MM-DD")
	case q.DueAfter != nil && !q.DueAfter.Valid():
		return parameter("due_after", "invalid", "must be a date, YYYY-MM-DD")
	}
	for _, c := range q.Categories {
		if !c.Valid() {
			return parameter("category", "invalid", "must be one of backlog, todo, in_progress, done, cancelled")
		}
	}
	for _, p := range q.Priorities {
		if p.Number() < 0 {
			return parameter("priority", "invalid", "must be one of none, low, medium, high, urgent")
		}
	}
	return nil
}

func parameter(name, code, message string) error {
	return &apperr.Error{
		Code: apperr.InvalidParameter, Message: "A query parameter is not valid.",
		Fields: []apperr.Field{{Pointer: name, Code: code, Message: message}},
	}
}
