// Package apperr holds the one error type that crosses package borders.
//
// An [Error] carries a stable code, a message that is safe to show to anyone, the faults of single fields, and the
// cause, which goes to the log and never to a client. Whatever is not an [Error] is an internal fault: [From] says so.
package apperr
