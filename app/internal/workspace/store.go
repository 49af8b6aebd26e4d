package workspace

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Store keeps workspaces. What is changed is recorded as activity in the same transaction.
type Store interface {
	// Create makes a workspace whose owner is the principal.
	Create(ctx context.Context, p auth.Principal, name string) (Workspace, error)
	// Get finds a workspace with the viewer's role, which is empty for outsiders: not_found.
	Get(ctx context.Context, id, viewer uuid.UUID) (Workspace, error)
	// List gives the workspaces that the viewer is a member of, by name; with only, no other than that one.
	List(ctx context.Context, viewer, only uuid.UUID, page Page[uuid.UUID]) (items []Workspace, next *uuid.UUID, err error)
	// Update locks the workspace, lets decide change it and writes it with the next version: not_found, errors of decide.
	Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(cur Workspace) (Workspace, error)) (Workspace, error)
}

// Standing is what a change of a member is decided on.
type Standing struct {
	// Caller is what the caller is in the workspace.
	Caller auth.Membership
	// Member is who is to be changed; the role is empty where there is no such member.
	Member Member
	// Owners is how many owners the workspace has.
	Owners int
}

// MemberStore keeps members. Changes lock the workspace, so that they are decided one after the other.
type MemberStore interface {
	// Member is what an account is in a workspace; nothing for outsiders and where there is no such workspace.
	Member(ctx context.Context, workspace, account uuid.UUID) (auth.Membership, error)
	// List gives the members, those who joined first first.
	List(ctx context.Context, workspace uuid.UUID, page Page[MemberPlace]) (items []Member, next *MemberPlace, err error)
	// SetRole gives a member the role that decide returns, and deletes the pending invitations that they made and could
	// not make any more. Errors: not_found for the workspace, errors of decide.
	SetRole(ctx context.Context, p auth.Principal, workspace, account uuid.UUID, decide func(Standing) (auth.Role, error)) (Member, error)
	// Remove removes a member unless decide fails, and deletes the pending invitations that they made. Errors: not_found for the workspace, errors of decide.
	Remove(ctx context.Context, p auth.Principal, workspace, account uuid.UUID, decide func(Standing) error) error
}

// InvitationStore keeps invitations.
type InvitationStore interface {
	// Create keeps what decide returns under the hash of its token. Errors: of decide; already_exists when the e-mail is a
	// member's.
	Create(ctx context.Context, p auth.Principal, workspace uuid.UUID, hash [32]byte, decide func(caller auth.Membership) (InvitationInput, error)) (Invitation, error)
	// List gives a workspace's invitations, newest first.
	List(ctx context.Context, workspace uuid.UUID, page Page[uuid.UUID]) (items []Invitation, next *uuid.UUID, err error)
	// Revoke deletes an invitation unless decide fails. Errors: not_found, errors of decide.
	Revoke(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(cur Invitation, caller auth.Membership) error) error
	// Accept makes the principal a member and spends the invitation. Errors: those of [Invitation.Acceptable]; gone for an
	// unknown hash; already_exists for a member.
	Accept(ctx context.Context, p auth.Principal, hash [32]byte) (Workspace, error)
}
