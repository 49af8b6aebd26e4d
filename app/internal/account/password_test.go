package account_test

import (
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

// The same password as two keyboards send it.
const (
	composed   = "caf\u00e9 au lait, s'il vous pla\u00eet"
	decomposed = "cafe\u0301 au lait, s'il vous plai\u0302t"
)

// TestPasswordsAreTheSameFromEveryKeyboard signs up with one form of a password and in with the others.
func TestPasswordsAreTheSameFromEveryKeyboard(t *testing.T) {
	t.Parallel()
	each(t, account.Options{OpenSignup: true}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		for i, form := range []string{composed, decomposed} {
			in := signup(string(rune('a'+i)) + "@example.com")
			in.Password = form
			if _, err := b.accounts.Signup(ctx, in, here); err != nil {
				t.Fatal(err)
			}
			for _, given := range []string{composed, decomposed, strings.ReplaceAll(composed, " ", "\u00a0")} {
				if _, err := b.accounts.Login(ctx, in.Email, given, account.Client{}); err != nil {
					t.Errorf("signed up with %q, in with %q: %v", form, given, err)
				}
			}
			_, err := b.accounts.Login(ctx, in.Email, strings.ReplaceAll(composed, "\u00e9", "e"), account.Client{})
			wantCode(t, err, apperr.Unauthenticated)
		}
		// Characters are counted as they are hashed.
		in := signup("c@example.com")
		in.Password = strings.Repeat("e\u0301", 9)
		_, err := b.accounts.Signup(ctx, in, here)
		wantCode(t, err, apperr.ValidationFailed, "/password")
		in.Password = strings.Repeat("e\u0301", 200)
		if _, err = b.accounts.Signup(ctx, in, here); err != nil {
			t.Fatal(err)
		}
		if _, err := b.accounts.Login(ctx, in.Email, in.Password, account.Client{}); err != nil {
			t.Error(err)
		}
		in.Email, in.Password = "d@example.com", in.Password+"e"
		_, err = b.accounts.Signup(ctx, in, here)
		wantCode(t, err, apperr.ValidationFailed, "/password")
		_, err = b.accounts.Login(ctx, in.Email, in.Password, account.Client{})
		wantCode(t, err, apperr.ValidationFailed, "/password")
	})
}

// TestPasswordsHashedAsGivenServe logs in to accounts whose hashes were made before passwords were prepared: the first
// log-in from the keyboard that the password was made with hashes it anew, and from then on it is the same from every one.
func TestPasswordsHashedAsGivenServe(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx, accounts := t.Context(), store.NewAccounts(b.db)
		old := func(email string) account.Account {
			t.Helper()
			a, err := accounts.Create(ctx, account.NewAccount{Email: email, Name: "Old", PasswordHash: account.HashAsGiven(decomposed)})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		made := old("a@example.com")
		_, err := b.accounts.Login(ctx, made.Email, composed, account.Client{})
		wantCode(t, err, apperr.Unauthenticated)
		s, err := b.accounts.Login(ctx, made.Email, decomposed, account.Client{})
		if err != nil {
			t.Fatal(err)
		}
		calls, _ := b.accounts.CountHashes()
		for _, form := range []string{composed, decomposed} {
			again, err := b.accounts.Login(ctx, made.Email, form, account.Client{})
			if err != nil {
				t.Fatalf("%q: %v", form, err)
			}
			if again.Account.Version != made.Version || !again.Account.UpdatedAt.Equal(made.UpdatedAt) {
				t.Errorf("the account counts as changed: %+v", again.Account)
			}
		}
		if calls.Load() != 2 {
			t.Errorf("two log-ins take %d hashes", calls.Load())
		}
		b.principal(t, s.Secret) // no session has ended

		// So does the proof of a change.
		old("b@example.com")
		token, err := b.accounts.CreateTokenFor(ctx, "b@example.com", account.TokenInput{Name: "cli", Scopes: auth.Scopes()})
		if err != nil {
			t.Fatal(err)
		}
		p := b.principal(t, token.Secret)
		_, err = b.accounts.UpdateMe(ctx, p, account.Patch{Email: ptr("c@example.com"), CurrentPassword: ptr(composed)})
		wantCode(t, err, apperr.ValidationFailed, "/current_password")
		if _, err := b.accounts.UpdateMe(ctx, p, account.Patch{Email: ptr("c@example.com"), CurrentPassword: ptr(decomposed)}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.accounts.Login(ctx, "c@example.com", composed, account.Client{}); err != nil {
			t.Error(err)
		}
	})
}

// TestUnknownEmailTakesAsManyHashesAsAWrongPassword counts them for a password that is tried in two forms.
func TestUnknownEmailTakesAsManyHashesAsAWrongPassword(t *testing.T) {
	t.Parallel()
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		b.first(t)
		calls, _ := b.accounts.CountHashes()
		for given, want := range map[string]int64{composed: 1, decomposed: 2} {
			for _, email := range []string{"nobody@example.com", "ada@example.com"} {
				before := calls.Load()
				_, err := b.accounts.Login(t.Context(), email, given, account.Client{})
				wantCode(t, err, apperr.Unauthenticated)
				if took := calls.Load() - before; took != want {
					t.Errorf("%s with %q: %d hashes, want %d", email, given, took, want)
				}
			}
		}
	})
}
