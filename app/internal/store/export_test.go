package store

import (
	"context"
	"database/sql"

	"github.com/task-tracker/task-tracker/app/internal/task"
)

// What the tests in package store_test may see.

// Exec runs a statement in either engine's form, for fixtures.
func (db *DB) Exec(ctx context.Context, text string, args ...any) error {
	_, err := conn{q: db.write, db: db}.exec(ctx, "test", text, args...)
	return err
}

// Pool is the pool that reads use.
func (db *DB) Pool() *sql.DB { return db.read }

// ListStatement is the statement that lists the tasks of a query, with its arguments.
func (s *Tasks) ListStatement(q task.Query, onlyCategory int) (string, []any, error) {
	b := listBuilder{d: s.db.d, q: q, only: onlyCategory}
	return b.build()
}
