// Package auth says who asks and what they may do.
//
// A [Principal] is whoever a request is made by; the [Table] lists, action by action, the least role in the workspace
// and the token scope that it takes. Services ask [Principal.May] or [Principal.MayAccount] before they act. What the
// caller is in the place asked about is a [Membership]: a role together with its workspace, so that a principal bound to
// another workspace has no role in it. The package imports nothing of this project, so every room may use it; looking
// tokens up is the business of package account.
package auth
