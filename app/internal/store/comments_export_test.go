package store

import (
	"context"
	"database/sql"
	"testing"
)

// ExecForTest runs a statement as it stands, so that a test of one table can fill the others without their services.
func ExecForTest(t testing.TB, db *DB, text string, args ...any) {
	t.Helper()
	if _, err := db.write.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// TextForTest returns the one text that a query gives.
func TextForTest(t testing.TB, db *DB, text string, args ...any) string {
	t.Helper()
	var s sql.NullString
	if err := db.write.QueryRowContext(context.WithoutCancel(t.Context()), text, args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s.String
}
