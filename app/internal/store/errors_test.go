package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// TestErrorsRepeatNoValues looks for a value that MySQL's own message repeats.
func TestErrorsRepeatNoValues(t *testing.T) {
	t.Parallel()
	err := stmtError{"account.insert", &mysql.MySQLError{Number: 1062, SQLState: [5]byte{'2', '3', '0', '0', '0'}, Message: "Duplicate entry 'ada@example.com' for key 'accounts_email'"}}
	if s := err.Error(); strings.Contains(s, "ada") || !strings.Contains(s, "1062") || !strings.Contains(s, "23000") {
		t.Error(s)
	}
	if !isDuplicate(err) {
		t.Error("the error lost its meaning")
	}
}

// TestTimeThatIsOverIsNoUnknownOutcome: database/sql refuses to commit when the transaction's time is over, and has
// rolled back.
func TestTimeThatIsOverIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, err := range []error{sql.ErrTxDone, context.DeadlineExceeded} {
		if got := public(commitError(err)); !apperr.Is(got, apperr.Unavailable) {
			t.Errorf("%v at commit: %v", err, got)
		}
	}
	if got := public(stmtError{"task.insert", sql.ErrTxDone}); !apperr.Is(got, apperr.Unavailable) {
		t.Errorf("in a statement: %v", got)
	}
	if got := commitError(mysql.ErrInvalidConn); !errors.Is(got, &apperr.Error{Code: apperr.OutcomeUnknown}) || retryable(got) {
		t.Errorf("a lost reply: %v", got)
	}
}
