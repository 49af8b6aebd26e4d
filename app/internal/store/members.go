package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// Members keeps who is what in workspaces; it is the [workspace.MemberStore].
type Members struct{ db *DB }

var _ workspace.MemberStore = (*Members)(nil)

// NewMembers returns the members of a database's workspaces.
func NewMembers(db *DB) *Members { return &Members{db: db} }

const (
	memberColumns = `a.id, a.kind, a.name, a.email, m.role, m.joined_at`

	getMemberSQL   = `SELECT ` + memberColumns + ` FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = ? AND m.account_id = ?`
	listMembersSQL = `SELECT ` + memberColumns + ` FROM members m JOIN accounts a ON a.id = m.account_id
WHERE m.workspace_id = ? AND (m.joined_at > ? OR m.joined_at = ? AND m.account_id > ?) ORDER BY m.joined_at, m.account_id LIMIT ?`
	countOwnersSQL = `SELECT COUNT(*) FROM members WHERE workspace_id = ? AND role = 'owner'`

	insertMemberSQL = `INSERT INTO members (workspace_id, account_id, role, joined_at) VALUES (?, ?, ?, ?)`
	updateMemberSQL = `UPDATE members SET role = ? WHERE workspace_id = ? AND account_id = ?`
	deleteMemberSQL = `DELETE FROM members WHERE workspace_id = ? AND account_id = ?`
)

func scanMember(row scanner) (m workspace.Member, err error) {
	var joined int64
	err = row.Scan(&m.Account.ID, &m.Kind, &m.Account.Name, &m.Email, &m.Role, &joined)
	m.JoinedAt = fromMicros(joined)
	return m, err
}

// Member implements [workspace.MemberStore].
func (s *Members) Member(ctx context.Context, id, account uuid.UUID) (auth.Membership, error) {
	in, err := s.db.reader().membership(ctx, id, account)
	return in, public(err)
}

// List implements [workspace.MemberStore].
func (s *Members) List(ctx context.Context, id uuid.UUID, page workspace.Page[workspace.MemberPlace]) ([]workspace.Member, *workspace.MemberPlace, error) {
	var joined int64 // nobody joined in 1970
	var after uuid.UUID
	if page.After != nil {
		joined, after = micros(page.After.JoinedAt), page.After.Account
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "member.list", listMembersSQL, scanMember, id[:], joined, joined, after[:])
	if err != nil || !more {
		return items, nil, err
	}
	last := items[len(items)-1]
	return items, &workspace.MemberPlace{JoinedAt: last.JoinedAt, Account: last.Account.ID}, nil
}

// addMember makes an account a member, which it must not be yet.
func (tx *Tx) addMember(ctx context.Context, p auth.Principal, id, account uuid.UUID, role auth.Role) error {
	if err := tx.holdLiving(ctx, account); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "member.insert", insertMemberSQL, id[:], account[:], string(role), micros(tx.Now)); err != nil {
		return err
	}
	var changes activity.Changes
	changes.Add("role", nil, role)
	return tx.recordMember(ctx, p, id, account, "member.added", changes)
}

func (tx *Tx) recordMember(ctx context.Context, p auth.Principal, id, account uuid.UUID, action string, changes activity.Changes) error {
	return tx.record(ctx, p, activity.Entry{WorkspaceID: id, Action: action, EntityType: "member", EntityID: account, Changes: changes})
}

// standing locks the workspace and reads what a change of a member is decided on.
func (tx *Tx) standing(ctx context.Context, p auth.Principal, id, account uuid.UUID) (st workspace.Standing, err error) {
	w, err := tx.lockWorkspace(ctx, id, p)
	if err != nil {
		return st, err
	}
	st.Caller = auth.Membership{Workspace: id, Role: w.Role}
	if st.Member, err = one(ctx, tx.conn, "member.get", getMemberSQL, scanMember, id[:], account[:]); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return st, err
	}
	st.Owners, err = one(ctx, tx.conn, "member.count_owners", countOwnersSQL, scanCount, id[:])
	return st, err
}

// SetRole implements [workspace.MemberStore].
func (s *Members) SetRole(ctx context.Context, p auth.Principal, id, member uuid.UUID, decide func(workspace.Standing) (auth.Role, error)) (workspace.Member, error) {
	return mutate(ctx, s.db, "member.update", func(tx *Tx) (workspace.Member, error) {
		st, err := tx.standing(ctx, p, id, member)
		if err != nil {
			return st.Member, err
		}
		role, err := decide(st)
		if err != nil || role == st.Member.Role {
			return st.Member, err
		}
		if _, err := tx.exec(ctx, "member.update", updateMemberSQL, string(role), id[:], member[:]); err != nil {
			return st.Member, err
		}
		var changes activity.Changes
		changes.Add("role", st.Member.Role, role)
		st.Member.Role = role
		if err := tx.recordMember(ctx, p, id, member, "member.updated", changes); err != nil {
			return st.Member, err
		}
		if st.Member.Kind == account.KindService { // whose role is its own
			if _, err := tx.exec(ctx, "service_account.touch", touchServiceAccountSQL, micros(tx.Now), member[:]); err != nil {
				return st.Member, err
			}
		}
		return st.Member, tx.withdrawInvitations(ctx, p, id, member, role)
	})
}

// Remove implements [workspace.MemberStore].
func (s *Members) Remove(ctx context.Context, p auth.Principal, id, member uuid.UUID, decide func(workspace.Standing) error) error {
	_, err := mutate(ctx, s.db, "member.remove", func(tx *Tx) (struct{}, error) {
		st, err := tx.standing(ctx, p, id, member)
		if err != nil {
			return struct{}{}, err
		}
		if err := decide(st); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.exec(ctx, "member.delete", deleteMemberSQL, id[:], member[:]); err != nil {
			return struct{}{}, err
		}
		var changes activity.Changes
		changes.Add("role", st.Member.Role, nil)
		if err := tx.recordMember(ctx, p, id, member, "member.removed", changes); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.withdrawInvitations(ctx, p, id, member, auth.RoleNone)
	})
	return err
}
