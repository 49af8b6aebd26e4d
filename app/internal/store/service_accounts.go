package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// ServiceAccounts keeps the accounts of programs; it is the [account.ServiceAccountStore] and the
// [account.ServiceTokenStore].
type ServiceAccounts struct{ db *DB }

var (
	_ account.ServiceAccountStore = (*ServiceAccounts)(nil)
	_ account.ServiceTokenStore   = (*ServiceAccounts)(nil)
)

// NewServiceAccounts returns the service accounts of a database.
func NewServiceAccounts(db *DB) *ServiceAccounts { return &ServiceAccounts{db: db} }

const (
	serviceAccountColumns = `a.id, a.workspace_id, a.name, m.role, a.created_at, a.updated_at, a.version`
	// A service account is a member until it is deleted. Only service accounts have a workspace of their own.
	fromServiceAccounts = ` FROM accounts a JOIN members m ON m.workspace_id = a.workspace_id AND m.account_id = a.id `

	getServiceAccountSQL = `SELECT ` + serviceAccountColumns + `,
  COALESCE((SELECT v.role FROM members v WHERE v.workspace_id = a.workspace_id AND v.account_id = ?), '')` + fromServiceAccounts + `WHERE a.id = ?`
	listServiceAccountsSQL  = `SELECT ` + serviceAccountColumns + `, ''` + fromServiceAccounts + `WHERE a.workspace_id = ? AND a.id > ? ORDER BY a.id LIMIT ?`
	countServiceAccountsSQL = `SELECT COUNT(*)` + fromServiceAccounts + `WHERE a.workspace_id = ?`

	insertServiceAccountSQL = `INSERT INTO accounts (id, kind, workspace_id, email, name, password_hash, created_at, updated_at, version)
VALUES (?, 'service', ?, '', ?, '', ?, ?, ?)`
	updateServiceAccountSQL = `UPDATE accounts SET name = ?, updated_at = ?, version = ? WHERE id = ?`
	touchServiceAccountSQL  = `UPDATE accounts SET updated_at = ?, version = version + 1 WHERE id = ?`
)

// ruledServiceAccount is a service account with what the caller is in its workspace.
type ruledServiceAccount struct {
	account.ServiceAccount
	caller auth.Membership
}

func scanServiceAccount(row scanner) (v ruledServiceAccount, err error) {
	var created, updated int64
	err = row.Scan(&v.ID, &v.WorkspaceID, &v.Name, &v.Role, &created, &updated, &v.Version, &v.caller.Role)
	v.CreatedAt, v.UpdatedAt, v.caller.Workspace = fromMicros(created), fromMicros(updated), v.WorkspaceID
	return v, err
}

// Get implements [account.ServiceAccountStore].
func (s *ServiceAccounts) Get(ctx context.Context, id, viewer uuid.UUID) (account.ServiceAccount, auth.Membership, error) {
	v, err := one(ctx, s.db.reader(), "service_account.get", getServiceAccountSQL, scanServiceAccount, viewer[:], id[:])
	return v.ServiceAccount, v.caller, missing(err, "service account")
}

// List implements [account.ServiceAccountStore].
func (s *ServiceAccounts) List(
	ctx context.Context, workspace, viewer uuid.UUID, page account.Page, decide func(auth.Membership) error,
) ([]account.ServiceAccount, *uuid.UUID, error) {
	in, err := s.db.reader().membership(ctx, workspace, viewer)
	if err != nil {
		return nil, nil, public(err)
	}
	if err := decide(in); err != nil {
		return nil, nil, err
	}
	var after uuid.UUID // no id is smaller
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "service_account.list", listServiceAccountsSQL, func(row scanner) (account.ServiceAccount, error) {
		v, err := scanServiceAccount(row)
		return v.ServiceAccount, err
	}, workspace[:], after[:])
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

func (tx *Tx) recordServiceAccount(ctx context.Context, p auth.Principal, v account.ServiceAccount, action string, changes activity.Changes) error {
	return tx.record(ctx, p, activity.Entry{WorkspaceID: v.WorkspaceID, Action: action, EntityType: "service_account", EntityID: v.ID, Changes: changes})
}

// Create implements [account.ServiceAccountStore].
func (s *ServiceAccounts) Create(
	ctx context.Context, p auth.Principal, workspace uuid.UUID, decide func(auth.Membership, int) (account.ServiceAccount, error),
) (account.ServiceAccount, error) {
	made := func(v account.ServiceAccount) []uuid.UUID { return []uuid.UUID{v.ID} }
	return mutateOnce(ctx, s.db, "service_account.create", p, made, func(tx *Tx) (v account.ServiceAccount, err error) {
		in, err := tx.lockWorkspace(ctx, workspace, p)
		if err != nil {
			return v, err
		}
		have, err := one(ctx, tx.conn, "service_account.count", countServiceAccountsSQL, scanCount, workspace[:])
		if err != nil {
			return v, err
		}
		if v, err = decide(auth.Membership{Workspace: workspace, Role: in.Role}, have); err != nil {
			return v, err
		}
		v.ID, v.WorkspaceID, v.CreatedAt, v.UpdatedAt, v.Version = tx.NewID(), workspace, tx.Now, tx.Now, 1
		_, err = tx.exec(ctx, "service_account.insert", insertServiceAccountSQL, v.ID[:], workspace[:], v.Name, micros(v.CreatedAt), micros(v.UpdatedAt), v.Version)
		if err != nil {
			return v, err
		}
		if _, err := tx.exec(ctx, "member.insert", insertMemberSQL, workspace[:], v.ID[:], string(v.Role), micros(tx.Now)); err != nil {
			return v, err
		}
		var changes activity.Changes
		changes.Add("name", nil, v.Name)
		changes.Add("role", nil, v.Role)
		return v, tx.recordServiceAccount(ctx, p, v, "service_account.created", changes)
	})
}

// lockServiceAccount reads a service account with what the principal is in its workspace, and holds it, after the workspace,
// as all changes of members do.
func (tx *Tx) lockServiceAccount(ctx context.Context, id uuid.UUID, p auth.Principal) (v ruledServiceAccount, err error) {
	found, err := one(ctx, tx.conn, "service_account.find", getServiceAccountSQL, scanServiceAccount, p.AccountID[:], id[:])
	if err != nil {
		return v, absent(err, "service account")
	}
	if _, err := tx.lockWorkspace(ctx, found.WorkspaceID, p); err != nil {
		return v, err
	}
	held, err := tx.lockAccount(ctx, id)
	if err != nil {
		return v, absent(err, "service account")
	}
	v, err = one(ctx, tx.conn, "service_account.get", getServiceAccountSQL, scanServiceAccount, p.AccountID[:], id[:])
	tx.locked(held.UpdatedAt)
	return v, absent(err, "service account")
}

// Update implements [account.ServiceAccountStore].
func (s *ServiceAccounts) Update(
	ctx context.Context, p auth.Principal, id uuid.UUID, decide func(account.ServiceAccount, auth.Membership) (account.ServiceAccount, error),
) (account.ServiceAccount, error) {
	return mutate(ctx, s.db, "service_account.update", func(tx *Tx) (account.ServiceAccount, error) {
		cur, err := tx.lockServiceAccount(ctx, id, p)
		if err != nil {
			return account.ServiceAccount{}, err
		}
		v, err := decide(cur.ServiceAccount, cur.caller)
		if err != nil {
			return v, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, v.Name)
		changes.Add("role", cur.Role, v.Role)
		if len(changes) == 0 {
			return cur.ServiceAccount, nil
		}
		v.UpdatedAt, v.Version = tx.Now, cur.Version+1
		if _, err := tx.exec(ctx, "service_account.update", updateServiceAccountSQL, v.Name, micros(v.UpdatedAt), v.Version, id[:]); err != nil {
			return v, err
		}
		if _, err := tx.exec(ctx, "member.update", updateMemberSQL, string(v.Role), v.WorkspaceID[:], id[:]); err != nil {
			return v, err
		}
		if err := tx.recordServiceAccount(ctx, p, v, "service_account.updated", changes); err != nil {
			return v, err
		}
		return v, tx.withdrawInvitations(ctx, p, v.WorkspaceID, id, v.Role)
	})
}

// Delete implements [account.ServiceAccountStore].
func (s *ServiceAccounts) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(auth.Membership) error) error {
	_, err := mutate(ctx, s.db, "service_account.delete", func(tx *Tx) (struct{}, error) {
		cur, err := tx.lockServiceAccount(ctx, id, p)
		if err != nil {
			return struct{}{}, err
		}
		if err := decide(cur.caller); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.exec(ctx, "member.delete", deleteMemberSQL, cur.WorkspaceID[:], id[:]); err != nil {
			return struct{}{}, err
		}
		if err := tx.withdrawInvitations(ctx, p, cur.WorkspaceID, id, auth.RoleNone); err != nil {
			return struct{}{}, err
		}
		if err := tx.endAccount(ctx, id, p.AccountID, cur.Name); err != nil {
			return struct{}{}, err
		}
		var changes activity.Changes
		changes.Add("name", cur.Name, nil)
		changes.Add("role", cur.Role, nil)
		if err := tx.recordServiceAccount(ctx, p, cur.ServiceAccount, "service_account.deleted", changes); err != nil {
			return struct{}{}, err
		}
		_, err = tx.unassign(ctx, p, id)
		return struct{}{}, err
	})
	return err
}

// CreateToken implements [account.ServiceTokenStore].
func (s *ServiceAccounts) CreateToken(
	ctx context.Context, p auth.Principal, id uuid.UUID, n account.NewToken, decide func(auth.Membership) error,
) (account.Token, error) {
	return mutate(ctx, s.db, "service_account.create_token", func(tx *Tx) (account.Token, error) {
		cur, err := tx.lockServiceAccount(ctx, id, p)
		if err != nil {
			return account.Token{}, err
		}
		if err := decide(cur.caller); err != nil {
			return account.Token{}, err
		}
		n.Workspace = &cur.WorkspaceID
		t, err := tx.insertToken(ctx, id, p.AccountID, n)
		if err != nil {
			return t, err
		}
		return t, tx.recordServiceToken(ctx, p, cur.ServiceAccount, t.ID, "service_token.created")
	})
}

// DeleteToken implements [account.ServiceTokenStore].
func (s *ServiceAccounts) DeleteToken(ctx context.Context, p auth.Principal, id, token uuid.UUID, decide func(auth.Membership) error) error {
	_, err := mutate(ctx, s.db, "service_account.delete_token", func(tx *Tx) (struct{}, error) {
		cur, err := tx.lockServiceAccount(ctx, id, p)
		if err != nil {
			return struct{}{}, err
		}
		if err := decide(cur.caller); err != nil {
			return struct{}{}, err
		}
		n, err := tx.exec(ctx, "token.delete", deleteTokenSQL, token[:], id[:], string(account.KindPersonal))
		if err == nil && n == 0 {
			err = apperr.Missing("token")
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.recordServiceToken(ctx, p, cur.ServiceAccount, token, "service_token.deleted")
	})
	return err
}

// recordServiceToken notes whose token was made or ended.
func (tx *Tx) recordServiceToken(ctx context.Context, p auth.Principal, v account.ServiceAccount, token uuid.UUID, action string) error {
	var changes activity.Changes
	if action == "service_token.created" {
		changes.Add("account_id", nil, v.ID)
	} else {
		changes.Add("account_id", v.ID, nil)
	}
	return tx.record(ctx, p, activity.Entry{WorkspaceID: v.WorkspaceID, Action: action, EntityType: "service_token", EntityID: token, Changes: changes})
}
