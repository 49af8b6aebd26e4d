package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// ErrOwnerExists is what [Store.Create] says of a first account, and [OwnerStore.MakeOwner], when another one was quicker.
var ErrOwnerExists = errors.New("account: the instance has an owner already")

// NewAccount is an account to be made. PasswordHash is empty for people who sign in elsewhere.
type NewAccount struct {
	Email        string
	Name         string
	PasswordHash string
	// First makes the account the instance's owner.
	First bool
	// Invitation is the hash of an invitation's token to be accepted in the same transaction; nil for none.
	Invitation *[32]byte
	// Session is made in the same transaction; nil for none.
	Session *NewToken
}

// Store keeps accounts.
type Store interface {
	// HasOwner reports whether the instance has been set up.
	HasOwner(ctx context.Context) (bool, error)
	// Create makes an account, or claims the one with that e-mail that nobody can log in to, where the invitation is to that
	// address and [Claim.Check] allows it: password and session are set, and the name unless it is empty; what it was a member
	// of stays as it is. Errors: already_exists for a known e-mail; [ErrOwnerExists] for a First that came second;
	// [ErrNameNeeded]; for an invitation: gone (unknown, used, expired), forbidden (meant for another e-mail, or not to be
	// claimed by it).
	Create(ctx context.Context, n NewAccount) (Account, error)
	// Credentials finds an account by its folded e-mail: not_found.
	Credentials(ctx context.Context, email string) (Credentials, error)
	// Get finds an account by id, with its password hash: not_found.
	Get(ctx context.Context, id uuid.UUID) (Credentials, error)
	// Update locks the account, lets decide change it and writes it with the next version. With endSessions, all sessions
	// but the principal's own end in the same transaction; without, a new hash alone is one of the same password, and leaves
	// the version as it is. Errors: of decide; already_exists for a known e-mail.
	Update(ctx context.Context, p auth.Principal, endSessions bool, decide func(cur Credentials) (Credentials, error)) (Account, error)
}

// OwnerStore keeps who owns the instance.
type OwnerStore interface {
	// MakeOwner makes the account the instance's owner. Errors: not_found; [ErrOwnerExists] where another one is.
	MakeOwner(ctx context.Context, id uuid.UUID) (Account, error)
	// HandOver makes the account the instance's owner in place of the one that is. Errors: not_found; [ErrOwnerExists] where
	// another one became it just now.
	HandOver(ctx context.Context, id uuid.UUID) (Account, error)
}

// TokenStore keeps tokens and sessions.
type TokenStore interface {
	// Create makes a token of that account; a session also clears away the account's sessions that ended long ago. Errors:
	// validation_failed for a workspace that the account is no member of; unauthenticated where the account was deleted.
	Create(ctx context.Context, p auth.Principal, n NewToken) (Token, error)
	// Holder finds a token and its account by the token's hash in one statement: not_found.
	Holder(ctx context.Context, hash [32]byte) (Holder, error)
	// List gives the account's personal access tokens, newest first.
	List(ctx context.Context, account uuid.UUID, page Page) (items []Token, next *uuid.UUID, err error)
	// Delete removes a token of one of those kinds of the principal's account: not_found.
	Delete(ctx context.Context, p auth.Principal, id uuid.UUID, kinds ...Kind) error
	// Touch notes that a token was used then, unless it was noted after notedBefore.
	Touch(ctx context.Context, id uuid.UUID, at, notedBefore time.Time) error
}

// SessionStore keeps the sessions among the tokens.
type SessionStore interface {
	// Sessions gives the account's sessions that have not ended by then, newest first.
	Sessions(ctx context.Context, account uuid.UUID, at time.Time, page Page) (items []OpenSession, next *uuid.UUID, err error)
	// EndSessions ends all sessions of the account but the one with that id.
	EndSessions(ctx context.Context, account, but uuid.UUID) error
}

// Identity is a person as an OpenID Connect issuer knows them.
type Identity struct {
	Issuer  string
	Subject string
	// Email is a valid address that the issuer has verified, or empty; EmailFault says why, of the JWT as "it".
	Email, EmailFault string
	Name              string
	// Scopes are what the JWT may be used for, read from ScopeClaims.
	Scopes      []auth.Scope
	ScopeClaims []string
	// ExpiresAt is when the JWT ends.
	ExpiresAt time.Time
}

// IdentityStore keeps which account a subject of an issuer is.
type IdentityStore interface {
	// ByIdentity finds the account of a subject: not_found.
	ByIdentity(ctx context.Context, issuer, subject string) (Account, error)
	// LinkIdentity makes the subject the account with its e-mail, or, with create, a new account. An account that was there
	// loses its password, its tokens and its sessions in the same transaction. Errors: not_found where there is no account
	// and none may be made.
	LinkIdentity(ctx context.Context, id Identity, create bool) (Account, error)
}
