package comment

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
)

const (
	// MaxBody is the size of the longest comment in bytes.
	MaxBody = 65536
	// DefaultLimit and MaxLimit are the sizes of a page: where none is asked for, and the largest.
	DefaultLimit = 50
	MaxLimit     = 100
)

// Person is an account as others see it.
type Person struct {
	ID   uuid.UUID
	Name string
}

// Comment is one comment in its present wording. Edited tells that it once read otherwise.
type Comment struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	ProjectID   uuid.UUID
	TaskID      uuid.UUID
	Author      Person
	Body        string // Markdown, 1 to MaxBody bytes
	Edited      bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64 // 1, and one more with each edit
}

// Revision is one wording of a comment. CreatedAt is when the comment came to read so.
type Revision struct {
	Version   int64
	Body      string
	EditedBy  Person
	CreatedAt time.Time
}

// Place is where a comment stands, as its rules need to know it: the caller's role in the workspace, and whether the
// project is archived.
type Place struct {
	WorkspaceID uuid.UUID
	ProjectID   uuid.UUID
	Archived    bool
	Role        auth.Role
}

// Membership is what the caller is there.
func (p Place) Membership() auth.Membership {
	return auth.Membership{Workspace: p.WorkspaceID, Role: p.Role}
}

// Patch is a change to a comment; nil leaves a field as it is. IfVersion must accept the comment's version.
type Patch struct {
	Body      *string
	IfVersion cond.Versions
}

// Page asks for up to Limit items, 1 to MaxLimit, of a list behind After, or from its start. Eventual allows an answer that lags.
type Page[C any] struct {
	After    *C
	Limit    int
	Eventual bool
}

func (p Page[C]) validate() error {
	if p.Limit < 1 || p.Limit > MaxLimit {
		return &apperr.Error{Code: apperr.InvalidParameter, Message: "A parameter is not valid.", Fields: []apperr.Field{
			{Pointer: "limit", Code: "out_of_range", Message: fmt.Sprintf("must be 1 to %d", MaxLimit)},
		}}
	}
	return nil
}

func validateBody(body string) error {
	var f apperr.Fields
	apperr.Markdown(&f, "/body", body, 1, MaxBody)
	return f.Err()
}

// open refuses changes in an archived project.
func (p Place) open() error {
	if p.Archived {
		return apperr.New(apperr.ProjectArchived, "The project is archived: its comments cannot be changed.")
	}
	return nil
}

func (c Comment) checkVersion(want cond.Versions) error {
	if !want.Accepts(c.Version) {
		return apperr.New(apperr.PreconditionFailed, "The comment was changed meanwhile: it is at version %d now. Read it again.", c.Version)
	}
	return nil
}
