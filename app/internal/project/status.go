package project

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// Status is a step of a project's workflow.
type Status struct {
	ID        uuid.UUID
	ProjectID uuid.UUID
	// Name is unique in the project, whatever the case.
	Name string
	// Category never changes: tasks are indexed by it.
	Category Category
	// Position orders a project's statuses, the lower first; equal ones by id.
	Position  int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Validate checks all that a client can set and names every fault at once: validation_failed.
func (v Status) Validate() error {
	var f apperr.Fields
	validateName(&f, v.Name, MaxStatusName)
	if !v.Category.Valid() {
		names := make([]string, 0, len(Categories()))
		for _, c := range Categories() {
			names = append(names, string(c))
		}
		f.Add("/category", "invalid_value", "must be one of %s", strings.Join(names, ", "))
	}
	if v.Position < -MaxPosition || v.Position > MaxPosition {
		f.Add("/position", "out_of_range", "must be between -%d and %[1]d", int64(MaxPosition))
	}
	return f.Err()
}

// DefaultStatuses are what a new project starts with, in order; ids and times are the store's to fill in.
func DefaultStatuses() []Status {
	return []Status{
		{Name: "Backlog", Category: CategoryBacklog, Position: 1 * PositionStep},
		{Name: "Todo", Category: CategoryTodo, Position: 2 * PositionStep},
		{Name: "In progress", Category: CategoryInProgress, Position: 3 * PositionStep},
		{Name: "Done", Category: CategoryDone, Position: 4 * PositionStep},
		{Name: "Cancelled", Category: CategoryCancelled, Position: 5 * PositionStep},
	}
}

// nextPosition is behind all of the statuses.
func nextPosition(statuses []Status) int64 {
	if len(statuses) == 0 {
		return PositionStep
	}
	last := slices.MaxFunc(statuses, func(a, b Status) int { return cmp.Compare(a.Position, b.Position) })
	return min(last.Position+PositionStep, MaxPosition)
}
