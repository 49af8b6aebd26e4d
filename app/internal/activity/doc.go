// Package activity is the append-only record of who changed what, from what, to what, when and by which token.
//
// The entries are written by the store in the transaction of the change itself; this package holds their shape, helps to
// compare an object before and after, and reads them back, newest first, for a task, a project or a workspace.
package activity
