package account_test

import (
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

func TestRevocationTakesEffect(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		_, ada := b.first(t)
		elsewhere := b.service(t, account.Options{CacheTTL: time.Hour}) // which is cut to 5 s
		tok, err := b.accounts.CreateToken(ctx, ada, account.TokenInput{Name: "ci", Scopes: auth.Scopes()})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*account.Service{b.accounts, elsewhere} {
			if _, err := s.Authenticate(ctx, tok.Secret); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.accounts.RevokeToken(ctx, ada, tok.ID); err != nil {
			t.Fatal(err)
		}
		_, err = b.accounts.Authenticate(ctx, tok.Secret)
		wantCode(t, err, apperr.Unauthenticated)
		if _, err := elsewhere.Authenticate(ctx, tok.Secret); err != nil {
			t.Errorf("the other process does not cache: %v", err)
		}
		b.clock.advance(5 * time.Second)
		_, err = elsewhere.Authenticate(ctx, tok.Secret)
		wantCode(t, err, apperr.Unauthenticated)
	})
}

func TestExpiryTakesEffectInTheCacheToo(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		_, ada := b.first(t)
		tok, err := b.accounts.CreateToken(ctx, ada, account.TokenInput{Name: "ci", Scopes: auth.Scopes(), ExpiresAt: ptr(b.clock.now().Add(2 * time.Second))})
		if err != nil {
			t.Fatal(err)
		}
		b.principal(t, tok.Secret)
		b.clock.advance(2 * time.Second)
		_, err = b.accounts.Authenticate(ctx, tok.Secret)
		wantCode(t, err, apperr.TokenExpired)
		b.clock.advance(time.Hour)
		_, err = b.accounts.Authenticate(ctx, tok.Secret)
		wantCode(t, err, apperr.TokenExpired)
	})
}

func TestLastUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		_, ada := b.first(t)
		tok, err := b.accounts.CreateToken(t.Context(), ada, account.TokenInput{Name: "ci", Scopes: auth.Scopes()})
		if err != nil {
			t.Fatal(err)
		}
		if tok.LastUsedAt != nil {
			t.Error("used before it was used")
		}
		start := b.clock.now()
		for _, step := range []struct{ at, want time.Duration }{{0, 0}, {30 * time.Second, 0}, {50 * time.Second, 0}, {60 * time.Second, 60 * time.Second}, {90 * time.Second, 60 * time.Second}} {
			b.clock.advance(start.Add(step.at).Sub(b.clock.now()))
			b.principal(t, tok.Secret)
			b.accounts.Close() // waits for the note
			items, _, err := b.accounts.Tokens(t.Context(), ada, page(10, nil))
			if err != nil || len(items) != 1 || items[0].LastUsedAt == nil || !items[0].LastUsedAt.Equal(start.Add(step.want)) {
				t.Fatalf("after %s: got %+v, %v, want %s", step.at, items, err, start.Add(step.want))
			}
		}
	})
}

func TestBearersThatAreNone(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		for _, bearer := range []string{"", "tt_", "x", "a.b.c", account.NewSecret(account.TokenPrefix).Text, account.NewSecret(account.InvitationPrefix).Text, "tt_\xff\x00"} {
			_, err := b.accounts.Authenticate(t.Context(), bearer)
			wantCode(t, err, apperr.Unauthenticated)
		}
	})
}

func TestAuthenticatingTakesOneStatementAndThenNone(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		mine, _ := b.first(t)
		b.accounts.Close() // the use is noted
		for _, step := range []struct {
			advance time.Duration
			want    uint64
		}{{5 * time.Second, 1}, {time.Second, 0}, {5 * time.Second, 1}} {
			b.clock.advance(step.advance)
			before := b.statements(t)
			b.principal(t, mine.Secret)
			if got := b.statements(t) - before; got != step.want {
				t.Errorf("%d statements, want %d", got, step.want)
			}
		}
	})
}
