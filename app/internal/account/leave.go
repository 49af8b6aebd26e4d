package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// DeletedName is what is left of a person's account.
const DeletedName = "Deleted account"

// Leaving is what the end of a person's account is decided on.
type Leaving struct {
	Credentials
	// Owned are the names of the workspaces that are nobody else's, and that others are members of.
	Owned []string
}

// EndStore ends the accounts of people.
type EndStore interface {
	// Delete ends the principal's account unless decide refuses: its password, identities, tokens and sessions, its memberships
	// and the pending invitations by and to it are gone, as are the workspaces that no other person is in; what it wrote stays, by
	// [DeletedName]. It is off the first of its tasks then; a job does the others. Errors: of decide; not_found; conflict where a
	// workspace cannot go.
	Delete(ctx context.Context, p auth.Principal, decide func(Leaving) error) error
}

// DeleteMe ends the principal's account for good: here at once, elsewhere within Options.CacheTTL. It takes the scope admin,
// and the current password where there is one. The address can sign up anew.
//
// Errors: validation_failed for a wrong password; rate_limited after too many of those; conflict for the instance's owner,
// and when the password was changed meanwhile; last_owner where others are left in a workspace without an owner.
func (s *Service) DeleteMe(ctx context.Context, p auth.Principal, password *string) error {
	if err := p.MayAccount(auth.AccountDelete); err != nil {
		return err
	}
	seen, err := s.stores.Accounts.Get(ctx, p.AccountID)
	if err != nil {
		return err
	}
	if _, err := s.proveIdentity(ctx, seen, password); err != nil {
		return err
	}
	err = s.stores.Endings.Delete(ctx, p, func(l Leaving) error {
		switch {
		case l.PasswordHash != seen.PasswordHash:
			return apperr.New(apperr.Conflict, "The password was changed meanwhile.")
		case l.InstanceOwner:
			return apperr.New(apperr.Conflict, "This account owns the instance. Hand that over first: "+
				"`tasktracker user owner --email …` on the server's machine makes another account the owner.")
		case len(l.Owned) > 0:
			return apperr.New(apperr.LastOwner, "This account is the last owner of workspaces that others are "+
				"members of: %s. Make somebody else an owner there first.", Names(l.Owned))
		}
		return nil
	})
	if err == nil {
		s.cache.dropAccount(p.AccountID)
	}
	return err
}

// Names lists some names for a message.
func Names(names []string) string {
	const most = 10
	quoted := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	text := strings.Join(quoted, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
