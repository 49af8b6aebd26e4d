package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// Transfers reads whole workspaces and writes them; it implements [transfer.Store].
type Transfers struct{ db *DB }

// NewTransfers returns the transfers of a database.
func NewTransfers(db *DB) *Transfers { return &Transfers{db: db} }

var _ transfer.Store = (*Transfers)(nil)

// loadTimeout is how long a statement of a load may take to answer: the commit of a million tasks indexes their words.
const loadTimeout = 30 * time.Minute

// openLoads opens the pool for loads, whose connections are made when there is one, and closed a minute later.
func openLoads(o Options) (*sql.DB, error) {
	cfg, err := mysqlConfig(o.URL, o.CAFile)
	if err != nil {
		return nil, err
	}
	cfg.ReadTimeout = max(cfg.ReadTimeout, loadTimeout)
	pool, err := openConfig(cfg)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(min(o.MaxConns, 4))
	pool.SetMaxIdleConns(4)
	pool.SetConnMaxIdleTime(time.Minute)
	return pool, nil
}

const (
	transferFindSQL       = `SELECT id, name FROM workspaces WHERE name = ? ORDER BY id LIMIT 11`
	transferFindIDSQL     = `SELECT id, name FROM workspaces WHERE id = ?`
	transferAttachmentSQL = `SELECT state = 2 FROM attachments WHERE id = ?`
)

// Member implements [transfer.Store].
func (s *Transfers) Member(ctx context.Context, workspace, account uuid.UUID) (auth.Membership, error) {
	in, err := s.db.reader().membership(ctx, workspace, account)
	return in, public(err)
}

// AttachmentReady implements [transfer.Store].
func (s *Transfers) AttachmentReady(ctx context.Context, attachment uuid.UUID) (bool, error) {
	ready, err := one(ctx, s.db.reader(), "transfer.attachment", transferAttachmentSQL, func(row scanner) (ok bool, err error) {
		return ok, row.Scan(&ok)
	}, attachment[:])
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return ready, public(err)
}

// FindWorkspace finds a workspace by its id or, where that is none, by its exact name: not_found; conflict where
// several have the name, with their ids.
func (s *Transfers) FindWorkspace(ctx context.Context, idOrName string) (id uuid.UUID, name string, err error) {
	type found struct {
		id   uuid.UUID
		name string
	}
	scan := func(row scanner) (f found, err error) { return f, row.Scan(&f.id, &f.name) }
	if id, parseErr := uuid.Parse(idOrName); parseErr == nil {
		f, err := one(ctx, s.db.reader(), "transfer.find", transferFindIDSQL, scan, id[:])
		if !errors.Is(err, sql.ErrNoRows) {
			return f.id, f.name, public(err)
		}
	}
	all, err := collect(ctx, s.db.reader(), "transfer.find", transferFindSQL, scan, idOrName)
	switch {
	case err != nil:
		return uuid.Nil, "", public(err)
	case len(all) == 0:
		return uuid.Nil, "", apperr.New(apperr.NotFound, "There is no workspace with the id or name %q.", idOrName)
	case len(all) > 1:
		ids := ""
		for _, f := range all {
			ids += " " + f.id.String()
		}
		return uuid.Nil, "", apperr.New(apperr.Conflict, "Several workspaces have the name %q; say which by its id:%s", idOrName, ids)
	}
	return all[0].id, all[0].name, nil
}

// Earlier implements [transfer.Store].
func (s *Transfers) Earlier(ctx context.Context, p auth.Principal, read func() error) (*transfer.Summary, error) {
	request := idem.From(ctx)
	if request == nil {
		return nil, nil
	}
	kept, err := readKey(ctx, s.db.reader(), p, request)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, public(err)
	}
	if err := read(); err != nil {
		return nil, err
	}
	sum := new(transfer.Summary)
	return sum, kept.replay(request, sum)
}

// Load implements [transfer.Store]. The transaction has no time limit but its context's, and it is not run again: the
// stream that fills it cannot be read twice. Where it must not wait longer for others, the caller tries again.
func (s *Transfers) Load(ctx context.Context, dryRun bool, fn func(ctx context.Context, s transfer.Sink) error) (err error) {
	raw, err := s.db.loads.BeginTx(ctx, nil)
	if err != nil {
		return public(stmtError{"begin", err})
	}
	committed := false
	defer func() {
		if !committed {
			_ = raw.Rollback() // a failed rollback leaves a broken connection, which the pool drops and the server undoes
		}
	}()
	tx := &Tx{conn: conn{q: raw, db: s.db}, Now: s.db.now().UTC().Truncate(time.Microsecond)}
	if err := fn(ctx, newSink(tx)); err != nil || dryRun {
		return err
	}
	start := time.Now()
	committed = true // or nobody knows
	err = raw.Commit()
	s.db.metrics.observe("commit", start, err)
	if err != nil {
		return public(commitError(err))
	}
	return nil
}

// Tune gives SQLite's writer 64 MB for its pages, and a longer log before it moves them to their places, until the
// database is closed: loads of millions of rows touch many indexes at many places. On MySQL it does nothing.
func (s *Transfers) Tune(ctx context.Context) error {
	if s.db.d.engine != SQLite {
		return nil
	}
	for _, text := range []string{"PRAGMA cache_size = -65536", "PRAGMA wal_autocheckpoint = 32768"} {
		if _, err := (conn{q: s.db.write, db: s.db}).exec(ctx, "transfer.tune", text); err != nil {
			return public(err)
		}
	}
	return nil
}
