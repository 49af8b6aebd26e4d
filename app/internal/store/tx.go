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
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Tx is a transaction. Now is its one clock: everything that it writes happened at that time.
type Tx struct {
	conn
	Now    time.Time
	lastID uint64 // the time in the last id, in units of idTime
}

// locked sets the clock anew once the transaction holds what it is going to change, so that changes of one object have
// their times in the order in which they are made, whatever the wait for the lock was. The clock is later than last, when
// the object was changed before, also where another process's clock is ahead of this one's.
func (tx *Tx) locked(last time.Time) {
	tx.Now = tx.db.now().UTC().Truncate(time.Microsecond)
	if !tx.Now.After(last) {
		tx.Now = last.Add(time.Microsecond)
	}
}

// NewID returns a UUIDv7 (RFC 9562) of the transaction's time, with the fraction of the millisecond in the 12 bits
// behind the version, so that ids sort as their creation times do. Those of one transaction sort as they were made.
func (tx *Tx) NewID() uuid.UUID {
	tx.lastID = max(tx.lastID+1, idTime(tx.Now))
	return idAt(tx.lastID)
}

// NewID returns a UUIDv7 of that time.
func NewID(at time.Time) uuid.UUID { return idAt(idTime(at)) }

// idTime is a time as ids hold it: in units of 1/4096 ms since 1970.
func idTime(at time.Time) uint64 {
	us := uint64(at.UnixMicro())
	return us/1000<<12 | us%1000*4096/1000
}

func idAt(at uint64) (id uuid.UUID) {
	if _, err := rand.Read(id[8:]); err != nil {
		panic(fmt.Sprintf("no randomness: %v", err)) // crypto/rand never returns an error
	}
	binary.BigEndian.PutUint64(id[:8], at>>12<<16|0x7000|at&0xfff)
	id[8] = id[8]&0x3f | 0x80
	return id
}

// attempts is how often a transaction is run in all when the engine asks for it.
const attempts = 4

// retryFor bounds the time in which an attempt begins: a database that answers nothing costs its caller one read
// time-out, not four.
const retryFor = 5 * time.Second

// mutate runs fn in one transaction and commits it. A deadlock, a lock that was not had in time or a connection that broke
// before the commit rolls back and runs fn again, so fn must change nothing outside the transaction.
//
// Errors: of fn; outcome_unknown when the reply to the commit was lost; unavailable; storage_full.
func mutate[T any](ctx context.Context, db *DB, name string, fn func(tx *Tx) (T, error)) (T, error) {
	if idem.From(ctx) != nil {
		var none T
		return none, fmt.Errorf("%s: the request has an idempotency key, which this change does not keep", name)
	}
	return run(ctx, db, name, func(context.Context, *Tx) error { return nil }, fn, func(context.Context, *Tx, T) error { return nil })
}

// mutateOnce is mutate for changes that take an idempotency key: where ctx has one, the key, the request's hash and what
// was made are written in the same transaction. When the key is there already, fn does not run, and the error is an
// [idem.Replayed] with what was made then.
//
// Further errors: request_in_flight when another request holds the key; idempotency_key_reused when the key was used for
// something else.
func mutateOnce[T any](
	ctx context.Context, db *DB, name string, p auth.Principal, made func(T) []uuid.UUID, fn func(tx *Tx) (T, error),
) (T, error) {
	request := idem.From(ctx)
	claim := func(ctx context.Context, tx *Tx) error {
		if request == nil {
			return nil
		}
		return claimKey(ctx, tx, p, request)
	}
	keep := func(ctx context.Context, tx *Tx, v T) error {
		if request == nil {
			return nil
		}
		return keepResult(ctx, tx, p, request, made(v))
	}
	return run(ctx, db, name, claim, fn, keep)
}

// run runs before, fn and after in one transaction, again where the engine asks for it.
func run[T any](
	ctx context.Context, db *DB, name string, before func(context.Context, *Tx) error, fn func(*Tx) (T, error),
	after func(context.Context, *Tx, T) error,
) (T, error) {
	begin := time.Now()
	for attempt := 1; ; attempt++ {
		v, err := attemptTx(ctx, db, before, fn, after)
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

func attemptTx[T any](
	ctx context.Context, db *DB, before func(context.Context, *Tx) error, fn func(*Tx) (T, error), after func(context.Context, *Tx, T) error,
) (v T, err error) {
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
	if err := before(wait, tx); err != nil {
		return v, err
	}
	if v, err = fn(tx); err != nil {
		return v, err
	}
	if err := after(wait, tx, v); err != nil {
		return v, err
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

// claimKey takes the key for this transaction, waiting for another that holds it. Where it was used before, the error is
// [idem.Replayed].
func claimKey(ctx context.Context, tx *Tx, p auth.Principal, r *idem.Request) error {
	_, err := tx.exec(ctx, "idempotency.claim", claimKeySQL, p.AccountID[:], r.Key, r.Hash[:], micros(tx.Now))
	switch {
	case err == nil:
		r.Replayed = false
		return nil
	case faultOf(err) == faultLockWait && tx.db.d.engine == MySQL:
		return apperr.Wrap(err, apperr.RequestInFlight, "Another request with this Idempotency-Key is still being worked on. Try again shortly.")
	case !isDuplicate(err):
		return err
	}
	k, err := readKey(ctx, tx.conn, p, r)
	if err != nil {
		return err
	}
	earlier := new(idem.Replayed)
	if err := k.replay(r, &earlier.Made); err != nil {
		return err
	}
	return earlier
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

// keepResult writes what was made beside the key: ids, and nothing of the objects themselves.
func keepResult[T any](ctx context.Context, tx *Tx, p auth.Principal, r *idem.Request, made T) error {
	b, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("idempotency: result: %w", err)
	}
	_, err = tx.exec(ctx, "idempotency.keep", keepKeySQL, string(b), p.AccountID[:], r.Key)
	return err
}
