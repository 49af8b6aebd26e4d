// Package workspace is about tenants: workspaces, who is what in them, and invitations to join.
//
// The roles and what each may do stand in package auth. Beyond that table: only owners make and unmake owners, and the
// last owner can neither leave nor step down. Whoever is no member learns nothing of a workspace, not even that it is.
//
// Wiring:
//
//	workspaces := workspace.NewService(store.NewWorkspaces(db), store.NewMembers(db), store.NewInvitations(db))
package workspace
