package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

const (
	// A person can log in by a password or by an identity provider.
	canLogIn    = `a.kind = 'person' AND a.deleted_at IS NULL AND (a.password_hash <> '' OR EXISTS (SELECT 1 FROM account_identities i WHERE i.account_id = a.id))`
	canLogInSQL = `SELECT a.id FROM accounts a WHERE a.id IN (%) AND ` + canLogIn
	ownsSQL     = `SELECT COUNT(*) FROM accounts WHERE id = ? AND owner_slot = 1 AND deleted_at IS NULL`

	// The workspaces that were deleted may be restored, with their members.
	claimSeatsSQL = `SELECT m.workspace_id, m.role, COALESCE(n.role, '') FROM members m
LEFT JOIN members n ON n.workspace_id = m.workspace_id AND n.account_id = ? WHERE m.account_id = ?
UNION ALL SELECT m.workspace_id, m.role, COALESCE(n.role, '') FROM deleted_members m
LEFT JOIN deleted_members n ON n.workspace_id = m.workspace_id AND n.account_id = ? WHERE m.account_id = ?`
	invitationBoundSQL = `SELECT bound FROM invitations WHERE id = ?`
)

// CanLogIn returns those of the accounts that are people who can log in, by a password or an identity provider. Imported
// people cannot, nor can service accounts and deleted ones.
func (s *Accounts) CanLogIn(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	able, err := s.db.reader().canLogIn(ctx, ids)
	return able, public(err)
}

// canLogIn is [Accounts.CanLogIn], also inside a transaction.
func (c conn) canLogIn(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	able := map[uuid.UUID]bool{}
	if len(ids) == 0 {
		return able, nil
	}
	return able, c.each(ctx, "account.can_log_in", c.db.d.filled(canLogInSQL, len(ids)), func(row scanner) error {
		id, err := scanID(row)
		able[id] = true
		return err
	}, idArgs(ids)...)
}

// claim gives an account that nobody can log in to to whom an invitation to its address was handed: password, perhaps name,
// and membership, which stays what it is where there is one. found is false where no account has the address. Errors:
// already_exists where somebody can log in, or the invitation is not to the address; gone, forbidden of the invitation;
// forbidden where the inviter may not give the account away.
func (tx *Tx) claim(ctx context.Context, n account.NewAccount) (a account.Account, found bool, err error) {
	c, err := one(ctx, tx.conn, "account.by_email", accountByEmailSQL, scanAccount, account.FoldEmail(n.Email))
	if noRow(err) {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	if c, err = tx.lockAccount(ctx, c.ID); err != nil {
		if noRow(err) { // deleted just now
			return a, false, nil
		}
		return a, false, err
	}
	able, err := tx.canLogIn(ctx, []uuid.UUID{c.ID})
	if err != nil {
		return a, true, err
	}
	if able[c.ID] || n.Invitation == nil || account.FoldEmail(c.Email) != account.FoldEmail(n.Email) {
		return a, true, account.Taken(nil)
	}
	i, err := tx.lockInvitation(ctx, c.Email, *n.Invitation)
	if err != nil {
		return a, true, err
	}
	if i.Email == "" { // for anybody who has the token
		return a, true, account.Taken(nil)
	}
	if err := tx.mayClaim(ctx, c, i.ID, i.WorkspaceID, i.InvitedBy.ID); err != nil {
		return a, true, err
	}
	if _, err := tx.exec(ctx, "token.end_all", endTokensSQL, c.ID[:]); err != nil {
		return a, true, err
	}
	if n.Name != "" {
		c.Name = n.Name
	}
	tx.locked(c.UpdatedAt)
	c.UpdatedAt, c.Version = tx.Now, c.Version+1
	_, err = tx.exec(ctx, "account.claim", updateAccountSQL, c.Email, account.FoldEmail(c.Email), c.Name, n.PasswordHash, micros(c.UpdatedAt), c.Version, c.ID[:])
	if err != nil {
		return a, true, err
	}
	in, err := tx.membership(ctx, i.WorkspaceID, c.ID)
	if err != nil {
		return a, true, err
	}
	return c.Account, true, tx.spendInvitation(ctx, auth.Principal{AccountID: c.ID, Name: c.Name, Email: c.Email}, i, in.Role.Valid())
}

// mayClaim reads what a claim is decided on, and decides it.
func (tx *Tx) mayClaim(ctx context.Context, c account.Credentials, invitation, workspace, inviter uuid.UUID) error {
	claim := account.Claim{OfOwner: c.InstanceOwner}
	bound, err := one(ctx, tx.conn, "invitation.bound", invitationBoundSQL, func(row scanner) (b bool, err error) { return b, row.Scan(&b) }, invitation[:])
	if err != nil {
		return err
	}
	if bound {
		claim.Within = workspace
	}
	owns, err := one(ctx, tx.conn, "account.owns", ownsSQL, scanCount, inviter[:])
	if err != nil {
		return err
	}
	claim.ByOwner = owns > 0
	claim.Seats, err = collect(ctx, tx.conn, "account.claim_seats", claimSeatsSQL, func(row scanner) (s account.Seat, err error) {
		return s, row.Scan(&s.Workspace, &s.Claimed, &s.Inviter)
	}, inviter[:], c.ID[:], inviter[:], c.ID[:])
	if err != nil {
		return err
	}
	return claim.Check()
}
