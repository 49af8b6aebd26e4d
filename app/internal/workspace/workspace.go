package workspace

import (
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
)

// MaxNameLen is the longest name of a workspace, in characters.
const MaxNameLen = 200

// Workspace is a tenant as one of its members sees it.
type Workspace struct {
	ID   uuid.UUID
	Name string
	// Role is what whoever asks is in it; empty for outsiders, who are not shown it.
	Role      auth.Role
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// membership is what the caller is in it.
func (w Workspace) membership() auth.Membership {
	return auth.Membership{Workspace: w.ID, Role: w.Role}
}

// Validate checks the fields: validation_failed.
func (w Workspace) Validate() error {
	var f apperr.Fields
	apperr.Line(&f, "/name", w.Name, 1, MaxNameLen)
	return f.Err()
}

// Patch changes a workspace; nil fields stay.
type Patch struct {
	Name *string
	// IfVersion accepts the versions that the caller may have seen; nil disables the check.
	IfVersion cond.Versions
}

// Person is an account as others see it.
type Person struct {
	ID   uuid.UUID
	Name string
}

// Member is what an account is in a workspace.
type Member struct {
	Account Person
	Kind    account.AccountKind
	// Email is empty for a service account.
	Email    string
	Role     auth.Role
	JoinedAt time.Time
}

// MemberPlace is a place in a list of members.
type MemberPlace struct {
	JoinedAt time.Time `json:"joined_at"`
	Account  uuid.UUID `json:"account"`
}

// Page is a part of a list: the items behind After, from the start where nil.
type Page[C any] struct {
	After *C
	Limit int
	// Eventual allows an answer that lags a little.
	Eventual bool
}
