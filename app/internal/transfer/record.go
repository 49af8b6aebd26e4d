package transfer

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// Format and Version stand in the header of every file. A reader refuses versions that it does not know.
const (
	Format  = "tasktracker.workspace"
	Version = 1
)

// Record is one line: a pointer to one of the types below.
type Record interface {
	// Kind is the line's "type".
	Kind() string
}

// Header is the first line.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// Workspace is the second line.
type Workspace struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Account is a person or a program whom other lines name by id.
type Account struct {
	ID uuid.UUID `json:"id"`
	// Email is that of a person; service accounts and those that were deleted have none.
	Email Address `json:"email"`
	Name  string  `json:"name"`
	// AccountKind is person, also where it is left out, or service.
	AccountKind account.AccountKind `json:"kind"`
	// Deleted accounts are only names: they are no members, and nobody becomes one of them.
	Deleted   bool      `json:"deleted,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Address is an e-mail address, null in the file where it is empty.
type Address string

// MarshalJSON implements json.Marshaler.
func (a Address) MarshalJSON() ([]byte, error) {
	if a == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(a))
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Address) UnmarshalJSON(b []byte) error {
	var s *string
	err := json.Unmarshal(b, &s)
	if *a = ""; s != nil {
		*a = Address(*s)
	}
	return err
}

// Member is an account's role in the workspace.
type Member struct {
	AccountID uuid.UUID `json:"account_id"`
	Role      string    `json:"role"`
	JoinedAt  time.Time `json:"joined_at"`

	WorkspaceID uuid.UUID `json:"-"`
}

// Project is a project with the last task number that it gave out.
type Project struct {
	ID          uuid.UUID `json:"id"`
	Key         string    `json:"key"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Archived    bool      `json:"archived"`
	LastNumber  int64     `json:"last_number"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`

	WorkspaceID uuid.UUID `json:"-"`
}

// Status is a step of a project's workflow.
type Status struct {
	ID        uuid.UUID        `json:"id"`
	ProjectID uuid.UUID        `json:"project_id"`
	Name      string           `json:"name"`
	Category  project.Category `json:"category"`
	Position  int64            `json:"position"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
	Version   int64            `json:"version"`
}

// Label is a project's label.
type Label struct {
	ID        uuid.UUID `json:"id"`
	ProjectID uuid.UUID `json:"project_id"`
	Name      string    `json:"name"`
	Color     string    `json:"color"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Task is a task with the accounts and labels on it.
type Task struct {
	ID          uuid.UUID   `json:"id"`
	ProjectID   uuid.UUID   `json:"project_id"`
	Number      int64       `json:"number"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	StatusID    uuid.UUID   `json:"status_id"`
	Priority    string      `json:"priority"`
	ParentID    *uuid.UUID  `json:"parent_id"`
	StartDate   *string     `json:"start_date"`
	DueDate     *string     `json:"due_date"`
	Estimate    *int64      `json:"estimate"`
	Position    int64       `json:"position"`
	AuthorID    uuid.UUID   `json:"author_id"`
	AssigneeIDs []uuid.UUID `json:"assignee_ids"`
	LabelIDs    []uuid.UUID `json:"label_ids"`
	CreatedAt   time.Time   `json:"created_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	CompletedAt *time.Time  `json:"completed_at"`
	Checklist   Checklist   `json:"checklist,omitzero"`
	Version     int64       `json:"version"`

	WorkspaceID uuid.UUID        `json:"-"`
	Category    project.Category `json:"-"` // the status's
	// ParentBefore says that the parent was added before, so that the task can be written with it.
	ParentBefore bool `json:"-"`
}

// Checklist counts the items that follow a task line.
type Checklist struct {
	Total int `json:"total"`
	Done  int `json:"done"`
}

// Number is a number that the task line before it had in a project that it was in before.
type Number struct {
	TaskID    uuid.UUID `json:"task_id"`
	ProjectID uuid.UUID `json:"project_id"`
	Number    int64     `json:"number"`
	CreatedAt time.Time `json:"created_at"` // when the task left the project

	WorkspaceID uuid.UUID `json:"-"`
}

// ChecklistItem is of the checklist of the task line before it.
type ChecklistItem struct {
	ID        uuid.UUID `json:"id"`
	TaskID    uuid.UUID `json:"task_id"`
	Text      string    `json:"text"`
	Done      bool      `json:"done"`
	Position  int64     `json:"position"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`

	WorkspaceID uuid.UUID `json:"-"`
}

// Comment stands on the task line before it.
type Comment struct {
	ID        uuid.UUID `json:"id"`
	TaskID    uuid.UUID `json:"task_id"`
	AuthorID  uuid.UUID `json:"author_id"`
	Body      string    `json:"body"`
	Edited    bool      `json:"edited"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`

	WorkspaceID uuid.UUID `json:"-"`
}

// Revision is what the comment line before it said in an earlier version.
type Revision struct {
	CommentID uuid.UUID `json:"comment_id"`
	Version   int64     `json:"version"`
	Body      string    `json:"body"`
	EditedBy  uuid.UUID `json:"edited_by"`
	CreatedAt time.Time `json:"created_at"`
}

// Attachment stands on the task line before it; its bytes follow as [Data].
type Attachment struct {
	ID          uuid.UUID  `json:"id"`
	TaskID      uuid.UUID  `json:"task_id"`
	AuthorID    uuid.UUID  `json:"author_id"`
	Filename    string     `json:"filename"`
	ContentType string     `json:"content_type"`
	Size        int64      `json:"size"`
	SHA256      string     `json:"sha256"`
	CreatedAt   time.Time  `json:"created_at"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
	ChangedAt   time.Time  `json:"changed_at"`

	WorkspaceID uuid.UUID `json:"-"`
	BlobKey     string    `json:"-"` // where its bytes are on this instance; each import makes its own
}

// ChunkSize is how many bytes of an attachment a line carries at most.
const ChunkSize = 256 << 10

// Data is a piece of the attachment before it.
type Data struct {
	AttachmentID uuid.UUID `json:"attachment_id"`
	Data         []byte    `json:"data"` // base64 in JSON
}

// Relation joins two tasks: `from` blocks, relates_to or duplicates `to`.
type Relation struct {
	ID        uuid.UUID `json:"id"`
	Relation  string    `json:"relation"`
	FromTask  uuid.UUID `json:"from_task"`
	ToTask    uuid.UUID `json:"to_task"`
	CreatedBy uuid.UUID `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`

	WorkspaceID uuid.UUID `json:"-"`
}

// Activity is an entry of the change log. What it tells of may be gone.
type Activity struct {
	ID         uuid.UUID       `json:"id"`
	ProjectID  *uuid.UUID      `json:"project_id"`
	TaskID     *uuid.UUID      `json:"task_id"`
	ActorID    uuid.UUID       `json:"actor_id"`
	TokenID    *uuid.UUID      `json:"token_id"`
	TokenName  string          `json:"token_name"`
	Action     string          `json:"action"`
	EntityType string          `json:"entity_type"`
	EntityID   uuid.UUID       `json:"entity_id"`
	Changes    json.RawMessage `json:"changes"`
	CreatedAt  time.Time       `json:"created_at"`

	WorkspaceID uuid.UUID `json:"-"`
}

// Trailer is the last line.
type Trailer struct {
	// Counts tells how many lines of each type there are; types without a line are left out.
	Counts map[string]int64 `json:"counts"`
	// SHA256 is of all bytes before the trailer, in hex.
	SHA256 string `json:"sha256"`
}

// Kind implements [Record].
func (*Header) Kind() string { return "header" }

// Kind implements [Record].
func (*Workspace) Kind() string { return "workspace" }

// Kind implements [Record].
func (*Account) Kind() string { return "account" }

// Kind implements [Record].
func (*Member) Kind() string { return "member" }

// Kind implements [Record].
func (*Project) Kind() string { return "project" }

// Kind implements [Record].
func (*Status) Kind() string { return "status" }

// Kind implements [Record].
func (*Label) Kind() string { return "label" }

// Kind implements [Record].
func (*Task) Kind() string { return "task" }

// Kind implements [Record].
func (*Number) Kind() string { return "task_number" }

// Kind implements [Record].
func (*ChecklistItem) Kind() string { return "checklist_item" }

// Kind implements [Record].
func (*Comment) Kind() string { return "comment" }

// Kind implements [Record].
func (*Revision) Kind() string { return "comment_revision" }

// Kind implements [Record].
func (*Attachment) Kind() string { return "attachment" }

// Kind implements [Record].
func (*Data) Kind() string { return "attachment_data" }

// Kind implements [Record].
func (*Relation) Kind() string { return "relation" }

// Kind implements [Record].
func (*Activity) Kind() string { return "activity" }

// Kind implements [Record].
func (*Trailer) Kind() string { return "trailer" }

// newRecord returns an empty record of that type, or nil for an unknown one.
func newRecord(kind string) Record {
	for _, r := range []Record{
		&Header{}, &Workspace{}, &Account{}, &Member{}, &Project{}, &Status{}, &Label{}, &Task{}, &Number{}, &ChecklistItem{},
		&Comment{}, &Revision{}, &Attachment{}, &Data{}, &Relation{}, &Activity{}, &Trailer{},
	} {
		if r.Kind() == kind {
			return r
		}
	}
	return nil
}
