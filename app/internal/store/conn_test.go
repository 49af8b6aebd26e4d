package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// brittle is a server whose first connections break, one after the other, at the first query.
type brittle struct {
	breaks  int
	queries int
}

func (b *brittle) Connect(context.Context) (driver.Conn, error) { return brittleConn{b}, nil }
func (b *brittle) Driver() driver.Driver                        { return nil }

type brittleConn struct{ *brittle }

func (brittleConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not needed") }
func (brittleConn) Begin() (driver.Tx, error)           { return brittleConn{}, nil }
func (brittleConn) Close() error                        { return nil }
func (brittleConn) Commit() error                       { return nil }
func (brittleConn) Rollback() error                     { return nil }

func (c brittleConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	c.queries++
	if c.queries <= c.breaks {
		return nil, mysql.ErrInvalidConn
	}
	return &oneRow{}, nil
}

type oneRow struct{ done bool }

func (*oneRow) Columns() []string { return []string{"n"} }
func (*oneRow) Close() error      { return nil }

func (r *oneRow) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done, dest[0] = true, int64(7)
	return nil
}

// TestAReadIsAskedOnceMore breaks the connection of a query. One that stands alone is asked once more, not twice.
func TestAReadIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	for _, breaks := range []int{0, 1, 2} {
		server := &brittle{breaks: breaks}
		pool := sql.OpenDB(server)
		t.Cleanup(func() { _ = pool.Close() })
		db := &DB{write: pool, read: pool, d: &dialect{engine: MySQL}}
		db.metrics = newMetrics(nil, db)
		got, err := one(t.Context(), db.reader(), "test", "SELECT 7", func(row scanner) (n int, err error) { return n, row.Scan(&n) })
		if want := min(breaks, 1) + 1; server.queries != want {
			t.Errorf("%d connections broke: %d queries, want %d", breaks, server.queries, want)
		}
		switch {
		case breaks < 2 && (err != nil || got != 7):
			t.Errorf("%d connections broke: %d, %v", breaks, got, err)
		case breaks == 2 && !errors.Is(err, mysql.ErrInvalidConn):
			t.Errorf("two connections broke: %v", err)
		}
	}
}
