package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Tx is a transaction. Now is its one clock: everything that it writes happened at that time.
type Tx struct {
	conn
	Now time.Time
}

// NewID returns a UUIDv7 (RFC 9562) of the transaction's time, with the fraction of the millisecond in the 12 bits
// behind the version, so that ids sort as their creation times do.
func (tx *Tx) NewID() uuid.UUID { return NewID(tx.Now) }

// NewID returns a UUIDv7 of that time.
func NewID(at time.Time) uuid.UUID {
	var id uuid.UUID
	if _, err := rand.Read(id[8:]); err != nil {
		panic(fmt.Sprintf("no randomness: %v", err)) // crypto/rand never returns an error
	}
	us := uint64(at.UnixMicro())
	ms, fraction := us/1000, us%1000
	binary.BigEndian.PutUint64(id[:8], ms<<16|0x7000|fraction*4096/1000)
	id[8] = id[8]&0x3f | 0x80
	return id
}

// attempts is how often a transaction is run in all when the engine asks for it.
const attempts = 4

// retryFor bounds the time in which an attempt begins: a database that answers nothing costs its caller one read
// time-out, not four.
const retryFor = 5 * time.Second

// mutate runs fn in one transaction and commits it. A deadlock, a lock that was not had in time or a connection that broke
// before the commit rolls back and runs fn again, so fn must change nothing outside the transaction. With an idempotency key in ctx, the key, the
// request's hash and fn's result are written in the same transaction; when the key is there already, the earlier
// result is returned and fn does not run. T must survive a JSON round trip.
//
// Errors: of fn; outcome_unknown when the reply to the commit was lost; request_in_flight when another request holds
// the key; idempotency_key_reused when the key was used for something else; unavailable; storage_full.
func mutate[T any](ctx context.Context, db *DB, name string, p auth.Principal, fn func(tx *Tx) (T, error)) (T, error) {
	begin := time.Now()
	for attempt := 1; ; attempt++ {
		v, err := attemptTx(ctx, db, p, fn)
		if err == nil {
			return v, nil
		}
		if !retryable(err) || attempt == attempts || time.Since(begin) > retryFor || ctx.Err() != nil {
			var zero T
			return zero, public(err)
		}
		db.metrics.retries.WithLabelValues(name).Inc()
		pause := time.Duration(attempt) * (5*time.Millisecond + mathrand.N(20*time.Millisecond)) //nolint:gosec // spreads retries; nobody guesses it
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// retryable reports whether the transaction is known to have been rolled back for a reason that may have passed. A
// reference that points nowhere is one: what was there when it was checked was deleted since, and the check of the next
// run says so in words.
func retryable(err error) bool {
	if errors.Is(err, &apperr.Error{Code: apperr.OutcomeUnknown}) || errors.Is(err, &apperr.Error{Code: apperr.RequestInFlight}) {
		return false
	}
	switch faultOf(err) {
	case faultRetry, faultLockWait, faultUnknown, faultReference:
		return true
	case faultUnavailable:
		return errors.Is(err, driver.ErrBadConn)
	case faultOther, faultDuplicate, faultFull:
	}
	return false
}

func attemptTx[T any](ctx context.Context, db *DB, p auth.Principal, fn func(tx *Tx) (T, error)) (v T, err error) {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := db.write.BeginTx(wait, nil)
	if err != nil {
		return v, stmtError{"begin", err}
	}
	defer func() {
		if err != nil {
			_ = raw.Rollback() // a failed rollback leaves a broken connection, which the pool drops
		}
	}()
	tx := &Tx{conn: conn{q: raw, db: db}, Now: db.now().UTC().Truncate(time.Microsecond)}
	request := idem.From(ctx)
	if request != nil {
		if replayed, err := claimKey(wait, tx, p, request, &v); err != nil || replayed {
			_ = raw.Rollback()
			return v, err
		}
	}
	if v, err = fn(tx); err != nil {
		return v, err
	}
	if request != nil {
		if err := keepResult(wait, tx, p, request, v); err != nil {
			return v, err
		}
	}
	start := time.Now()
	err = raw.Commit()
	db.metrics.observe("commit", start, err)
	if err != nil {
		return v, commitError(err)
	}
	return v, nil
}

// commitError tells a commit that failed from one whose reply was lost. Only the former may be run again.
func commitError(err error) error {
	switch f := faultOf(err); {
	case errors.Is(err, driver.ErrBadConn), f == faultRetry, f == faultFull, f == faultLockWait:
		return stmtError{"commit", err}
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return stmtError{"commit", err} // database/sql says so before it sends the commit: the time was over
	}
	return apperr.Wrap(err, apperr.OutcomeUnknown,
		"The connection to the database broke while the change was being saved: it may or may not have been made. Send the request again with the same Idempotency-Key, or look.")
}

const (
	claimKeySQL = `INSERT INTO idempotency_keys (account_id, idem_key, request_hash, result, created_at) VALUES (?, ?, ?, NULL, ?)`
	readKeySQL  = `SELECT request_hash, result FROM idempotency_keys WHERE account_id = ? AND idem_key = ?`
	keepKeySQL  = `UPDATE idempotency_keys SET result = ? WHERE account_id = ? AND idem_key = ?`
)

// claimKey takes the key for this transaction, waiting for another that holds it. Where it was used before, the
// earlier result goes into out.
func claimKey[T any](ctx context.Context, tx *Tx, p auth.Principal, r *idem.Request, out *T) (replayed bool, err error) {
	_, err = tx.exec(ctx, "idempotency.claim", claimKeySQL, p.AccountID[:], r.Key, r.Hash[:], micros(tx.Now))
	switch {
	case err == nil:
		r.Replayed = false
		return false, nil
	case faultOf(err) == faultLockWait && tx.db.d.engine == MySQL:
		return false, apperr.Wrap(err, apperr.RequestInFlight, "Another request with this Idempotency-Key is still being worked on. Try again shortly.")
	case !isDuplicate(err):
		return false, err
	}
	k, err := readKey(ctx, tx.conn, p, r)
	if err != nil {
		return false, err
	}
	return true, k.replay(r, out)
}

// keptKey is an idempotency key that was used before.
type keptKey struct {
	hash   []byte
	result sql.NullString
}

func readKey(ctx context.Context, c conn, p auth.Principal, r *idem.Request) (keptKey, error) {
	return one(ctx, c, "idempotency.read", readKeySQL, func(row scanner) (k keptKey, err error) {
		return k, row.Scan(&k.hash, &k.result)
	}, p.AccountID[:], r.Key)
}

// replay puts the earlier result into out if the request is the same.
func (k keptKey) replay(r *idem.Request, out any) error {
	if subtle.ConstantTimeCompare(k.hash, r.Hash[:]) != 1 {
		return apperr.New(apperr.IdempotencyKeyReused, "This Idempotency-Key was used before, for a different request. Use a new key for a new request.")
	}
	if err := json.Unmarshal([]byte(k.result.String), out); err != nil {
		return fmt.Errorf("idempotency: kept result: %w", err)
	}
	r.Replayed = true
	return nil
}

func keepResult[T any](ctx context.Context, tx *Tx, p auth.Principal, r *idem.Request, v T) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // it would make six bytes of one, and nobody reads this as HTML
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("idempotency: result: %w", err)
	}
	_, err := tx.exec(ctx, "idempotency.keep", keepKeySQL, b.String(), p.AccountID[:], r.Key)
	return err
}
