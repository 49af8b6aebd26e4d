// Package comment is what people say on tasks: Markdown texts whose earlier wordings are kept.
//
// Every member of the workspace reads comments, those who may write add them, only the author edits one, and the author
// or an administrator removes it. An archived project's comments stay as they are.
package comment
