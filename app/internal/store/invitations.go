package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// Invitations keeps invitations; it is the [workspace.InvitationStore].
type Invitations struct{ db *DB }

var _ workspace.InvitationStore = (*Invitations)(nil)

// NewInvitations returns the invitations of a database.
func NewInvitations(db *DB) *Invitations { return &Invitations{db: db} }

const (
	// The inviter's name, as a query of its own inside the statement, is read without a lock where the statement locks.
	selectInvitationSQL = `SELECT i.id, i.workspace_id, i.email, i.role, i.invited_by, COALESCE((SELECT a.name FROM accounts a WHERE a.id = i.invited_by), ''),
  i.created_at, i.expires_at, i.accepted_at FROM invitations i`

	lockInvitationSQL       = selectInvitationSQL + ` WHERE i.id = ? {FOR UPDATE}`
	lockInvitationByHashSQL = selectInvitationSQL + ` WHERE i.hash = ? {FOR UPDATE}`
	listInvitationsSQL      = selectInvitationSQL + ` WHERE i.workspace_id = ? AND i.id < ? ORDER BY i.id DESC LIMIT ?`
	// An imported member whom nobody can log in as yet is let in by an invitation.
	memberByEmailSQL = `SELECT COUNT(*) FROM accounts a JOIN members m ON m.account_id = a.id AND m.workspace_id = ? WHERE a.email_fold = ? AND ` + canLogIn

	insertInvitationSQL = `INSERT INTO invitations (id, workspace_id, email, email_fold, role, hash, invited_by, bound, created_at, expires_at, accepted_at, accepted_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)`
	spendInvitationSQL  = `UPDATE invitations SET accepted_at = ?, accepted_by = ? WHERE id = ? AND accepted_at IS NULL`
	deleteInvitationSQL = `DELETE FROM invitations WHERE id = ?`
	// The workspace is locked by then; the rows are read as they are now, with what was accepted meanwhile.
	pendingInvitationsSQL = selectInvitationSQL + ` WHERE i.workspace_id = ? AND i.invited_by = ? AND i.accepted_at IS NULL {FOR UPDATE}`
	accountEmailSQL       = `SELECT email FROM accounts WHERE id = ?`
)

func scanInvitation(row scanner) (i workspace.Invitation, err error) {
	var created, expires int64
	var accepted sql.NullInt64
	err = row.Scan(&i.ID, &i.WorkspaceID, &i.Email, &i.Role, &i.InvitedBy.ID, &i.InvitedBy.Name, &created, &expires, &accepted)
	i.CreatedAt, i.ExpiresAt, i.AcceptedAt = fromMicros(created), fromMicros(expires), fromNullMicros(accepted)
	return i, err
}

// Create implements [workspace.InvitationStore].
func (s *Invitations) Create(
	ctx context.Context, p auth.Principal, id uuid.UUID, hash [32]byte,
	decide func(auth.Membership) (workspace.InvitationInput, error),
) (workspace.Invitation, error) {
	return mutate(ctx, s.db, "invitation.create", func(tx *Tx) (workspace.Invitation, error) {
		// The lock keeps the inviter's role until the invitation is there for a demotion or removal to find.
		if _, err := tx.lockWorkspace(ctx, id, p); err != nil {
			return workspace.Invitation{}, err
		}
		caller, err := tx.membership(ctx, id, p.AccountID)
		if err != nil {
			return workspace.Invitation{}, err
		}
		in, err := decide(caller)
		if err != nil {
			return workspace.Invitation{}, err
		}
		email := "" // for whoever has the token
		if in.Email != nil {
			email = *in.Email
			n, err := one(ctx, tx.conn, "member.by_email", memberByEmailSQL, scanCount, id[:], account.FoldEmail(email))
			if err != nil {
				return workspace.Invitation{}, err
			}
			if n > 0 {
				return workspace.Invitation{}, apperr.New(apperr.AlreadyExists, "The workspace has a member with this e-mail address.")
			}
		}
		i := workspace.Invitation{
			ID: tx.NewID(), WorkspaceID: id, Email: email, Role: in.Role, InvitedBy: workspace.Person{ID: p.AccountID, Name: p.Name},
			CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(workspace.InvitationTTL),
		}
		_, err = tx.exec(ctx, "invitation.insert", insertInvitationSQL, i.ID[:], id[:], i.Email, account.FoldEmail(i.Email), string(i.Role), hash[:], p.AccountID[:],
			p.Workspace != uuid.Nil, micros(i.CreatedAt), micros(i.ExpiresAt))
		if err != nil {
			return i, err
		}
		return i, tx.recordInvitation(ctx, p, i, "invitation.created")
	})
}

// recordInvitation notes the role but not the address: viewers read the log, and not the invitations.
func (tx *Tx) recordInvitation(ctx context.Context, p auth.Principal, i workspace.Invitation, action string) error {
	var changes activity.Changes
	switch action {
	case "invitation.created":
		changes.Add("role", nil, i.Role)
	case "invitation.revoked":
		changes.Add("role", i.Role, nil)
	}
	return tx.record(ctx, p, activity.Entry{WorkspaceID: i.WorkspaceID, Action: action, EntityType: "invitation", EntityID: i.ID, Changes: changes})
}

// List implements [workspace.InvitationStore].
func (s *Invitations) List(ctx context.Context, id uuid.UUID, page workspace.Page[uuid.UUID]) ([]workspace.Invitation, *uuid.UUID, error) {
	before := uuid.Max
	if page.After != nil {
		before = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "invitation.list", listInvitationsSQL, scanInvitation, id[:], before[:])
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

// Revoke implements [workspace.InvitationStore].
func (s *Invitations) Revoke(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(workspace.Invitation, auth.Membership) error) error {
	_, err := mutate(ctx, s.db, "invitation.revoke", func(tx *Tx) (struct{}, error) {
		i, err := one(ctx, tx.conn, "invitation.lock", lockInvitationSQL, scanInvitation, id[:])
		if err != nil {
			return struct{}{}, absent(err, "invitation")
		}
		tx.locked(i.CreatedAt)
		caller, err := tx.membership(ctx, i.WorkspaceID, p.AccountID)
		if err != nil {
			return struct{}{}, err
		}
		if err := decide(i, caller); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.exec(ctx, "invitation.delete", deleteInvitationSQL, id[:]); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.recordInvitation(ctx, p, i, "invitation.revoked")
	})
	return err
}

// withdrawInvitations revokes what an inviter who has only that role now could not have made with it, so that nobody
// comes back by an invitation of their own.
func (tx *Tx) withdrawInvitations(ctx context.Context, p auth.Principal, id, inviter uuid.UUID, role auth.Role) error {
	if role == auth.RoleOwner {
		return nil
	}
	pending, err := collect(ctx, tx.conn, "invitation.pending", pendingInvitationsSQL, scanInvitation, id[:], inviter[:])
	if err != nil {
		return err
	}
	for _, i := range pending {
		if role == auth.RoleAdmin && i.Role != auth.RoleOwner {
			continue
		}
		if _, err := tx.exec(ctx, "invitation.delete", deleteInvitationSQL, i.ID[:]); err != nil {
			return err
		}
		if err := tx.recordInvitation(ctx, p, i, "invitation.revoked"); err != nil {
			return err
		}
	}
	return nil
}

// Accept implements [workspace.InvitationStore].
func (s *Invitations) Accept(ctx context.Context, p auth.Principal, hash [32]byte) (workspace.Workspace, error) {
	return mutateOnce(ctx, s.db, "invitation.accept", p, madeWorkspace, func(tx *Tx) (workspace.Workspace, error) {
		email, err := one(ctx, tx.conn, "account.email", accountEmailSQL, func(row scanner) (email string, err error) {
			return email, row.Scan(&email)
		}, p.AccountID[:])
		if err != nil {
			return workspace.Workspace{}, absent(err, "account")
		}
		p.Email = email // the principal's may be some seconds old
		i, err := tx.acceptInvitation(ctx, p, hash)
		if err != nil {
			return workspace.Workspace{}, err
		}
		w, err := one(ctx, tx.conn, "workspace.get", getWorkspaceSQL, scanWorkspace, p.AccountID[:], i.WorkspaceID[:])
		return w, absent(err, "workspace")
	})
}

// lockInvitation reads an invitation that the person with that e-mail may accept now, and holds it, so that of two who come
// at once the second finds it spent. Errors: those of [workspace.Invitation.Acceptable]; gone for an unknown hash.
func (tx *Tx) lockInvitation(ctx context.Context, email string, hash [32]byte) (workspace.Invitation, error) {
	i, err := one(ctx, tx.conn, "invitation.lock_by_hash", lockInvitationByHashSQL, scanInvitation, hash[:])
	if errors.Is(err, sql.ErrNoRows) {
		return i, workspace.ErrInvitationGone // its checksum is right, so it was one
	}
	if err != nil {
		return i, err
	}
	tx.locked(i.CreatedAt)
	return i, i.Acceptable(email, tx.Now)
}

// acceptInvitation makes the principal, whose e-mail is the account's, a member.
func (tx *Tx) acceptInvitation(ctx context.Context, p auth.Principal, hash [32]byte) (workspace.Invitation, error) {
	i, err := tx.lockInvitation(ctx, p.Email, hash)
	if err != nil {
		return i, err
	}
	return i, tx.spendInvitation(ctx, p, i, false)
}

// spendInvitation marks a locked invitation as accepted and makes the principal what it says, unless it is a member, who stays
// what they are.
func (tx *Tx) spendInvitation(ctx context.Context, p auth.Principal, i workspace.Invitation, member bool) error {
	n, err := tx.exec(ctx, "invitation.spend", spendInvitationSQL, micros(tx.Now), p.AccountID[:], i.ID[:])
	if err != nil {
		return err
	}
	if n == 0 { // cannot be while the row is locked, and must not be in any case
		return workspace.ErrInvitationGone
	}
	if !member {
		err = tx.addMember(ctx, p, i.WorkspaceID, p.AccountID, i.Role)
	}
	if isDuplicate(err) {
		return apperr.Wrap(err, apperr.AlreadyExists, "You are a member of the workspace already.")
	}
	if err != nil {
		return err
	}
	return tx.recordInvitation(ctx, p, i, "invitation.accepted")
}
