package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// Bounds of what a bulk writer holds and of one of its statements. The bytes stay far below MySQL's max_allowed_packet
// of 16 MiB even when every one of them must be escaped; the arguments of statementRows below SQLite's 32766.
const (
	bulkRows      = 6000 // in memory, over all tables
	bulkBytes     = 4 << 20
	statementRows = 1000
)

// bulk collects rows of several tables and writes them with few statements, table by table, so that a row comes after
// those that its foreign keys point to.
type bulk struct {
	c      conn
	tables []*bulkTable
	rows   int
	bytes  int
}

// bulkTable is what waits to be written to a table.
type bulkTable struct {
	kind    string // of record, for faults
	name    string // of the table
	insert  string // INSERT INTO … VALUES
	columns int
	unique  string // what a duplicate means
	full    string // the statement of statementRows rows
	rows    []bulkRow
	// check looks at the rows before they are written; optional.
	check func(ctx context.Context, rows []bulkRow) error
}

type bulkRow struct {
	line  int64
	bytes int
	args  []any
}

func newBulkTable(kind, name, columns, unique string) *bulkTable {
	return &bulkTable{
		kind: kind, name: name, unique: unique, insert: "INSERT INTO " + name + " (" + columns + ") VALUES ",
		columns: strings.Count(columns, ",") + 1,
	}
}

// add puts a row on the heap and writes the heap when it is large.
func (b *bulk) add(ctx context.Context, t *bulkTable, line int64, args ...any) error {
	if len(args) != t.columns {
		return fmt.Errorf("bulk %s: %d values for %d columns", t.name, len(args), t.columns)
	}
	row := bulkRow{line: line, args: args}
	for _, a := range args {
		switch a := a.(type) {
		case string:
			row.bytes += len(a)
		case []byte:
			row.bytes += len(a)
		}
		row.bytes += 8
	}
	t.rows = append(t.rows, row)
	b.rows++
	b.bytes += row.bytes
	if b.rows >= bulkRows || b.bytes >= bulkBytes {
		return b.flush(ctx)
	}
	return nil
}

// flush writes all that waits.
func (b *bulk) flush(ctx context.Context) error {
	for _, t := range b.tables {
		if t.check != nil && len(t.rows) > 0 {
			if err := t.check(ctx, t.rows); err != nil {
				return err
			}
		}
		for rest := t.rows; len(rest) > 0; {
			n, size := 0, 0
			for n < len(rest) && n < statementRows && (n == 0 || size+rest[n].bytes <= bulkBytes) {
				size += rest[n].bytes
				n++
			}
			if err := b.write(ctx, t, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		clear(t.rows)
		t.rows = t.rows[:0]
	}
	b.rows, b.bytes = 0, 0
	return nil
}

// write writes rows by one statement. Where that fails for what is in a row, they are tried one by one to find it: the
// engines undo a failed statement, not the transaction.
func (b *bulk) write(ctx context.Context, t *bulkTable, rows []bulkRow) error {
	args := make([]any, 0, len(rows)*t.columns)
	for _, r := range rows {
		args = append(args, r.args...)
	}
	_, err := b.c.exec(ctx, "bulk."+t.name, t.statement(len(rows)), args...)
	if err == nil || !isDuplicate(err) && !isReference(err) {
		return public(err)
	}
	for _, r := range rows {
		if _, err := b.c.exec(ctx, "bulk."+t.name, t.statement(1), r.args...); err != nil {
			return t.fault(r, err)
		}
	}
	return public(err)
}

// fault says what it means that a row could not be written.
func (t *bulkTable) fault(r bulkRow, err error) error {
	switch {
	case isDuplicate(err):
		return &transfer.LineError{Line: r.line, Kind: t.kind, Err: apperr.Wrap(err, apperr.AlreadyExists, "%s", t.unique)}
	case isReference(err):
		return &transfer.LineError{Line: r.line, Kind: t.kind, Err: apperr.Wrap(err, apperr.ValidationFailed, "it refers to something that is not there")}
	}
	return public(err)
}

func (t *bulkTable) statement(rows int) string {
	build := func() string {
		one := "(" + marks(t.columns) + ")"
		return t.insert + one + strings.Repeat(", "+one, rows-1)
	}
	if rows != statementRows {
		return build()
	}
	if t.full == "" {
		t.full = build()
	}
	return t.full
}
