// Package store holds all SQL.
//
// [Open] gives a [DB] on MySQL or on SQLite; [Tasks], [Projects] and the others each serve one domain on it. Statements
// are constants beside the code that scans their rows and read the same on both engines; the few things that differ
// stand in dialect.go, as words in braces that a statement may use:
//
//	{FOR UPDATE}      locks the rows read, on MySQL; SQLite has one writer
//	{FOR UPDATE OF t} locks the task and keeps its project p from being archived meanwhile
//	{FOR SHARE OF p}  only the latter
//	{INSERT IGNORE}   passes over rows that exist
//
// Every change goes through mutate: one transaction with one clock, run again after a deadlock, with the request's
// idempotency key written beside the change. Times are integers, microseconds since 1970 in UTC; ids are 16 bytes.
package store
