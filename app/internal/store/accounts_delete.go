package store

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

const (
	membershipsSQL = `SELECT workspace_id, role FROM members WHERE account_id = ? ORDER BY workspace_id`
	// Service accounts are not counted: without people a workspace is nobody's.
	othersSQL = `SELECT COUNT(*), COALESCE(SUM(CASE WHEN m.role = 'owner' THEN 1 ELSE 0 END), 0) FROM members m JOIN accounts a ON a.id = m.account_id
WHERE m.workspace_id = ? AND m.account_id <> ? AND a.kind = 'person'`
	endDeletedMembershipsSQL = `DELETE FROM deleted_members WHERE account_id = ?`
	invitationsToSQL         = selectInvitationSQL + ` WHERE i.email_fold = ? AND i.accepted_at IS NULL {FOR UPDATE}`
	forgetInvitedSQL         = `UPDATE invitations SET email = '', email_fold = '' WHERE email_fold = ?`
	forgetAcceptedSQL        = `UPDATE invitations SET email = '', email_fold = '' WHERE accepted_by = ?`
)

// Delete implements [account.EndStore].
func (s *Accounts) Delete(ctx context.Context, p auth.Principal, decide func(account.Leaving) error) error {
	_, err := mutate(ctx, s.db, "account.delete", func(tx *Tx) (struct{}, error) {
		return struct{}{}, tx.deleteAccount(ctx, p, decide)
	})
	return err
}

// leftWorkspace is a workspace that an account leaves with its end.
type leftWorkspace struct {
	workspace.Workspace                         // the role is the account's
	others              struct{ n, owners int } // other people
}

func (tx *Tx) deleteAccount(ctx context.Context, p auth.Principal, decide func(account.Leaving) error) error {
	cur, err := tx.lockAccount(ctx, p.AccountID)
	if err != nil {
		return absent(err, "account")
	}
	left, err := tx.leftWorkspaces(ctx, p)
	if err != nil {
		return err
	}
	leaving := account.Leaving{Credentials: cur}
	var alone []workspace.Workspace
	for _, w := range left {
		switch {
		case w.others.n == 0:
			alone = append(alone, w.Workspace)
		case w.Role == auth.RoleOwner && w.others.owners == 0:
			leaving.Owned = append(leaving.Owned, w.Name)
		}
	}
	if err := decide(leaving); err != nil {
		return err
	}
	nobody := auth.Principal{AccountID: cur.ID} // without the token, which ends
	if err := tx.deleteLonelyWorkspaces(ctx, nobody, alone); err != nil {
		return err
	}
	for _, w := range left {
		if err := tx.leave(ctx, nobody, w.Workspace); err != nil {
			return err
		}
	}
	if _, err := tx.exec(ctx, "account.end_deleted_memberships", endDeletedMembershipsSQL, cur.ID[:]); err != nil {
		return err
	}
	if err := tx.forgetInvited(ctx, nobody, cur.Email); err != nil {
		return err
	}
	if err := tx.endAccount(ctx, cur.ID, cur.ID, account.DeletedName); err != nil {
		return err
	}
	_, err = tx.unassign(ctx, nobody, cur.ID)
	return err
}

// leftWorkspaces locks the account's workspaces, in the order of their ids, and counts the other people there.
func (tx *Tx) leftWorkspaces(ctx context.Context, p auth.Principal) ([]leftWorkspace, error) {
	in, err := collect(ctx, tx.conn, "account.memberships", membershipsSQL, func(row scanner) (m auth.Membership, err error) {
		return m, row.Scan(&m.Workspace, &m.Role)
	}, p.AccountID[:])
	if err != nil {
		return nil, err
	}
	left := make([]leftWorkspace, len(in))
	for i, m := range in {
		if left[i].Workspace, err = tx.lockWorkspace(ctx, m.Workspace, p); err != nil {
			return nil, err
		}
		left[i].others, err = one(ctx, tx.conn, "account.others", othersSQL, func(row scanner) (o struct{ n, owners int }, err error) {
			return o, row.Scan(&o.n, &o.owners)
		}, m.Workspace[:], p.AccountID[:])
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// deleteLonelyWorkspaces deletes the workspaces that no person is left in when the principal is gone, as DELETE
// /v1/workspaces/{workspace} does. They are locked. As long as workspaces cannot be deleted, it refuses.
func (tx *Tx) deleteLonelyWorkspaces(_ context.Context, _ auth.Principal, workspaces []workspace.Workspace) error {
	if len(workspaces) == 0 {
		return nil
	}
	names := make([]string, len(workspaces))
	for i, w := range workspaces {
		names[i] = w.Name
	}
	return apperr.New(apperr.Conflict, "No other person is in these workspaces of the account: %s. Make somebody else an owner there first.", account.Names(names))
}

// leave ends the principal's membership of a locked workspace, and the pending invitations that it made there.
func (tx *Tx) leave(ctx context.Context, p auth.Principal, w workspace.Workspace) error {
	n, err := tx.exec(ctx, "member.delete", deleteMemberSQL, w.ID[:], p.AccountID[:])
	if err != nil || n == 0 { // the workspace was deleted with its members
		return err
	}
	var changes activity.Changes
	changes.Add("role", w.Role, nil)
	if err := tx.recordMember(ctx, p, w.ID, p.AccountID, "member.removed", changes); err != nil {
		return err
	}
	return tx.withdrawInvitations(ctx, p, w.ID, p.AccountID, auth.RoleNone)
}

// forgetInvited ends the pending invitations to the address of the principal, and takes it out of all others.
func (tx *Tx) forgetInvited(ctx context.Context, p auth.Principal, email string) error {
	fold := account.FoldEmail(email)
	if fold == "" { // as invitations have that are to nobody's address
		return nil
	}
	pending, err := collect(ctx, tx.conn, "invitation.to", invitationsToSQL, scanInvitation, fold)
	if err != nil {
		return err
	}
	for _, i := range pending {
		if _, err := tx.exec(ctx, "invitation.delete", deleteInvitationSQL, i.ID[:]); err != nil {
			return err
		}
		if err := tx.recordInvitation(ctx, p, i, "invitation.revoked"); err != nil {
			return err
		}
	}
	if _, err := tx.exec(ctx, "invitation.forget_invited", forgetInvitedSQL, fold); err != nil {
		return err
	}
	_, err = tx.exec(ctx, "invitation.forget_accepted", forgetAcceptedSQL, p.AccountID[:])
	return err
}

const (
	freeOwnerSQL = `UPDATE accounts SET owner_slot = NULL, updated_at = ?, version = version + 1 WHERE owner_slot = 1 AND id <> ?`
	// A page of what an account did, in the order of its index.
	tokenNamesSQL = `SELECT workspace_id, id, token_name <> '' FROM activity{INDEX} WHERE actor_id = ? AND (workspace_id > ? OR workspace_id = ? AND id > ?)
ORDER BY workspace_id, id LIMIT ?`
	forgetTokenNamesSQL = `UPDATE activity SET token_id = NULL, token_name = '' WHERE id IN (%)`
)

// HandOver implements [account.OwnerStore].
func (s *Accounts) HandOver(ctx context.Context, id uuid.UUID) (account.Account, error) {
	return mutate(ctx, s.db, "account.hand_over", func(tx *Tx) (account.Account, error) {
		v, err := tx.lockAccount(ctx, id)
		if err != nil {
			return account.Account{}, absent(err, "account")
		}
		if v.InstanceOwner {
			return v.Account, nil
		}
		if _, err := tx.exec(ctx, "account.free_owner", freeOwnerSQL, micros(tx.Now), id[:]); err != nil {
			return account.Account{}, err
		}
		v.InstanceOwner, v.UpdatedAt, v.Version = true, tx.Now, v.Version+1
		_, err = tx.exec(ctx, "account.make_owner", makeOwnerSQL, micros(v.UpdatedAt), v.Version, id[:])
		if isDuplicate(err) {
			err = account.ErrOwnerExists // made by another process just now
		}
		return v.Account, err
	})
}

// forgetTokenNames takes the tokens out of all that an account did: their names are its owner's own words.
func (db *DB) forgetTokenNames(ctx context.Context, id uuid.UUID) error {
	const page = 1000
	type entry struct {
		workspace, id uuid.UUID
		named         bool
	}
	c := conn{q: db.write, db: db}
	text := strings.Replace(tokenNamesSQL, "{INDEX}", db.d.useIndex("activity_actor"), 1)
	for last := (entry{}); ; {
		entries, err := collect(ctx, c, "account.token_names", text, func(row scanner) (e entry, err error) {
			return e, row.Scan(&e.workspace, &e.id, &e.named)
		}, id[:], last.workspace[:], last.workspace[:], last.id[:], page)
		if err != nil {
			return public(err)
		}
		var named []uuid.UUID
		for _, e := range entries {
			if last = e; e.named {
				named = append(named, e.id)
			}
		}
		if len(named) > 0 {
			if _, err := c.exec(ctx, "account.forget_token_names", db.d.filled(forgetTokenNamesSQL, len(named)), idArgs(named)...); err != nil {
				return public(err)
			}
		}
		if len(entries) < page {
			return nil
		}
	}
}
