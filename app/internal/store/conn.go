package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// conn runs named statements on a pool or in a transaction and times them.
type conn struct {
	q interface {
		ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	}
	db *DB
}

// reader is where reads go that must see every change that was answered.
func (db *DB) reader() conn { return conn{q: db.read, db: db} }

// patience is how long a statement outside a transaction, or a whole transaction, may take with its wait for a connection. Without it, those who wait for a database that answers nothing would wait for each other's time-outs.
const patience = 15 * time.Second

// patient bounds a statement on the pool. One in a transaction has a connection already, and the read time-out.
func (c conn) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, pool := c.q.(*sql.DB); pool {
		return context.WithTimeout(ctx, patience)
	}
	return ctx, func() {}
}

// exec runs a statement and returns how many rows it matched.
func (c conn) exec(ctx context.Context, name, text string, args ...any) (int64, error) {
	ctx, cancel := c.patient(ctx)
	defer cancel()
	start := time.Now()
	res, err := c.q.ExecContext(ctx, c.db.d.render(text), args...)
	c.db.metrics.observe(name, start, err)
	if err != nil {
		return 0, stmtError{name, err}
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, stmtError{name, err}
	}
	return n, nil
}

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// collect runs a query and scans every row. The result is never nil, so that it encodes as [].
func collect[T any](ctx context.Context, c conn, name, text string, scan func(scanner) (T, error), args ...any) (out []T, err error) {
	out = []T{}
	err = c.each(ctx, name, text, func(row scanner) error {
		v, err := scan(row)
		if err == nil {
			out = append(out, v)
		}
		return err
	}, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// one runs a query and scans its first row; [sql.ErrNoRows] where there is none.
func one[T any](ctx context.Context, c conn, name, text string, scan func(scanner) (T, error), args ...any) (T, error) {
	var v T
	found := false
	err := c.each(ctx, name, text, func(row scanner) (err error) {
		if !found {
			v, err = scan(row)
			found = true
		}
		return err
	}, args...)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return v, err
}

// each runs a query and hands every row to fn, so that a long answer is never held in memory. A query that stands alone
// and whose connection broke before the first row is asked once more, on another connection: it changed nothing.
func (c conn) each(ctx context.Context, name, text string, fn func(scanner) error, args ...any) error {
	ctx, cancel := c.patient(ctx)
	defer cancel()
	start := time.Now()
	handed, err := c.pass(ctx, name, text, fn, args...)
	_, alone := c.q.(*sql.DB)
	if alone && handed == 0 && faultOf(err) == faultUnknown && ctx.Err() == nil && time.Since(start) < retryFor {
		c.db.metrics.retries.WithLabelValues(name).Inc()
		_, err = c.pass(ctx, name, text, fn, args...)
	}
	if err != nil {
		return stmtError{name, err}
	}
	return nil
}

// pass runs a query once and returns how many rows it handed to fn.
func (c conn) pass(ctx context.Context, name, text string, fn func(scanner) error, args ...any) (handed int, err error) {
	start := time.Now()
	defer func() { c.db.metrics.observe(name, start, err) }()
	rows, err := c.q.QueryContext(ctx, c.db.d.render(text), args...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		handed++
		if err := fn(rows); err != nil {
			return handed, err
		}
	}
	return handed, rows.Err()
}

// stmtError says which statement failed, never with which arguments.
type stmtError struct {
	name string
	err  error
}

// Error leaves out the server's own words: of a duplicate key or a syntax error they repeat values.
func (e stmtError) Error() string {
	var my *mysql.MySQLError
	if errors.As(e.err, &my) {
		return fmt.Sprintf("sql %s: MySQL error %d (%s)", e.name, my.Number, my.SQLState[:])
	}
	return "sql " + e.name + ": " + e.err.Error()
}

func (e stmtError) Unwrap() error { return e.err }

// public turns what is left of an engine's errors into what a client may hear: the database is away, is full, is busy.
// Errors of the domains pass through.
func public(err error) error {
	if err == nil {
		return nil
	}
	var e *apperr.Error
	if errors.As(err, &e) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return apperr.Wrap(err, apperr.ClientClosed, "The request was cancelled before it was done.")
	}
	switch faultOf(err) {
	case faultUnavailable, faultUnknown, faultRetry:
		return apperr.Wrap(err, apperr.Unavailable, "The database cannot be reached right now. Nothing was changed; try again shortly.")
	case faultLockWait:
		return apperr.Wrap(err, apperr.Unavailable, "The database is busy with a conflicting change. Nothing was changed; try again shortly.")
	case faultFull:
		return apperr.Wrap(err, apperr.StorageFull, "The storage is full. Nothing was changed.")
	case faultOther, faultDuplicate, faultReference:
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return apperr.Wrap(err, apperr.Unavailable, "The database took too long. Nothing was changed; try again shortly.")
	}
	return err
}

// missing maps no row to the failure that hides what a caller may not see.
func missing(err error, object string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return apperr.Missing(object)
	}
	return public(err)
}

// Scanning and binding. The drivers know neither 16-byte ids nor integer times.

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

func microsPtr(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMicro()
}

func fromNullMicros(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := fromMicros(n.Int64)
	return &t
}

func idPtr(id *uuid.UUID) any {
	if id == nil {
		return nil
	}
	return id[:]
}

func fromNullID(n uuid.NullUUID) *uuid.UUID {
	if !n.Valid {
		return nil
	}
	return &n.UUID
}
