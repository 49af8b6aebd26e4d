package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// CreateToken makes a personal access token of the principal; its secret is in the answer and nowhere else. It takes the
// scope admin. Errors: validation_failed, also for a workspace that the principal's account is no member of.
func (s *Service) CreateToken(ctx context.Context, p auth.Principal, in TokenInput) (CreatedToken, error) {
	if err := p.MayAccount(auth.TokenManage); err != nil {
		return CreatedToken{}, err
	}
	return s.createToken(ctx, p, in)
}

// CreateTokenFor makes a personal access token for the account with that e-mail, from the command line. Errors: not_found;
// validation_failed.
func (s *Service) CreateTokenFor(ctx context.Context, email string, in TokenInput) (CreatedToken, error) {
	cred, err := s.stores.Accounts.Credentials(ctx, FoldEmail(email))
	if err != nil {
		return CreatedToken{}, err
	}
	return s.createToken(ctx, auth.Principal{AccountID: cred.ID}, in)
}

func (s *Service) createToken(ctx context.Context, p auth.Principal, in TokenInput) (CreatedToken, error) {
	if err := in.Validate(s.o.Now()); err != nil {
		return CreatedToken{}, err
	}
	secret, n := in.token()
	t, err := s.stores.Tokens.Create(ctx, p, n)
	if err != nil {
		return CreatedToken{}, err
	}
	return CreatedToken{Token: t, Secret: secret}, nil
}

// token is a new token with its secret.
func (in TokenInput) token() (secret string, n NewToken) {
	sec := NewSecret(TokenPrefix)
	n = NewToken{Kind: KindPersonal, Name: in.Name, Hash: sec.Hash, Scopes: sortScopes(in.Scopes), Workspace: in.Workspace}
	if in.ExpiresAt != nil {
		t := in.ExpiresAt.UTC().Truncate(time.Microsecond)
		n.ExpiresAt = &t
	}
	return sec.Text, n
}

// Page is a part of a list: the items behind After, from the start where nil.
type Page struct {
	After *uuid.UUID
	Limit int
	// Eventual allows an answer that lags a little.
	Eventual bool
}

// Tokens lists the principal's personal access tokens, newest first, those that have expired too. It takes the scope
// read. next is where the next page starts; nil on the last one.
func (s *Service) Tokens(ctx context.Context, p auth.Principal, page Page) (items []Token, next *uuid.UUID, err error) {
	if err := p.MayAccount(auth.TokenRead); err != nil {
		return nil, nil, err
	}
	return s.stores.Tokens.List(ctx, p.AccountID, page)
}

// RevokeToken ends a personal access token of the principal: here at once, elsewhere within Options.CacheTTL. It takes
// the scope admin. Errors: not_found.
func (s *Service) RevokeToken(ctx context.Context, p auth.Principal, id uuid.UUID) error {
	if err := p.MayAccount(auth.TokenManage); err != nil {
		return err
	}
	if err := s.stores.Tokens.Delete(ctx, p, id, KindPersonal); err != nil {
		return err
	}
	s.cache.dropToken(id)
	return nil
}

var errUnauthenticated = apperr.New(apperr.Unauthenticated, "The token is not valid, or it was revoked.")

// expired is the failure for a token that was valid once.
func expired() error {
	return apperr.New(apperr.TokenExpired, "The token has expired. Sign in again, or make a new one.")
}
