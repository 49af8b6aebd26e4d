package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

//go:embed migrations
var migrations embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	AppliedAt *time.Time `json:"applied_at"` // nil while it is pending
}

// The lock under which one process at a time migrates a MySQL database. Names of locks hold for the whole server, so the
// database's is in it, cut to the 64 characters that they may have. It is asked for again and again instead of waited
// for, since a wait would have to be shorter than the connection's read time-out.
const (
	takeMigrationLockSQL = `SELECT GET_LOCK(CONCAT('tasktracker.migrate.', LEFT(SHA2(DATABASE(), 256), 40)), 0)`
	dropMigrationLockSQL = `DO RELEASE_LOCK(CONCAT('tasktracker.migrate.', LEFT(SHA2(DATABASE(), 256), 40)))`
	migrationLockPause   = 100 * time.Millisecond
	migrationLockTries   = 600 // a minute
)

// ErrSchema is in the chain of what [DB.Ready] says of a schema that is missing or older than this program needs.
var ErrSchema = errors.New("the schema is not up to date")

// Migrate brings the schema up to date, one statement after the other, while no other process does. A schema that is
// current or newer (a later version of this program was here) is left alone. step, where not nil, hears of each
// statement that was run. Shared secrets are made where they are missing.
func (db *DB) Migrate(ctx context.Context, step func(Migration)) (err error) {
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return connecting(err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	p, err := db.migrator(db.loads) // a step may take minutes
	if err != nil {
		return err
	}
	for {
		have := db.schemaVersion(ctx)
		res, err := p.UpByOne(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			break
		}
		if err != nil && db.d.engine == SQLite && db.schemaVersion(ctx) > have {
			continue // another process was quicker with this step
		}
		if err != nil {
			return fmt.Errorf("migrate: %w", public(err))
		}
		if step != nil {
			now := db.now().UTC()
			step(Migration{Version: res.Source.Version, Name: res.Source.Path, AppliedAt: &now})
		}
	}
	for _, name := range []string{"cursor", "blob"} {
		if err := db.makeSecret(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Migrations lists the steps that this program knows, with the time at which each was applied.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := db.migrator(db.write)
	if err != nil {
		return nil, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", connecting(err))
	}
	out := make([]Migration, 0, len(all))
	for _, s := range all {
		m := Migration{Version: s.Source.Version, Name: s.Source.Path}
		if s.State == goose.StateApplied {
			at := s.AppliedAt.UTC()
			m.AppliedAt = &at
		}
		out = append(out, m)
	}
	return out, nil
}

func (db *DB) migrator(pool *sql.DB) (*goose.Provider, error) {
	dialects := map[Engine]database.Dialect{MySQL: goose.DialectMySQL, SQLite: goose.DialectSQLite3}
	dir, err := fs.Sub(migrations, "migrations/"+string(db.d.engine))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialects[db.d.engine], pool, dir, goose.WithAllowOutofOrder(false))
}

// schemaVersion is the last step that was applied; -1 where the database cannot tell.
func (db *DB) schemaVersion(ctx context.Context) int64 {
	v, err := one(ctx, conn{q: db.loads, db: db}, "schema.version", schemaVersionSQL, scanVersion)
	if err != nil {
		return -1
	}
	return v
}

const schemaVersionSQL = `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1`

func scanVersion(row scanner) (v int64, err error) { return v, row.Scan(&v) }

// lockMigrations waits up to a minute for its turn. SQLite needs no lock of ours: each step is a transaction of its one
// writer, and one that another process has made meanwhile fails here, which Migrate sees by the version.
func (db *DB) lockMigrations(ctx context.Context) (unlock func() error, err error) {
	if db.d.engine == SQLite {
		return func() error { return nil }, nil
	}
	c, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var got sql.NullInt64
	for range migrationLockTries {
		if err = c.QueryRowContext(ctx, takeMigrationLockSQL).Scan(&got); err != nil || got.Int64 == 1 {
			break
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), c.Close())
		case <-time.After(migrationLockPause):
		}
	}
	if err == nil && got.Int64 != 1 {
		err = apperr.New(apperr.Unavailable, "Another process has been migrating the database for a minute; try again later.")
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return func() error {
		_, err := c.ExecContext(context.WithoutCancel(ctx), dropMigrationLockSQL)
		return errors.Join(err, c.Close())
	}, nil
}

const (
	makeSecretSQL = `{INSERT IGNORE} INTO instance_settings (name, value) VALUES (?, ?)`
	readSecretSQL = `SELECT value FROM instance_settings WHERE name = ?`
)

func (db *DB) makeSecret(ctx context.Context, name string) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	_, err := conn{q: db.loads, db: db}.exec(ctx, "setting.make", makeSecretSQL, name, secret)
	return public(err)
}

// Secret returns one of the 32-byte secrets that all instances on this database share: "cursor" or "blob".
func (db *DB) Secret(ctx context.Context, name string) ([]byte, error) {
	secret, err := one(ctx, db.reader(), "setting.read", readSecretSQL, func(row scanner) (b []byte, err error) {
		return b, row.Scan(&b)
	}, name)
	return secret, public(err)
}

// Ready reports whether the database answers and its schema is at least as new as this program needs. The error says
// which of the two fails.
func (db *DB) Ready(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return unreachable(err)
	}
	p, err := db.migrator(db.write)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	have, err := one(ctx, db.reader(), "schema.version", schemaVersionSQL, scanVersion)
	switch {
	case noTable(err):
		return apperr.Wrap(fmt.Errorf("%w: %w", ErrSchema, err), apperr.Unavailable, "The database has no schema yet; run `tasktracker migrate up`.")
	case err != nil:
		return unreachable(err)
	case have < want:
		return apperr.Wrap(ErrSchema, apperr.Unavailable, "The database's schema is at version %d and this program needs %d; run `tasktracker migrate up`.", have, want)
	}
	return nil
}
