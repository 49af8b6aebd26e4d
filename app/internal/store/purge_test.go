package store_test

import (
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func TestPurge(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		now := time.Now()
		account := newID()
		exec := func(text string, args ...any) {
			t.Helper()
			if err := db.Exec(ctx, text, args...); err != nil {
				t.Fatal(err)
			}
		}
		exec("INSERT INTO accounts (id, email, email_fold, name, password_hash, created_at, updated_at, version) VALUES (?, 'a', 'a', 'A', '', 1, 1, 1)", account[:])
		const digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
		// 2,500 old keys: more than two portions.
		exec(`INSERT INTO idempotency_keys (account_id, idem_key, request_hash, result, created_at)
SELECT ?, a.d * 1000 + b.d * 100 + c.d * 10 + e.d, ?, '1', ? + a.d * 1000 + b.d * 100 + c.d * 10 + e.d
FROM `+digits+` a, `+digits+` b, `+digits+` c, `+digits+` e WHERE a.d * 1000 + b.d * 100 < 2500`,
			account[:], make([]byte, 32), now.Add(-25*time.Hour).UnixMicro())
		exec("INSERT INTO idempotency_keys (account_id, idem_key, request_hash, result, created_at) VALUES (?, 'young', ?, '1', ?)",
			account[:], make([]byte, 32), now.Add(-23*time.Hour).UnixMicro())
		for i, expires := range []any{now.Add(-time.Hour).UnixMicro(), now.Add(time.Hour).UnixMicro(), nil} {
			id, hash := newID(), make([]byte, 32)
			hash[0] = byte(i)
			exec("INSERT INTO tokens (id, account_id, kind, name, hash, scopes, created_at, expires_at) VALUES (?, ?, 'token', 'n', ?, 'read', 1, ?)", id[:], account[:], hash, expires)
		}

		if err := db.PurgeIdempotencyKeys(ctx, now.Add(-24*time.Hour)); err != nil {
			t.Error(err)
		}
		if err := db.PurgeTokens(ctx, now); err != nil {
			t.Error(err)
		}
		for text, want := range map[string]int{"SELECT COUNT(*) FROM idempotency_keys": 1, "SELECT COUNT(*) FROM tokens": 2} {
			n := 0
			if err := db.Pool().QueryRowContext(ctx, text).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d, want %d (%v)", text, n, want, err)
			}
		}
	})
}
