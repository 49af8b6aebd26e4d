package transfer_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// peek opens a connection of the test's own to a database, to look into its tables.
func peek(t *testing.T, engine store.Engine, address string) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", strings.TrimPrefix(address, "sqlite:")
	if engine == store.MySQL {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		cfg := mysql.NewConfig()
		cfg.User, cfg.Net, cfg.Addr, cfg.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
		cfg.Passwd, _ = u.User.Password()
		driver, dsn = "mysql", cfg.FormatDSN()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// rows is a whole table as text, one sorted line a row, empty for an empty table; alike for both engines.
func (b *bundle) rows(t *testing.T, table string) string {
	t.Helper()
	columns := "*"
	switch table {
	case "attachments":
		columns = "id, workspace_id, task_id, author_id, filename, content_type, size, sha256, state, created_at, confirmed_at, changed_at" // each import makes keys of its own
	case "task_search":
		columns = "task_id, workspace_id, project_id, doc" // and SQLite's rowid, which means nothing
	}
	rows, err := b.peek.QueryContext(t.Context(), "SELECT "+columns+" FROM "+table) //nolint:gosec // the test's own names
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		values := make([]sql.RawBytes, len(names))
		dest := make([]any, len(names))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for i, v := range values {
			fmt.Fprintf(&line, "%s=%q ", names[i], []byte(v))
		}
		lines = append(lines, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
