package task

import (
	"slices"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// CreateInput is what a client says of a new task. Everything but the title may be left out.
type CreateInput struct {
	Title       string
	Description string
	StatusID    *uuid.UUID // the project's first status where nil
	Priority    Priority   // none where empty
	AssigneeIDs []uuid.UUID
	LabelIDs    []uuid.UUID
	ParentID    *uuid.UUID
	StartDate   *Date
	DueDate     *Date
	Estimate    *int64
	Position    *int64   // the end where nil
	Checklist   []string // the texts of its items, none of which is done
}

// Patch is a merge patch (RFC 7396): what is nil or unspecified stays as it is; null removes.
type Patch struct {
	Title       *string
	Description *string
	StatusID    *uuid.UUID
	Priority    *Priority
	AssigneeIDs *[]uuid.UUID
	LabelIDs    *[]uuid.UUID
	ParentID    nullable.Nullable[uuid.UUID]
	StartDate   nullable.Nullable[Date]
	DueDate     nullable.Nullable[Date]
	Estimate    nullable.Nullable[int64]
	Position    *int64
}

// newTask makes a task of what a client said, with ids only where it refers to others.
func newTask(in CreateInput, place Place) (Task, error) {
	t := Task{
		WorkspaceID: place.WorkspaceID, ProjectID: place.ProjectID, ProjectKey: place.ProjectKey,
		Title: in.Title, Description: in.Description, Priority: in.Priority,
		Assignees: people(in.AssigneeIDs), Labels: labels(in.LabelIDs), ParentID: in.ParentID,
		StartDate: in.StartDate, DueDate: in.DueDate, Estimate: in.Estimate, Version: 1,
	}
	if t.Priority == "" {
		t.Priority = PriorityNone
	}
	if in.Position != nil {
		t.Position = *in.Position
	}
	var f apperr.Fields
	unique(&f, "/assignee_ids", in.AssigneeIDs)
	unique(&f, "/label_ids", in.LabelIDs)
	switch {
	case in.StatusID == nil:
		t.Status = place.Statuses[0] // a project always has one
	default:
		i := slices.IndexFunc(place.Statuses, func(s StatusRef) bool { return s.ID == *in.StatusID })
		if i < 0 {
			f.Add("/status_id", "not_found", "is not a status of this project")
		} else {
			t.Status = place.Statuses[i]
		}
	}
	t.validate(&f)
	t.Checklist.Total = len(in.Checklist)
	validateChecklist(&f, in.Checklist)
	if in.Position == nil {
		t.Position = PositionEnd
	}
	return t, f.Err()
}

// merge applies a patch to a copy of the task.
func (patch Patch) merge(cur Task) (Task, error) {
	t := cur
	var f apperr.Fields
	set(&t.Title, patch.Title)
	set(&t.Description, patch.Description)
	set(&t.Priority, patch.Priority)
	set(&t.Position, patch.Position)
	if patch.StatusID != nil && *patch.StatusID != cur.Status.ID {
		t.Status = StatusRef{ID: *patch.StatusID}
	}
	if patch.AssigneeIDs != nil {
		unique(&f, "/assignee_ids", *patch.AssigneeIDs)
		t.Assignees = keep(people(*patch.AssigneeIDs), cur.Assignees)
	}
	if patch.LabelIDs != nil {
		unique(&f, "/label_ids", *patch.LabelIDs)
		t.Labels = labels(*patch.LabelIDs)
	}
	setNullable(&t.ParentID, patch.ParentID)
	setNullable(&t.StartDate, patch.StartDate)
	setNullable(&t.DueDate, patch.DueDate)
	setNullable(&t.Estimate, patch.Estimate)
	if t.ParentID != nil && *t.ParentID == t.ID {
		return t, apperr.New(apperr.Cycle, "A task cannot be its own parent.")
	}
	t.validate(&f)
	return t, f.Err()
}

// keep gives people who are assigned already the names that they have, which marks them as known: whoever left the
// workspace may stay on the tasks that they had.
func keep(want, have []Person) []Person {
	for i, w := range want {
		if j := slices.IndexFunc(have, func(h Person) bool { return h.ID == w.ID }); j >= 0 {
			want[i] = have[j]
		}
	}
	return want
}

func (t *Task) validate(f *apperr.Fields) {
	apperr.Line(f, "/title", t.Title, 1, MaxTitle)
	apperr.Markdown(f, "/description", t.Description, 0, MaxDescription)
	if t.Priority.Number() < 0 {
		f.Add("/priority", "invalid", "must be one of none, low, medium, high, urgent")
	}
	if n := len(t.Assignees); n > MaxAssignees {
		f.Add("/assignee_ids", "too_many", "has %d accounts, at most %d are allowed", n, MaxAssignees)
	}
	if n := len(t.Labels); n > MaxLabels {
		f.Add("/label_ids", "too_many", "has %d labels, at most %d are allowed", n, MaxLabels)
	}
	if t.StartDate != nil && !t.StartDate.Valid() {
		f.Add("/start_date", "invalid", "must be a date, YYYY-MM-DD")
	}
	if t.DueDate != nil && !t.DueDate.Valid() {
		f.Add("/due_date", "invalid", "must be a date, YYYY-MM-DD, before 9999-12-31")
	}
	if t.StartDate != nil && t.DueDate != nil && *t.DueDate < *t.StartDate {
		f.Add("/due_date", "before_start", "must not be before start_date")
	}
	if t.Estimate != nil && (*t.Estimate < 0 || *t.Estimate > MaxEstimate) {
		f.Add("/estimate", "out_of_range", "must be 0 to %d", MaxEstimate)
	}
	if t.Position < -MaxPosition || t.Position > MaxPosition {
		f.Add("/position", "out_of_range", "must be between -%d and %[1]d", int64(MaxPosition))
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setNullable[T any](to **T, from nullable.Nullable[T]) {
	switch {
	case !from.IsSpecified():
	case from.IsNull():
		*to = nil
	default:
		v := from.MustGet()
		*to = &v
	}
}

// unique refuses lists that name something twice.
func unique(f *apperr.Fields, pointer string, ids []uuid.UUID) {
	seen := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			f.Add(pointer, "duplicate", "names %s twice", id)
			return
		}
		seen[id] = true
	}
}

func people(ids []uuid.UUID) []Person {
	out := make([]Person, len(ids))
	for i, id := range ids {
		out[i].ID = id
	}
	return out
}

func labels(ids []uuid.UUID) []LabelRef {
	out := make([]LabelRef, len(ids))
	for i, id := range ids {
		out[i].ID = id
	}
	return out
}
