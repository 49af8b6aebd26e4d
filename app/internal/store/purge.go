package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Old rows go in portions, each found by its index and deleted in a statement of its own, so that nobody waits long for
// a lock. Several processes may purge at once.
const (
	oldKeysSQL    = `SELECT created_at FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT 1 OFFSET 999`
	purgeKeysSQL  = `DELETE FROM idempotency_keys WHERE created_at <= ?`
	oldTokensSQL  = `SELECT expires_at FROM tokens WHERE expires_at < ? ORDER BY expires_at LIMIT 1 OFFSET 999`
	purgeTokenSQL = `DELETE FROM tokens WHERE expires_at <= ?`
)

// PurgeIdempotencyKeys removes the keys that were used before the given time.
func (db *DB) PurgeIdempotencyKeys(ctx context.Context, before time.Time) error {
	return db.purge(ctx, "idempotency.purge", oldKeysSQL, purgeKeysSQL, before)
}

// PurgeTokens removes the tokens and sessions that expired before the given time.
func (db *DB) PurgeTokens(ctx context.Context, before time.Time) error {
	return db.purge(ctx, "token.purge", oldTokensSQL, purgeTokenSQL, before)
}

// purge deletes portion by portion: it looks up the time of the portion's last row and deletes all up to that time.
func (db *DB) purge(ctx context.Context, name, findSQL, deleteSQL string, before time.Time) error {
	c := conn{q: db.write, db: db}
	for {
		last, err := one(ctx, c, name+".find", findSQL, func(row scanner) (at int64, err error) { return at, row.Scan(&at) }, micros(before))
		more := err == nil
		if errors.Is(err, sql.ErrNoRows) { // less than a portion is left
			last, err = micros(before)-1, nil
		}
		if err != nil {
			return public(err)
		}
		if _, err := c.exec(ctx, name, deleteSQL, last); err != nil {
			return public(err)
		}
		if !more {
			return nil
		}
	}
}
