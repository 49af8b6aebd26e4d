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

// ListStatement is the statement that lists the tasks of a query, with its arguments, as List would run it; what List
// asks before runs on c.
func (s *Tasks) ListStatement(ctx context.Context, on *sql.Conn, q task.Query) (string, []any, error) {
	b, c := listBuilder{d: s.db.d, q: q}, conn{q: on, db: s.db}
	if len(q.StatusIDs) > 0 {
		found, err := statusCategories(ctx, c, q.StatusIDs)
		if err != nil {
			return "", nil, err
		}
		b.narrow(found)
	}
	if err := b.choose(ctx, c); err != nil {
		return "", nil, err
	}
	return b.build()
}
