package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Engine is a kind of database.
type Engine string

// The engines.
const (
	MySQL  Engine = "mysql"
	SQLite Engine = "sqlite"
)

// dialect is all that differs between the engines in the text of a statement.
type dialect struct {
	engine   Engine
	words    *strings.Replacer
	rendered sync.Map // statement text → text for this engine
}

func newDialect(e Engine) *dialect {
	if e == MySQL {
		return &dialect{engine: e, words: strings.NewReplacer(
			"{FOR UPDATE}", "FOR UPDATE", "{FOR UPDATE OF t}", "FOR UPDATE OF t FOR SHARE OF p",
			"{FOR SHARE OF p}", "FOR SHARE OF p", "{FOR SHARE}", "FOR SHARE", "{INSERT IGNORE}", "INSERT IGNORE",
		)}
	}
	return &dialect{engine: e, words: strings.NewReplacer(
		"{FOR UPDATE}", "", "{FOR UPDATE OF t}", "", "{FOR SHARE OF p}", "", "{FOR SHARE}", "",
		"{INSERT IGNORE}", "INSERT OR IGNORE",
	)}
}

// render puts the engine's own words into a constant statement. Built statements, which have no end, contain no braces.
func (d *dialect) render(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	if s, ok := d.rendered.Load(text); ok {
		return s.(string)
	}
	s := d.words.Replace(text)
	d.rendered.Store(text, s)
	return s
}

// useIndex names the index that a list is read from. The planners would mostly find it; naming it makes a list's cost
// the same on the first day and with a million rows.
func (d *dialect) useIndex(name string) string {
	if d.engine == MySQL {
		return " FORCE INDEX (" + name + ")"
	}
	return " INDEXED BY " + name
}

// fault is what an engine's error means to us.
type fault int

const (
	faultOther       fault = iota
	faultDuplicate         // a unique key exists
	faultReference         // a foreign key points nowhere, or is pointed at
	faultRetry             // deadlock: the transaction was rolled back, run it again
	faultLockWait          // somebody held a lock for too long
	faultFull              // no space left
	faultUnavailable       // the database cannot be reached or does not take the statement now
	faultUnknown           // the connection broke while a statement was under way
)

// faultOf classifies an error of either engine.
func faultOf(err error) fault {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return mysqlFault(my.Number)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return sqliteFault(lite.Code())
	}
	var netErr net.Error
	switch {
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return faultUnknown
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, sql.ErrTxDone):
		return faultUnavailable
	case errors.As(err, &netErr):
		return faultUnavailable
	}
	return faultOther
}

// mysqlFault sorts server error numbers; https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html.
func mysqlFault(number uint16) fault {
	switch number {
	case 1062: // ER_DUP_ENTRY
		return faultDuplicate
	case 1216, 1217, 1451, 1452: // ER_NO_REFERENCED_ROW(_2), ER_ROW_IS_REFERENCED(_2)
		return faultReference
	case 1213: // ER_LOCK_DEADLOCK
		return faultRetry
	case 1205, 3572: // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_NOWAIT
		return faultLockWait
	case 1021, 1114: // ER_DISK_FULL, ER_RECORD_FILE_FULL
		return faultFull
	case 1040, 1044, 1045, 1049, 1053, 1129, 1146, 1203, 1226, 1290, 1792, 1836, 3032, 3168: // too many connections, access, no schema, shutdown, read-only, offline
		return faultUnavailable
	}
	return faultOther
}

// sqliteFault sorts extended result codes; https://sqlite.org/rescode.html.
func sqliteFault(code int) fault {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return faultDuplicate
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		return faultReference
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return faultLockWait
	case sqlite3.SQLITE_FULL:
		return faultFull
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return faultUnavailable
	}
	return faultOther
}

// isDuplicate reports whether err is a unique key that exists already.
func isDuplicate(err error) bool { return faultOf(err) == faultDuplicate }

// isReference reports whether err is a foreign key that points nowhere, or whose target is still pointed at.
func isReference(err error) bool { return faultOf(err) == faultReference }
