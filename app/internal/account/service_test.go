package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

func TestWhoMaySignUp(t *testing.T) {
	t.Parallel()
	each(t, account.Options{BootstrapToken: "s3cret"}, func(t *testing.T, b *bundle) {
		ctx, elsewhere := t.Context(), account.SignupContext{}
		in := signup(" Ada@Example.com ")
		_, err := b.accounts.Signup(ctx, in, elsewhere)
		wantCode(t, err, apperr.Forbidden)
		in.BootstrapToken = "S3cret"
		_, err = b.accounts.Signup(ctx, in, elsewhere)
		wantCode(t, err, apperr.Forbidden)
		in.BootstrapToken = "s3cret"
		s, err := b.accounts.Signup(ctx, in, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Account.InstanceOwner || s.Account.Email != "ada@example.com" || s.Account.Version != 1 {
			t.Errorf("got %+v", s.Account)
		}
		if p := b.principal(t, s.Secret); !p.InstanceOwner || p.AccountID != s.Account.ID || p.Email != "ada@example.com" || !p.Has(auth.ScopeAdmin) || p.TokenName != "" {
			t.Errorf("got %+v", p)
		}
		// Later ones need more than being near, and more than the bootstrap token.
		in.Email = "grace@example.com"
		_, err = b.accounts.Signup(ctx, in, here)
		wantCode(t, err, apperr.Forbidden)
		open := b.service(t, account.Options{OpenSignup: true})
		s, err = open.Signup(ctx, in, elsewhere)
		if err != nil || s.Account.InstanceOwner {
			t.Fatalf("got %+v, %v", s.Account, err)
		}
		in.Email = "GRACE@example.com"
		_, err = open.Signup(ctx, in, elsewhere)
		wantCode(t, err, apperr.AlreadyExists)
	})
}

func TestSignupWithoutBootstrapTokenConfigured(t *testing.T) {
	t.Parallel()
	each(t, account.Options{OpenSignup: true}, func(t *testing.T, b *bundle) {
		_, err := b.accounts.Signup(t.Context(), signup("ada@example.com"), account.SignupContext{})
		wantCode(t, err, apperr.Forbidden) // no token matches the one that is not there, and open sign-up makes no owner
	})
}

func TestSignupNamesAllFaults(t *testing.T) {
	t.Parallel()
	s := account.NewService(account.Stores{}, account.Options{})
	_, err := s.Signup(t.Context(), account.SignupInput{Email: "ada", Password: "short", Name: "\t"}, here)
	var pointers []string
	for _, f := range apperr.From(err).Fields {
		pointers = append(pointers, f.Pointer+" "+f.Code)
	}
	if diff := cmp.Diff([]string{"/email invalid_email", "/name required", "/password too_short"}, pointers); diff != "" {
		t.Error(diff)
	}
}

func TestFirstSignupsAtOnceMakeOneOwner(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		t.Run(fmt.Sprintf("open=%t", open), func(t *testing.T) {
			t.Parallel()
			each(t, account.Options{OpenSignup: open}, func(t *testing.T, b *bundle) {
				const people = 6
				owners := make([]bool, people)
				errs := atOnce(t.Context(), people, func(ctx context.Context, i int) error {
					s, err := b.accounts.Signup(ctx, signup(fmt.Sprintf("p%d@example.com", i)), here)
					owners[i] = s.Account.InstanceOwner
					return err
				})
				n, let := 0, 0
				for i, err := range errs {
					if owners[i] {
						n++
					}
					if err == nil {
						let++
					} else {
						wantCode(t, err, apperr.Forbidden)
					}
				}
				if want := map[bool]int{false: 1, true: people}[open]; n != 1 || let != want {
					t.Errorf("%d owners, %d let in, want 1 and %d", n, let, want)
				}
			})
		})
	}
}

func TestSignupByInvitation(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		_, ada := b.first(t)
		w, err := b.workspaces.Create(ctx, ada, "Acme")
		if err != nil {
			t.Fatal(err)
		}
		inv, err := b.workspaces.Invite(ctx, ada, w.ID, workspace.InvitationInput{Email: ptr("Grace@Example.com"), Role: auth.RoleMember})
		if err != nil {
			t.Fatal(err)
		}
		in := signup("eve@example.com")
		in.InvitationToken = "tti_nonsense"
		_, err = b.accounts.Signup(ctx, in, account.SignupContext{})
		wantCode(t, err, apperr.ValidationFailed, "/invitation_token")
		in.InvitationToken = account.NewSecret(account.InvitationPrefix).Text
		_, err = b.accounts.Signup(ctx, in, account.SignupContext{})
		wantCode(t, err, apperr.Gone)
		in.InvitationToken = inv.Secret
		_, err = b.accounts.Signup(ctx, in, account.SignupContext{})
		wantCode(t, err, apperr.Forbidden)

		in.Email = "grace@example.com"
		s, err := b.accounts.Signup(ctx, in, account.SignupContext{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.workspaces.Get(ctx, b.principal(t, s.Secret), w.ID)
		if err != nil || got.Role != auth.RoleMember {
			t.Errorf("got %+v, %v", got, err)
		}
		in.Email = "eve@example.com"
		_, err = b.accounts.Signup(ctx, in, account.SignupContext{})
		wantCode(t, err, apperr.Gone)
		// Nothing of the failed attempts is left: the e-mail is free.
		if _, err := b.accounts.CreateUser(ctx, "eve@example.com", "Eve", password); err != nil {
			t.Error(err)
		}
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	each(t, account.Options{SessionTTL: time.Hour}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		b.first(t)
		calls, _ := b.accounts.CountHashes()
		_, unknown := b.accounts.Login(ctx, "nobody@example.com", password, account.Client{})
		afterUnknown := calls.Load()
		_, wrong := b.accounts.Login(ctx, "ada@example.com", password+"!", account.Client{})
		afterWrong := calls.Load() - afterUnknown
		wantCode(t, unknown, apperr.Unauthenticated)
		wantCode(t, wrong, apperr.Unauthenticated)
		if unknown.Error() != wrong.Error() || afterUnknown != 1 || afterWrong != 1 {
			t.Errorf("told apart: %v after %d hashes, %v after %d", unknown, afterUnknown, wrong, afterWrong)
		}
		_, err := b.accounts.Login(ctx, "", strings.Repeat("x", 201), account.Client{})
		wantCode(t, err, apperr.ValidationFailed, "/email")

		s, err := b.accounts.Login(ctx, " ADA@example.com", password, account.Client{})
		if err != nil {
			t.Fatal(err)
		}
		p := b.principal(t, s.Secret)
		if want := b.clock.now().Add(time.Hour).Truncate(time.Second); !s.ExpiresAt.Equal(want) {
			t.Errorf("expires at %s, want %s", s.ExpiresAt, want)
		}
		if items, _, err := b.accounts.Tokens(ctx, p, page(10, nil)); err != nil || len(items) != 0 {
			t.Errorf("sessions are listed: %v, %v", items, err)
		}
		if err := b.accounts.Logout(ctx, p); err != nil {
			t.Fatal(err)
		}
		_, err = b.accounts.Authenticate(ctx, s.Secret)
		wantCode(t, err, apperr.Unauthenticated)
		wantCode(t, b.accounts.Logout(ctx, auth.Principal{AccountID: p.AccountID}), apperr.Conflict)

		b.clock.advance(2 * time.Hour)
		late, err := b.accounts.Login(ctx, "ada@example.com", password, account.Client{})
		if err != nil {
			t.Fatal(err)
		}
		b.clock.advance(time.Hour)
		_, err = b.accounts.Authenticate(ctx, late.Secret)
		wantCode(t, err, apperr.TokenExpired)
	})
}

func TestGuessingIsSlowedDownByEmail(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		_, p := b.first(t)
		calls, peak := b.accounts.CountHashes()
		errs := atOnce(ctx, account.FreeFailures+10, func(ctx context.Context, _ int) error {
			_, err := b.accounts.Login(ctx, "ada@example.com", "a wrong password", account.Client{})
			return err
		})
		wrong := 0
		for _, err := range errs {
			if apperr.Is(err, apperr.Unauthenticated) {
				wrong++
			} else {
				wantCode(t, err, apperr.RateLimited)
			}
		}
		if limit := int64(account.FreeFailures + account.HashesAtOnce); calls.Load() > limit || int64(wrong) != calls.Load() {
			t.Errorf("%d guesses were compared, want at most %d", calls.Load(), limit)
		}
		if peak.Load() > account.HashesAtOnce {
			t.Errorf("%d hashes at once", peak.Load())
		}
		_, err := b.accounts.Login(ctx, "ada@example.com", password, account.Client{})
		wantCode(t, err, apperr.RateLimited)
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Password: ptr("another password"), CurrentPassword: ptr(password)})
		wantCode(t, err, apperr.RateLimited)
		b.clock.advance(account.MaxPause)
		if _, err := b.accounts.Login(ctx, "ada@example.com", password, account.Client{}); err != nil {
			t.Error(err)
		}
	})
}

func TestUpdateMe(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		mine, p := b.first(t)
		_, grace := b.user(t, "grace@example.com")
		other, err := b.accounts.Login(ctx, "ada@example.com", password, account.Client{})
		if err != nil {
			t.Fatal(err)
		}
		b.principal(t, other.Secret) // into the cache

		got, err := b.accounts.UpdateMe(ctx, p, account.Patch{Name: ptr("Ada L."), IfVersion: cond.Only(1)})
		if err != nil || got.Name != "Ada L." || got.Version != 2 {
			t.Fatalf("got %+v, %v", got, err)
		}
		if p = b.principal(t, mine.Secret); p.Name != "Ada L." {
			t.Errorf("the cache still says %q", p.Name)
		}
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Name: ptr("x"), IfVersion: cond.Only(1)})
		wantCode(t, err, apperr.PreconditionFailed)
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Name: ptr("")})
		wantCode(t, err, apperr.ValidationFailed, "/name")
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Email: ptr("grace@example.com"), CurrentPassword: ptr(password)})
		wantCode(t, err, apperr.AlreadyExists)
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Email: ptr("ada@example.org")})
		wantCode(t, err, apperr.ValidationFailed, "/current_password")
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Password: ptr("another password")})
		wantCode(t, err, apperr.ValidationFailed, "/current_password")
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Password: ptr("another password"), CurrentPassword: ptr("wrong password")})
		wantCode(t, err, apperr.ValidationFailed, "/current_password")
		reader := p
		reader.Scopes = []auth.Scope{auth.ScopeWrite}
		_, err = b.accounts.UpdateMe(ctx, reader, account.Patch{Name: ptr("x")})
		wantCode(t, err, apperr.InsufficientScope)
		b.principal(t, other.Secret) // nothing so far ended it

		token, err := b.accounts.CreateToken(ctx, p, account.TokenInput{Name: "ci", Scopes: auth.Scopes()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.accounts.UpdateMe(ctx, p, account.Patch{Password: ptr("another password"), CurrentPassword: ptr(password)}); err != nil {
			t.Fatal(err)
		}
		b.principal(t, mine.Secret)
		b.principal(t, token.Secret)
		_, err = b.accounts.Authenticate(ctx, other.Secret)
		wantCode(t, err, apperr.Unauthenticated)
		_, err = b.accounts.Login(ctx, "ada@example.com", password, account.Client{})
		wantCode(t, err, apperr.Unauthenticated)
		if _, err := b.accounts.Login(ctx, "ada@example.com", "another password", account.Client{}); err != nil {
			t.Error(err)
		}
		if me, err := b.accounts.Me(ctx, grace); err != nil || me.Version != 1 {
			t.Errorf("somebody else was changed: %+v, %v", me, err)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		_, ada := b.first(t)
		_, grace := b.user(t, "grace@example.com")
		now := b.clock.now()
		for pointer, in := range map[string]account.TokenInput{
			"/name":       {Scopes: auth.Scopes()},
			"/scopes":     {Name: "x", Scopes: []auth.Scope{"root"}},
			"/expires_at": {Name: "x", Scopes: auth.Scopes(), ExpiresAt: ptr(now.Add(-time.Hour))},
		} {
			_, err := b.accounts.CreateToken(ctx, ada, in)
			wantCode(t, err, apperr.ValidationFailed, pointer)
		}
		_, err := b.accounts.CreateToken(ctx, ada, account.TokenInput{Name: "x", Scopes: auth.Scopes(), ExpiresAt: &now})
		wantCode(t, err, apperr.ValidationFailed, "/expires_at")

		var ids []uuid.UUID
		for i := range 5 {
			b.clock.advance(time.Millisecond)
			tok, err := b.accounts.CreateToken(ctx, ada, account.TokenInput{Name: fmt.Sprint("t", i), Scopes: []auth.Scope{auth.ScopeWrite, auth.ScopeRead}, ExpiresAt: ptr(now.Add(time.Hour))})
			if err != nil {
				t.Fatal(err)
			}
			ids = append([]uuid.UUID{tok.ID}, ids...)
			if i == 4 {
				p := b.principal(t, tok.Secret)
				if want := []auth.Scope{auth.ScopeRead, auth.ScopeWrite}; !cmp.Equal(p.Scopes, want) || p.TokenName != "t4" || p.TokenID != tok.ID {
					t.Errorf("got %+v", p)
				}
				_, err := b.accounts.CreateToken(ctx, p, account.TokenInput{Name: "more", Scopes: auth.Scopes()})
				wantCode(t, err, apperr.InsufficientScope)
			}
		}
		var got []uuid.UUID
		for after := (*uuid.UUID)(nil); ; {
			items, next, err := b.accounts.Tokens(ctx, ada, page(2, after))
			if err != nil {
				t.Fatal(err)
			}
			for _, tok := range items {
				got = append(got, tok.ID)
			}
			if after = next; next == nil {
				break
			}
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Error(diff)
		}
		wantCode(t, b.accounts.RevokeToken(ctx, grace, ids[0]), apperr.NotFound)
		wantCode(t, b.accounts.RevokeToken(ctx, ada, ada.TokenID), apperr.NotFound) // a session is no such token
		if err := b.accounts.RevokeToken(ctx, ada, ids[0]); err != nil {
			t.Fatal(err)
		}
		wantCode(t, b.accounts.RevokeToken(ctx, ada, ids[0]), apperr.NotFound)

		tok, err := b.accounts.CreateTokenFor(ctx, "ADA@example.com", account.TokenInput{Name: "cli", Scopes: []auth.Scope{auth.ScopeRead}})
		if err != nil || tok.ExpiresAt != nil {
			t.Fatalf("got %+v, %v", tok, err)
		}
		_, err = b.accounts.CreateTokenFor(ctx, "nobody@example.com", account.TokenInput{Name: "cli", Scopes: auth.Scopes()})
		wantCode(t, err, apperr.NotFound)
	})
}
