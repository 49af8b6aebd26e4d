package account

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// MaxUserAgentLen is how many characters are kept of what a client says that it is.
const MaxUserAgentLen = 200

// Client is where a session begins.
type Client struct {
	// UserAgent is what the client says that it is, and Address where it came from, as far as that is known.
	UserAgent, Address string
}

// clean makes the client's own words safe to show: one line of visible characters, of a bounded length.
func (c Client) clean() Client {
	words := strings.FieldsFunc(strings.ToValidUTF8(c.UserAgent, " "), func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
	runes := []rune(strings.Join(words, " "))
	c.UserAgent = strings.TrimSpace(string(runes[:min(len(runes), MaxUserAgentLen)]))
	return c
}

// OpenSession is a sign-in that has not ended.
type OpenSession struct {
	ID uuid.UUID
	Client
	// CreatedAt, ExpiresAt and LastUsedAt (nil: never; written at most once a minute) are in UTC.
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt *time.Time
	// Current is set for the session that the request was made with.
	Current bool
}

// Sessions lists the principal's sessions that have not ended, newest first. It takes the scope read. next is where the next
// page starts; nil on the last one.
func (s *Service) Sessions(ctx context.Context, p auth.Principal, page Page) (items []OpenSession, next *uuid.UUID, err error) {
	if err := p.MayAccount(auth.SessionRead); err != nil {
		return nil, nil, err
	}
	items, next, err = s.stores.Sessions.Sessions(ctx, p.AccountID, s.o.Now(), page)
	for i := range items {
		items[i].Current = items[i].ID == p.TokenID
	}
	return items, next, err
}

// EndSession ends a session of the principal, perhaps its own: here at once, elsewhere within Options.CacheTTL. It takes the
// scope admin. Errors: not_found.
func (s *Service) EndSession(ctx context.Context, p auth.Principal, id uuid.UUID) error {
	if err := p.MayAccount(auth.SessionManage); err != nil {
		return err
	}
	if err := s.stores.Tokens.Delete(ctx, p, id, KindSession); err != nil {
		return err
	}
	s.cache.dropToken(id)
	return nil
}

// EndOtherSessions ends all sessions of the principal but the one that the request was made with, as EndSession does. It
// takes the scope admin.
func (s *Service) EndOtherSessions(ctx context.Context, p auth.Principal) error {
	if err := p.MayAccount(auth.SessionManage); err != nil {
		return err
	}
	err := s.stores.Sessions.EndSessions(ctx, p.AccountID, p.TokenID)
	if err == nil {
		s.cache.dropAccount(p.AccountID) // its tokens are looked up anew
	}
	return err
}
