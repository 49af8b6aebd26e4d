package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Stores are what the service keeps things in.
type Stores struct {
	Accounts   Store
	Owners     OwnerStore
	Endings    EndStore
	Identities IdentityStore
	Tokens     TokenStore
	Sessions   SessionStore
	Services   ServiceAccountStore
	// ServiceTokens are those of service accounts, made and ended by others.
	ServiceTokens ServiceTokenStore
	Exports       ExportStore
}

// Options set the service up; the zero value is closed to sign-ups, without OpenID Connect.
type Options struct {
	// OpenSignup lets anyone sign up. The first account and people with an invitation need no such leave.
	OpenSignup bool
	// BootstrapToken is the secret that makes the first account from elsewhere than this machine; empty for none.
	BootstrapToken string
	// OIDC checks bearer JWTs; nil where none are accepted.
	OIDC *OIDC
	// OIDCSignup makes accounts for people whom the issuer vouches for, also where OpenSignup is off.
	OIDCSignup bool
	// SessionTTL is how long a sign-in lasts; 30 days where zero.
	SessionTTL time.Duration
	// CacheTTL is how long a revocation made by another process may go unnoticed; 5 s where zero, which is also the most.
	CacheTTL time.Duration
	// Now is the clock; time.Now where nil.
	Now func() time.Time
	// Log receives what no caller hears of; slog.Default where nil.
	Log *slog.Logger
}

const maxCacheTTL = 5 * time.Second

// Service holds the rules of accounts, sessions and tokens. It is safe for concurrent use.
type Service struct {
	stores  Stores
	o       Options
	hasher  *hasher
	backoff *backoff
	cache   *cache
	exports *exports

	touching chan struct{} // bounds the writes of last_used_at that are under way
	touches  sync.WaitGroup
}

// NewService returns a service on those stores.
func NewService(stores Stores, o Options) *Service {
	if o.SessionTTL == 0 {
		o.SessionTTL = 30 * 24 * time.Hour
	}
	if o.CacheTTL <= 0 || o.CacheTTL > maxCacheTTL {
		o.CacheTTL = maxCacheTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Service{
		stores: stores, o: o, hasher: newHasher(), backoff: newBackoff(10_000), cache: newCache(10_000),
		exports:  &exports{running: map[uuid.UUID]bool{}},
		touching: make(chan struct{}, 4),
	}
}

// Close waits for what the service still writes in the background. Nothing may be asked of it afterwards.
func (s *Service) Close() { s.touches.Wait() }

// Signup makes an account and signs it in. The first account owns the instance: it is made from this machine, or with
// the bootstrap token. Later ones take open sign-up or an invitation, which makes the person a member at once. With an
// invitation to its address, an account that came with an import is claimed: see [Claim].
//
// Errors: validation_failed; forbidden when none of that lets the person in; already_exists for a known e-mail;
// gone for an invitation that was used, revoked or has expired; forbidden for one that is meant for another e-mail.
func (s *Service) Signup(ctx context.Context, in SignupInput, sc SignupContext) (Session, error) {
	if err := in.Validate(); err != nil {
		return Session{}, err
	}
	n := NewAccount{Email: CleanEmail(in.Email), Name: in.Name}
	if in.InvitationToken != "" {
		hash, ok := HashSecret(InvitationPrefix, in.InvitationToken)
		if !ok {
			return Session{}, apperr.Invalid("/invitation_token", "invalid_value", "is not an invitation's token; those begin with %s", InvitationPrefix)
		}
		n.Invitation = &hash
	}
	if _, err := s.admit(ctx, in, sc); err != nil { // before the costly hash
		return Session{}, err
	}
	var err error
	if n.PasswordHash, err = s.hasher.hash(ctx, in.Password); err != nil {
		return Session{}, err
	}
	secret, session := s.newSession(sc.Client)
	n.Session = &session
	for {
		if n.First, err = s.admit(ctx, in, sc); err != nil {
			return Session{}, err
		}
		acc, err := s.stores.Accounts.Create(ctx, n)
		if errors.Is(err, ErrOwnerExists) && n.First {
			continue // another first sign-up was quicker: this one is a later one now
		}
		if err != nil {
			return Session{}, err
		}
		return Session{Secret: secret, ExpiresAt: *session.ExpiresAt, Account: acc}, nil
	}
}

// admit decides whether a person may sign up, and whether as the first.
func (s *Service) admit(ctx context.Context, in SignupInput, sc SignupContext) (first bool, err error) {
	owned, err := s.stores.Accounts.HasOwner(ctx)
	switch {
	case err != nil:
		return false, err
	case owned && (s.o.OpenSignup || in.InvitationToken != ""):
		return false, nil
	case owned:
		return false, apperr.New(apperr.Forbidden, "Sign-up is closed here. Ask an administrator of a workspace for an invitation.")
	case sc.Loopback, s.isBootstrap(in.BootstrapToken):
		return true, nil
	}
	return false, apperr.New(apperr.Forbidden, "This instance has no account yet. Its first one takes the field `bootstrap_token`, "+
		"with the secret that the server was started with, or a request straight from the server's own machine to a loopback address, with no proxy between or configured. "+
		"`tasktracker user create --owner` on that machine makes it too.")
}

// isBootstrap compares with the bootstrap token in constant time. Without one configured nothing matches.
func (s *Service) isBootstrap(token string) bool {
	want, have := sha256.Sum256([]byte(s.o.BootstrapToken)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(want[:], have[:]) == 1 && s.o.BootstrapToken != ""
}

// Login signs a person in. Errors: unauthenticated for an unknown e-mail or a wrong password, which are not told apart
// and take the same time; validation_failed for what can be neither; rate_limited after too many failures for the e-mail.
func (s *Service) Login(ctx context.Context, email, password string, c Client) (Session, error) {
	if err := checkLogin(email, password); err != nil {
		return Session{}, err
	}
	email = FoldEmail(email)
	cred, err := s.stores.Accounts.Credentials(ctx, email)
	if err != nil && !apperr.Is(err, apperr.NotFound) {
		return Session{}, err
	}
	ok, stale, err := s.checkPassword(ctx, email, cred.PasswordHash, password)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, apperr.New(apperr.Unauthenticated, "The e-mail or the password is wrong.")
	}
	if stale {
		s.rehash(ctx, cred, password)
	}
	secret, session := s.newSession(c)
	if _, err := s.stores.Tokens.Create(ctx, auth.Principal{AccountID: cred.ID}, session); err != nil {
		return Session{}, err
	}
	return Session{Secret: secret, ExpiresAt: *session.ExpiresAt, Account: cred.Account}, nil
}

// checkPassword compares, and counts failures of that folded e-mail. The count is read within the turn, so that many
// requests at once get no more guesses than one after the other. stale asks for a new hash of the same password.
func (s *Service) checkPassword(ctx context.Context, email, hash, password string) (ok, stale bool, err error) {
	release, err := s.hasher.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	if pause := s.backoff.pause(email, s.o.Now()); pause > 0 {
		return false, false, tooManyFailures(pause)
	}
	ok, stale, err = s.hasher.matches(hash, password)
	switch {
	case err != nil:
		return false, false, err
	case ok:
		s.backoff.succeeded(email)
	default:
		s.backoff.failed(email, s.o.Now())
	}
	return ok, stale, nil
}

// rehash keeps a password that was hashed as it was given under the hash of its prepared form. That it fails is no reason
// to turn the person away: the next log-in tries again.
func (s *Service) rehash(ctx context.Context, c Credentials, password string) {
	hash, err := s.hasher.hash(ctx, password)
	if err == nil {
		_, err = s.stores.Accounts.Update(ctx, auth.Principal{AccountID: c.ID}, false, func(cur Credentials) (Credentials, error) {
			if cur.PasswordHash == c.PasswordHash {
				cur.PasswordHash = hash
			}
			return cur, nil
		})
	}
	if err != nil {
		s.o.Log.WarnContext(ctx, "a password was not hashed anew", "error", err)
	}
}

func (s *Service) newSession(c Client) (secret string, t NewToken) {
	sec := NewSecret(TokenPrefix)
	expires := s.o.Now().UTC().Add(s.o.SessionTTL).Truncate(time.Second)
	return sec.Text, NewToken{Kind: KindSession, Hash: sec.Hash, Scopes: auth.Scopes(), ExpiresAt: &expires, Client: c.clean()}
}

// Logout ends the session or personal access token that the request was made with: here at once, elsewhere within
// Options.CacheTTL. Errors: conflict when it was made with a JWT, which ends by itself.
func (s *Service) Logout(ctx context.Context, p auth.Principal) error {
	if p.TokenID == uuid.Nil {
		return apperr.New(apperr.Conflict, "This request was made with a JWT, which only its issuer can end.")
	}
	err := s.stores.Tokens.Delete(ctx, p, p.TokenID, KindSession, KindPersonal)
	if err == nil || apperr.Is(err, apperr.NotFound) { // gone already: somebody was quicker
		s.cache.dropToken(p.TokenID)
		return nil
	}
	return err
}

// Me returns the principal's account. It takes the scope read.
func (s *Service) Me(ctx context.Context, p auth.Principal) (Account, error) {
	if err := p.MayAccount(auth.AccountRead); err != nil {
		return Account{}, err
	}
	cred, err := s.stores.Accounts.Get(ctx, p.AccountID)
	return cred.Account, err
}

// UpdateMe changes the principal's account. It takes the scope admin; a new password or e-mail takes the current
// password where there is one, and a new password ends all other sessions.
//
// Errors: validation_failed, also for a wrong current password; rate_limited after too many of those;
// precondition_failed; already_exists for a known e-mail; conflict when the password was changed meanwhile.
func (s *Service) UpdateMe(ctx context.Context, p auth.Principal, in Patch) (Account, error) {
	if err := p.MayAccount(auth.AccountUpdate); err != nil {
		return Account{}, err
	}
	if err := in.Validate(); err != nil {
		return Account{}, err
	}
	seen, err := s.stores.Accounts.Get(ctx, p.AccountID)
	if err != nil {
		return Account{}, err
	}
	newHash, password := seen.PasswordHash, in.Password
	if in.Password != nil || in.Email != nil && CleanEmail(*in.Email) != seen.Email {
		stale, err := s.proveIdentity(ctx, seen, in.CurrentPassword)
		if err != nil {
			return Account{}, err
		}
		if stale && password == nil {
			password = in.CurrentPassword
		}
	}
	if password != nil {
		if newHash, err = s.hasher.hash(ctx, *password); err != nil {
			return Account{}, err
		}
	}
	acc, err := s.stores.Accounts.Update(ctx, p, in.Password != nil, func(cur Credentials) (Credentials, error) {
		switch {
		case !in.IfVersion.Accepts(cur.Version):
			return cur, apperr.New(apperr.PreconditionFailed, "The account was changed meanwhile: it has version %d now.", cur.Version)
		case cur.PasswordHash != seen.PasswordHash:
			return cur, apperr.New(apperr.Conflict, "The password was changed meanwhile.")
		}
		if in.Name != nil {
			cur.Name = *in.Name
		}
		if in.Email != nil {
			cur.Email = CleanEmail(*in.Email)
		}
		cur.PasswordHash = newHash
		return cur, nil
	})
	if err == nil {
		s.cache.dropAccount(p.AccountID)
	}
	return acc, err
}

// proveIdentity checks the current password of an account that has one. stale asks for a new hash of it.
func (s *Service) proveIdentity(ctx context.Context, c Credentials, password *string) (stale bool, err error) {
	if c.PasswordHash == "" {
		return false, nil
	}
	if password == nil {
		return false, apperr.Invalid("/current_password", "required", "is needed to change the password or the e-mail, and to delete the account")
	}
	ok, stale, err := s.checkPassword(ctx, FoldEmail(c.Email), c.PasswordHash, *password)
	if err == nil && !ok {
		err = apperr.Invalid("/current_password", "wrong", "is not the current password")
	}
	return stale, err
}

// CreateUser makes an account from the command line, where no leave is needed. The first one owns the instance.
// Errors: validation_failed; already_exists for a known e-mail.
func (s *Service) CreateUser(ctx context.Context, email, name, password string) (Account, error) {
	in := SignupInput{Email: email, Name: name, Password: password}
	if err := in.Validate(); err != nil {
		return Account{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	for {
		owned, err := s.stores.Accounts.HasOwner(ctx)
		if err != nil {
			return Account{}, err
		}
		acc, err := s.stores.Accounts.Create(ctx, NewAccount{Email: CleanEmail(email), Name: name, PasswordHash: hash, First: !owned})
		if errors.Is(err, ErrOwnerExists) && !owned {
			continue
		}
		return acc, err
	}
}
