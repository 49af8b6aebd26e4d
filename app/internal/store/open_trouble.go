package store

import (
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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
