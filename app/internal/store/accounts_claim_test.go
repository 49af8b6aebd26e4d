package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestCanLogIn tells who can log in: by a password or an identity provider, and nobody else.
func TestCanLogIn(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		ctx, accounts := t.Context(), store.NewAccounts(db)
		create := func(email, hash string) uuid.UUID {
			t.Helper()
			a, err := accounts.Create(ctx, account.NewAccount{Email: email, Name: "X", PasswordHash: hash})
			if err != nil {
				t.Fatal(err)
			}
			return a.ID
		}
		byPassword, imported, byProvider, unknown := create("a@example.com", "hash"), create("b@example.com", ""), create("c@example.com", ""), uuid.New()
		id := account.Identity{Issuer: "https://issuer.example", Subject: "c", Email: "c@example.com", ExpiresAt: time.Now()}
		if _, err := accounts.LinkIdentity(ctx, id, false); err != nil {
			t.Fatal(err)
		}
		got, err := accounts.CanLogIn(ctx, []uuid.UUID{byPassword, imported, byProvider, unknown})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[uuid.UUID]bool{byPassword: true, byProvider: true}, got); diff != "" {
			t.Error(diff)
		}
		if got, err := accounts.CanLogIn(ctx, nil); err != nil || len(got) != 0 {
			t.Errorf("of nobody: %v, %v", got, err)
		}
	})
}
