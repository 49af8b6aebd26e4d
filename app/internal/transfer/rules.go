package transfer

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// Every record obeys the rules that its domain has for what clients send, and those of its bookkeeping: ids, times, versions. What a
// record refers to is the importer's business.

// faults collects what is wrong with one record.
type faults struct{ apperr.Fields }

// domain adds what a domain's own Validate found.
func (f *faults) domain(err error) {
	if err != nil {
		f.Fields = append(f.Fields, apperr.From(err).Fields...)
	}
}

func (f *faults) id(pointer string, id uuid.UUID) {
	if id == uuid.Nil {
		f.Add(pointer, "required", "must be a UUID")
	}
}

// maxCount is where versions, task numbers and their counters may stand when they come in: half of what the API can show
// (2^53 - 1, which every JSON reader can represent). The other half is for counting on, and is never used up.
const maxCount = 1 << 52

// count checks a number that the API counts up.
func (f *faults) count(pointer string, n, least int64) {
	if n < least || n > maxCount {
		f.Add(pointer, "out_of_range", "must be %d to %d", least, int64(maxCount))
	}
}

// when checks a time and brings it to UTC.
func (f *faults) when(pointer string, t *time.Time) {
	switch *t = t.UTC(); {
	case t.Year() < 1970 || t.Year() > 9999:
		f.Add(pointer, "out_of_range", "must be a time from 1970 on")
	case t.Nanosecond()%1000 != 0:
		f.Add(pointer, "invalid_format", "must not be finer than microseconds")
	}
}

func (f *faults) whenPtr(pointer string, t *time.Time) {
	if t != nil {
		f.when(pointer, t)
	}
}

func (w *Workspace) check() error {
	var f faults
	f.id("/id", w.ID)
	apperr.Line(&f.Fields, "/name", w.Name, 1, project.MaxName)
	f.when("/created_at", &w.CreatedAt)
	f.when("/updated_at", &w.UpdatedAt)
	f.count("/version", w.Version, 1)
	return f.Err()
}

func (a *Account) check() error {
	var f faults
	f.id("/id", a.ID)
	if a.AccountKind == "" {
		a.AccountKind = account.KindPerson
	}
	switch person := a.AccountKind == account.KindPerson && !a.Deleted; {
	case a.AccountKind != account.KindPerson && a.AccountKind != account.KindService:
		f.Add("/kind", "invalid_value", "must be person or service")
	case person && !account.ValidEmail(string(a.Email)):
		f.Add("/email", "invalid_email", "must be an e-mail address")
	case !person && a.Email != "":
		f.Add("/email", "invalid_value", "must be null for a service account and for a deleted one")
	}
	a.Email = Address(account.CleanEmail(string(a.Email)))
	apperr.Line(&f.Fields, "/name", a.Name, 1, account.MaxNameLen)
	f.when("/created_at", &a.CreatedAt)
	f.when("/updated_at", &a.UpdatedAt)
	f.count("/version", a.Version, 1)
	return f.Err()
}

func (m *Member) check() error {
	var f faults
	if !auth.Role(m.Role).Valid() {
		f.Add("/role", "invalid_value", "must be one of viewer, member, admin, owner")
	}
	f.when("/joined_at", &m.JoinedAt)
	return f.Err()
}

func (p *Project) check() error {
	var f faults
	f.id("/id", p.ID)
	f.domain(project.Project{Key: p.Key, Name: p.Name, Description: p.Description}.Validate())
	f.count("/last_number", p.LastNumber, 0)
	f.when("/created_at", &p.CreatedAt)
	f.when("/updated_at", &p.UpdatedAt)
	f.count("/version", p.Version, 1)
	return f.Err()
}

func (s *Status) check() error {
	var f faults
	f.id("/id", s.ID)
	f.domain(project.Status{Name: s.Name, Category: s.Category, Position: s.Position}.Validate())
	f.when("/created_at", &s.CreatedAt)
	f.when("/updated_at", &s.UpdatedAt)
	f.count("/version", s.Version, 1)
	return f.Err()
}

func (l *Label) check() error {
	var f faults
	f.id("/id", l.ID)
	f.domain(project.Label{Name: l.Name, Color: l.Color}.Validate())
	f.when("/created_at", &l.CreatedAt)
	f.when("/updated_at", &l.UpdatedAt)
	f.count("/version", l.Version, 1)
	return f.Err()
}

func (t *Task) check() error {
	var f faults
	f.id("/id", t.ID)
	f.count("/number", t.Number, 1)
	v := task.Task{
		Title: t.Title, Description: t.Description, Priority: task.Priority(t.Priority),
		Assignees: make([]task.Person, len(t.AssigneeIDs)), Labels: make([]task.LabelRef, len(t.LabelIDs)),
		StartDate: (*task.Date)(t.StartDate), DueDate: (*task.Date)(t.DueDate), Estimate: t.Estimate, Position: t.Position,
	}
	f.domain(v.Validate())
	if t.ParentID != nil && *t.ParentID == t.ID {
		f.Add("/parent_id", "cycle", "must not be the task itself")
	}
	repeated(&f, "/assignee_ids", t.AssigneeIDs)
	repeated(&f, "/label_ids", t.LabelIDs)
	f.when("/created_at", &t.CreatedAt)
	f.when("/updated_at", &t.UpdatedAt)
	f.whenPtr("/completed_at", t.CompletedAt)
	if c := t.Checklist; c.Total < 0 || c.Total > task.MaxChecklist || c.Done < 0 || c.Done > c.Total {
		f.Add("/checklist", "out_of_range", "must count 0 to %d items, and no more of them done", task.MaxChecklist)
	}
	f.count("/version", t.Version, 1)
	return f.Err()
}

func (n *Number) check() error {
	var f faults
	f.count("/number", n.Number, 1)
	f.when("/created_at", &n.CreatedAt)
	return f.Err()
}

func (i *ChecklistItem) check() error {
	var f faults
	f.id("/id", i.ID)
	f.domain(task.ChecklistItem{Text: i.Text, Position: i.Position}.Validate())
	f.when("/created_at", &i.CreatedAt)
	f.when("/updated_at", &i.UpdatedAt)
	f.count("/version", i.Version, 1)
	return f.Err()
}

func repeated(f *faults, pointer string, ids []uuid.UUID) {
	seen := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			f.Add(pointer, "duplicate", "names %s twice", id)
			return
		}
		seen[id] = true
	}
}

func (c *Comment) check() error {
	var f faults
	f.id("/id", c.ID)
	apperr.Markdown(&f.Fields, "/body", c.Body, 1, comment.MaxBody)
	f.when("/created_at", &c.CreatedAt)
	f.when("/updated_at", &c.UpdatedAt)
	f.count("/version", c.Version, 1)
	return f.Err()
}

func (r *Revision) check() error {
	var f faults
	f.count("/version", r.Version, 1)
	apperr.Markdown(&f.Fields, "/body", r.Body, 1, comment.MaxBody)
	f.when("/created_at", &r.CreatedAt)
	return f.Err()
}

// maxSize is the largest attachment that an instance can be configured to take.
const maxSize = 1 << 50

func (a *Attachment) check() error {
	var f faults
	f.id("/id", a.ID)
	apperr.Line(&f.Fields, "/filename", a.Filename, 1, attachment.MaxFilename)
	if strings.ContainsAny(a.Filename, `/\`) {
		f.Add("/filename", "invalid_character", "must not contain / or \\")
	}
	if n := len(a.ContentType); n < 1 || n > 255 || strings.ContainsFunc(a.ContentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		f.Add("/content_type", "invalid_format", "must be 1 to 255 printable ASCII characters")
	}
	if a.Size < 1 || a.Size > maxSize {
		f.Add("/size", "out_of_range", "must be 1 to %d bytes", int64(maxSize))
	}
	if sum, err := attachment.ParseSum(a.SHA256); err != nil {
		f.Add("/sha256", "invalid_format", "%s", err)
	} else {
		a.SHA256 = sum.String()
	}
	f.when("/created_at", &a.CreatedAt)
	f.whenPtr("/confirmed_at", a.ConfirmedAt)
	f.when("/changed_at", &a.ChangedAt)
	return f.Err()
}

func (r *Relation) check() error {
	var f faults
	f.id("/id", r.ID)
	kind := task.RelationType(r.Relation)
	if kind.Number() == 0 {
		f.Add("/relation", "invalid_value", "must be one of blocks, relates_to, duplicates")
	}
	switch {
	case r.FromTask == r.ToTask:
		f.Add("/to_task", "cycle", "must be another task than from_task")
	case kind == task.RelatesTo && r.FromTask.String() > r.ToTask.String():
		f.Add("/from_task", "invalid_value", "must be the smaller of the two ids for relates_to")
	}
	f.when("/created_at", &r.CreatedAt)
	return f.Err()
}

// words are what an action and an entity's type are made of, as task.created.
var words = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)?$`)

func (a *Activity) check() error {
	var f faults
	f.id("/id", a.ID)
	if !words.MatchString(a.Action) || len(a.Action) > 40 {
		f.Add("/action", "invalid_format", "must be two words as in task.created, at most 40 characters")
	}
	if !words.MatchString(a.EntityType) || len(a.EntityType) > 20 {
		f.Add("/entity_type", "invalid_format", "must be a word as in task, at most 20 characters")
	}
	f.id("/entity_id", a.EntityID)
	apperr.Line(&f.Fields, "/token_name", a.TokenName, 0, account.MaxTokenNameLen)
	var changes []activity.Change
	if err := json.Unmarshal(a.Changes, &changes); err != nil || changes == nil {
		f.Add("/changes", "invalid_type", "must be a list of changes with field, from and to")
	}
	f.when("/created_at", &a.CreatedAt)
	return f.Err()
}
