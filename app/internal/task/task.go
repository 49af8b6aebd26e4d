package task

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/project"
)

// Limits of a task.
const (
	MaxTitle       = 500   // characters
	MaxDescription = 65536 // bytes
	MaxAssignees   = 20
	MaxLabels      = 50
	MaxSubtasks    = 100 // direct ones
	MaxEstimate    = 1_000_000
	MaxPosition    = 1<<53 - 1 // what every JSON reader can represent, both ways
	MaxVersion     = 1<<53 - 1
	// PositionEnd asks the writer to put a new task behind all others.
	PositionEnd = math.MinInt64
	// PositionGap lies between the default positions of neighbours: position = number × gap.
	PositionGap = 1 << 20
)

// EndPosition is the position of a new task with that number, behind those that kept theirs. From number 2^33 on it is
// MaxPosition, and tasks follow one another by creation.
func EndPosition(number int64) int64 {
	if number > MaxPosition/PositionGap {
		return MaxPosition
	}
	return number * PositionGap
}

// Priority is how urgent a task is.
type Priority string

// The priorities, from the least urgent.
const (
	PriorityNone   Priority = "none"
	PriorityLow    Priority = "low"
	PriorityMedium Priority = "medium"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// Priorities lists the priorities, the least urgent first.
func Priorities() []Priority {
	return []Priority{PriorityNone, PriorityLow, PriorityMedium, PriorityHigh, PriorityUrgent}
}

// Number is the priority as the database keeps and sorts it: 0 none to 4 urgent; -1 for an unknown one.
func (p Priority) Number() int { return slices.Index(Priorities(), p) }

// PriorityOf is the reverse of [Priority.Number].
func PriorityOf(number int) (Priority, error) {
	if number < 0 || number >= len(Priorities()) {
		return "", fmt.Errorf("priority number %d is not one of 0 to %d", number, len(Priorities())-1)
	}
	return Priorities()[number], nil
}

// Date is a day, YYYY-MM-DD, without a time zone.
type Date string

// NoDate is how the database writes that there is no due date, so that such tasks sort last.
const NoDate Date = "9999-12-31"

// Valid reports whether d is a real day before [NoDate].
func (d Date) Valid() bool {
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && t.Year() > 0 && d < NoDate
}

// Person names an account.
type Person struct {
	ID   uuid.UUID
	Name string
}

// StatusRef is the status of a task.
type StatusRef struct {
	ID       uuid.UUID
	Name     string
	Category project.Category
}

// LabelRef is a label on a task.
type LabelRef struct {
	ID    uuid.UUID
	Name  string
	Color string
	// Deleted labels are on a task only while it is changed, so that taking them off is part of the change.
	Deleted bool
}

// Task is a task with the names of what it refers to.
type Task struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	ProjectID   uuid.UUID
	ProjectKey  string
	Number      int64
	Title       string
	Description string
	Status      StatusRef
	Priority    Priority
	Assignees   []Person   // by name
	Labels      []LabelRef // by name
	ParentID    *uuid.UUID
	StartDate   *Date
	DueDate     *Date
	Estimate    *int64 // points
	Position    int64  // lower is earlier
	Checklist   ChecklistCount
	Author      Person
	CreatedAt   time.Time
	UpdatedAt   time.Time
	CompletedAt *time.Time // when it last came into a status of category done
	Version     int64
}

// Key is what people call the task: OPS-42.
func (t Task) Key() string { return fmt.Sprintf("%s-%d", t.ProjectKey, t.Number) }

// Settle sets CompletedAt after a change of status: now when the task has just come into a done status, nil when it is
// in none.
func (t *Task) Settle(before project.Category, now time.Time) {
	switch {
	case t.Status.Category != project.CategoryDone:
		t.CompletedAt = nil
	case before != project.CategoryDone || t.CompletedAt == nil:
		t.CompletedAt = &now
	}
}

// RelationType is how one task stands to another.
type RelationType string

// The types. Blocks and duplicates have a direction; relates_to is the same both ways.
const (
	Blocks     RelationType = "blocks"
	RelatesTo  RelationType = "relates_to"
	Duplicates RelationType = "duplicates"
)

// RelationTypes lists the types.
func RelationTypes() []RelationType { return []RelationType{Blocks, RelatesTo, Duplicates} }

// Number is the type as the database keeps it: 1 blocks, 2 relates_to, 3 duplicates; 0 for an unknown one.
func (t RelationType) Number() int { return slices.Index(RelationTypes(), t) + 1 }

// Relation is a relation as one of its two tasks sees it.
type Relation struct {
	ID   uuid.UUID
	Type RelationType
	// Inbound is true where the other task blocks or duplicates this one.
	Inbound   bool
	Other     Summary
	CreatedAt time.Time
}

// Summary is as much of a task as a reference to it shows.
type Summary struct {
	ID         uuid.UUID
	ProjectKey string
	Number     int64
	Title      string
	Status     StatusRef
}

// Key is what people call the task.
func (s Summary) Key() string { return fmt.Sprintf("%s-%d", s.ProjectKey, s.Number) }

// Stats counts a project's tasks.
type Stats struct {
	ByStatus []StatusCount // in the order of the statuses
	Weeks    []Week        // oldest first, the current one last
}

// StatusCount is how many tasks are in a status.
type StatusCount struct {
	Status StatusRef
	Count  int64
}

// Week is what happened in a week, which starts on a Monday, 00:00 UTC.
type Week struct {
	Monday    time.Time
	Created   int64
	Completed int64
}
