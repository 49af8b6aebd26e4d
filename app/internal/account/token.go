package account

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Kind tells sessions from personal access tokens.
type Kind string

// The kinds, as they are stored.
const (
	KindSession  Kind = "session"
	KindPersonal Kind = "personal"
)

// MaxTokenNameLen is how many characters a token's name may have.
const MaxTokenNameLen = 200

// Token is a personal access token, without its secret.
type Token struct {
	ID     uuid.UUID
	Name   string
	Scopes []auth.Scope
	// Workspace is the one that the token acts in; nil for all of the account's.
	Workspace *uuid.UUID
	// CreatedAt, ExpiresAt (nil: never) and LastUsedAt (nil: never; written at most once a minute) are in UTC.
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	LastUsedAt *time.Time
}

// CreatedToken is a Token with its secret, which is shown this once.
type CreatedToken struct {
	Token
	Secret string
}

// Session is a sign-in: Secret is the bearer token, shown this once.
type Session struct {
	Secret    string
	ExpiresAt time.Time
	Account   Account
}

// TokenInput is what a personal access token is made from.
type TokenInput struct {
	Name   string
	Scopes []auth.Scope
	// ExpiresAt is nil for a token that never expires.
	ExpiresAt *time.Time
	// Workspace binds the token to a workspace that the account is a member of; nil for a token that acts in all of them.
	Workspace *uuid.UUID
}

// Validate checks the fields against the clock: validation_failed, naming all faults.
func (in TokenInput) Validate(now time.Time) error {
	var f apperr.Fields
	apperr.Line(&f, "/name", in.Name, 1, MaxTokenNameLen)
	if len(in.Scopes) == 0 {
		f.Add("/scopes", "required", "must name at least one of read, write, admin")
	}
	for i, s := range in.Scopes {
		switch {
		case !s.Valid():
			f.Add("/scopes", "invalid_value", "%q is not a scope; read, write and admin are", string(s))
		case slices.Contains(in.Scopes[:i], s):
			f.Add("/scopes", "duplicate", "%q is named twice", string(s))
		}
	}
	if in.ExpiresAt != nil && !in.ExpiresAt.After(now) {
		f.Add("/expires_at", "in_the_past", "must be in the future")
	}
	return f.Err()
}

// NewToken is what the store keeps of a token that is made now.
type NewToken struct {
	Kind      Kind
	Name      string
	Hash      [sha256.Size]byte
	Scopes    []auth.Scope
	ExpiresAt *time.Time
	Workspace *uuid.UUID
	// Client is where a session begins.
	Client Client
}

// Holder is a token as [Service.Authenticate] finds it: what it may do, until when, and whose it is.
type Holder struct {
	Principal  auth.Principal
	ExpiresAt  *time.Time
	LastUsedAt *time.Time
}

// sortScopes orders scopes weakest first.
func sortScopes(scopes []auth.Scope) []auth.Scope {
	var out []auth.Scope
	for _, s := range auth.Scopes() {
		if slices.Contains(scopes, s) {
			out = append(out, s)
		}
	}
	return out
}
