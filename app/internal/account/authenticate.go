package account

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Authenticate tells whose bearer token that is: a session, a personal access token, or a JWT of the issuer. The answer
// may be up to Options.CacheTTL old; a miss costs one statement.
//
// Errors: unauthenticated; token_expired; forbidden for a JWT whose subject has no account here; unavailable.
func (s *Service) Authenticate(ctx context.Context, bearer string) (auth.Principal, error) {
	now := s.o.Now()
	key := sha256.Sum256([]byte(bearer)) // for tokens, also the hash that they are kept under
	e, ok := s.cache.get(key, now)
	if !ok {
		generation := s.cache.begin()
		var err error
		if e, err = s.lookUp(ctx, bearer, now); err != nil {
			return auth.Principal{}, err
		}
		e.until = now.Add(s.o.CacheTTL)
		s.cache.put(key, e, generation)
	}
	if !e.expires.IsZero() && !now.Before(e.expires) {
		return auth.Principal{}, expired()
	}
	return e.principal, nil
}

func (s *Service) lookUp(ctx context.Context, bearer string, now time.Time) (cached, error) {
	if hash, ok := HashSecret(TokenPrefix, bearer); ok {
		return s.lookUpToken(ctx, hash, now)
	}
	if s.o.OIDC != nil && strings.Count(bearer, ".") == 2 {
		return s.lookUpJWT(ctx, bearer)
	}
	return cached{}, errUnauthenticated
}

func (s *Service) lookUpToken(ctx context.Context, hash [32]byte, now time.Time) (cached, error) {
	h, err := s.stores.Tokens.Holder(ctx, hash)
	if apperr.Is(err, apperr.NotFound) {
		return cached{}, errUnauthenticated
	}
	if err != nil {
		return cached{}, err
	}
	e := cached{principal: h.Principal}
	if h.ExpiresAt != nil {
		e.expires = *h.ExpiresAt
	}
	if h.ExpiresAt == nil || now.Before(*h.ExpiresAt) {
		s.touch(ctx, h, now)
	}
	return e, nil
}

// touchEvery is how exact last_used_at is.
const touchEvery = time.Minute

// touch notes the use of a token in the background: no request waits for it, and none fails for it. When too many are
// under way already, a later look-up does it.
func (s *Service) touch(ctx context.Context, h Holder, now time.Time) {
	if h.LastUsedAt != nil && now.Sub(*h.LastUsedAt) < touchEvery {
		return
	}
	select {
	case s.touching <- struct{}{}:
	default:
		return
	}
	ctx = context.WithoutCancel(ctx)
	s.touches.Go(func() {
		defer func() { <-s.touching }()
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := s.stores.Tokens.Touch(ctx, h.Principal.TokenID, now, now.Add(-touchEvery)); err != nil {
			s.o.Log.WarnContext(ctx, "the use of a token was not noted", "error", err)
		}
	})
}

// lookUpJWT checks a JWT and finds its subject's account. A subject seen for the first time is the account with its
// verified e-mail, or gets a new one where that is allowed.
func (s *Service) lookUpJWT(ctx context.Context, bearer string) (cached, error) {
	id, err := s.o.OIDC.Verify(ctx, bearer)
	if err != nil {
		return cached{}, err
	}
	acc, err := s.stores.Identities.ByIdentity(ctx, id.Issuer, id.Subject)
	if apperr.Is(err, apperr.NotFound) {
		acc, err = s.link(ctx, id)
	}
	if err != nil {
		return cached{}, err
	}
	return cached{expires: id.ExpiresAt, principal: auth.Principal{
		AccountID: acc.ID, Name: acc.Name, Email: acc.Email, TokenID: uuid.Nil, Scopes: id.Scopes, ScopeClaims: id.ScopeClaims, InstanceOwner: acc.InstanceOwner,
	}}, nil
}

func (s *Service) link(ctx context.Context, id Identity) (Account, error) {
	if id.Email == "" {
		return Account{}, apperr.New(apperr.Forbidden, "The JWT's subject has no account here yet, and none can be found by its address: %s. "+
			"Which claim is read is the server's setting TASKTRACKER_OIDC_EMAIL_VERIFIED.", id.EmailFault)
	}
	create := false
	if s.o.OpenSignup || s.o.OIDCSignup {
		// The first account owns the instance, and is not made in passing.
		owned, err := s.stores.Accounts.HasOwner(ctx)
		if err != nil {
			return Account{}, err
		}
		create = owned
	}
	id.Email = CleanEmail(id.Email)
	var f apperr.Fields
	if apperr.Line(&f, "/name", id.Name, 1, MaxNameLen); len(f) > 0 {
		id.Name, _, _ = strings.Cut(id.Email, "@")
		id.Name = string([]rune(id.Name)[:min(MaxNameLen, len([]rune(id.Name)))])
	}
	acc, err := s.stores.Identities.LinkIdentity(ctx, id, create)
	if apperr.Is(err, apperr.NotFound) {
		return acc, apperr.New(apperr.Forbidden, "There is no account with the JWT's e-mail here, and sign-up is closed.")
	}
	if err == nil {
		s.cache.dropAccount(acc.ID) // its tokens may have ended with it
	}
	return acc, err
}
