package store

import (
	"errors"
	"fmt"
	"os"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// anotherPath is what one can do about most files that cannot be used.
const anotherPath = "or set TASKTRACKER_DATABASE_URL to another path"

// sqliteTrouble says in words what is wrong with a database file that cannot be opened, and what to do.
func sqliteTrouble(path string, err error) error {
	trouble := func(text string) error { return fmt.Errorf("database file %s: %s (%w)", path, text, err) }
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return fmt.Errorf("database file %s: %w", path, err)
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return trouble("it is no SQLite database; move it away, " + anotherPath)
	case sqlite3.SQLITE_CORRUPT:
		return trouble("it is damaged; put a backup in its place, or save what can be read with `sqlite3 FILE .recover`")
	case sqlite3.SQLITE_FULL:
		return trouble("the disk is full; free some space")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return trouble("another program holds it; stop that")
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM:
		f, openErr := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the path is the operator's own setting
		if openErr != nil {
			return fmt.Errorf("database file: %w; it and its folder must be writable for the service, %s", openErr, anotherPath)
		}
		_ = f.Close()
		return trouble("it cannot be used; its folder must be writable for the service, on a disk of this machine, " + anotherPath)
	}
	return fmt.Errorf("database file %s: %w", path, err)
}

// refused says in words why a MySQL server that answers does not let us in, and what to do; nil where it is something
// else. The text may be shown to anybody: it names neither the user nor the database.
func refused(err error) error {
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		return nil
	}
	switch my.Number {
	case 1049: // ER_BAD_DB_ERROR
		return apperr.Wrap(err, apperr.Unavailable, "The MySQL server has no database of that name; create it, or run `tasktracker migrate up --ensure-user`.")
	case 1045: // ER_ACCESS_DENIED_ERROR
		return apperr.Wrap(err, apperr.Unavailable,
			"The MySQL server refuses the user or its password; correct them, or create the user with `tasktracker migrate up --ensure-user`.")
	case 1044, 1142: // ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR
		return apperr.Wrap(err, apperr.Unavailable,
			"The MySQL user lacks rights on the database; grant them, or run `tasktracker migrate up --ensure-user`.")
	}
	return nil
}

// unreachable is what a failed ping means.
func unreachable(err error) error {
	if said := refused(err); said != nil {
		return said
	}
	return apperr.Wrap(err, apperr.Unavailable, "The database cannot be reached.")
}

// connecting is public for the first statement on a database, which may not let us in.
func connecting(err error) error {
	if said := refused(err); said != nil {
		return said
	}
	return public(err)
}

// noTable reports whether a statement failed because a table is missing.
func noTable(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number == 1146 // ER_NO_SUCH_TABLE
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code() == sqlite3.SQLITE_ERROR
}
