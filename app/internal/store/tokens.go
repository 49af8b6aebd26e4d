package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Tokens keeps personal access tokens and sessions; it is the [account.TokenStore] and the [account.SessionStore].
type Tokens struct{ db *DB }

var (
	_ account.TokenStore   = (*Tokens)(nil)
	_ account.SessionStore = (*Tokens)(nil)
)

// NewTokens returns the tokens of a database.
func NewTokens(db *DB) *Tokens { return &Tokens{db: db} }

const (
	// authenticateSQL authenticates a request: everything about the token and its account at once.
	authenticateSQL = `SELECT t.id, t.name, t.scopes, t.expires_at, t.last_used_at, t.workspace_id, a.id, a.name, a.email, a.owner_slot
FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = ? AND a.deleted_at IS NULL`

	tokenColumns    = `id, name, scopes, workspace_id, created_at, expires_at, last_used_at`
	listTokensSQL   = `SELECT ` + tokenColumns + ` FROM tokens WHERE account_id = ? AND id < ? AND kind = ? ORDER BY id DESC LIMIT ?`
	listSessionsSQL = `SELECT id, user_agent, address, created_at, expires_at, last_used_at FROM tokens
WHERE account_id = ? AND id < ? AND kind = ? AND expires_at > ? ORDER BY id DESC LIMIT ?`
	insertTokenSQL = `INSERT INTO tokens (id, account_id, kind, name, hash, scopes, workspace_id, created_by, user_agent, address, created_at, expires_at, last_used_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`
	deleteTokenSQL  = `DELETE FROM tokens WHERE id = ? AND account_id = ? AND kind = ?`
	endSessionsSQL  = `DELETE FROM tokens WHERE account_id = ? AND kind = ? AND id <> ?`
	endTokensSQL    = `DELETE FROM tokens WHERE account_id = ?`
	oldSessionsSQL  = `DELETE FROM tokens WHERE account_id = ? AND kind = ? AND expires_at < ?`
	touchTokenSQL   = `UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)`
	keepOldSessions = 7 * 24 * time.Hour // so that its bearer hears for a while that it expired
)

// Scopes are kept as words with a space between.
func joinScopes(scopes []auth.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

func splitScopes(words string) []auth.Scope {
	scopes := []auth.Scope{}
	for word := range strings.FieldsSeq(words) {
		scopes = append(scopes, auth.Scope(word))
	}
	return scopes
}

func scanToken(row scanner) (t account.Token, err error) {
	var scopes string
	var workspace uuid.NullUUID
	var created int64
	var expires, used sql.NullInt64
	err = row.Scan(&t.ID, &t.Name, &scopes, &workspace, &created, &expires, &used)
	t.Workspace = fromNullID(workspace)
	t.Scopes, t.CreatedAt, t.ExpiresAt, t.LastUsedAt = splitScopes(scopes), fromMicros(created), fromNullMicros(expires), fromNullMicros(used)
	return t, err
}

// Holder implements [account.TokenStore].
func (s *Tokens) Holder(ctx context.Context, hash [32]byte) (account.Holder, error) {
	h, err := one(ctx, s.db.reader(), "token.authenticate", authenticateSQL, func(row scanner) (h account.Holder, err error) {
		var scopes string
		var expires, used, owner sql.NullInt64
		var workspace uuid.NullUUID
		p := &h.Principal
		err = row.Scan(&p.TokenID, &p.TokenName, &scopes, &expires, &used, &workspace, &p.AccountID, &p.Name, &p.Email, &owner)
		p.Scopes, p.Workspace, p.InstanceOwner = splitScopes(scopes), workspace.UUID, owner.Valid && !workspace.Valid
		h.ExpiresAt, h.LastUsedAt = fromNullMicros(expires), fromNullMicros(used)
		return h, err
	}, hash[:])
	return h, missing(err, "token")
}

// Create implements [account.TokenStore].
func (s *Tokens) Create(ctx context.Context, p auth.Principal, n account.NewToken) (account.Token, error) {
	return mutate(ctx, s.db, "token.create", func(tx *Tx) (account.Token, error) {
		if n.Kind == account.KindSession {
			_, err := tx.exec(ctx, "token.clear_sessions", oldSessionsSQL, p.AccountID[:], string(n.Kind), micros(tx.Now.Add(-keepOldSessions)))
			if err != nil {
				return account.Token{}, err
			}
		}
		if n.Workspace != nil {
			in, err := tx.membership(ctx, *n.Workspace, p.AccountID)
			if err != nil {
				return account.Token{}, err
			}
			if !in.Role.Valid() {
				return account.Token{}, apperr.Invalid("/workspace_id", "not_found", "is not a workspace that the account is a member of")
			}
		}
		if err := tx.holdLiving(ctx, p.AccountID); err != nil {
			return account.Token{}, err
		}
		return tx.insertToken(ctx, p.AccountID, p.AccountID, n)
	})
}

func (tx *Tx) insertToken(ctx context.Context, owner, by uuid.UUID, n account.NewToken) (account.Token, error) {
	t := account.Token{ID: tx.NewID(), Name: n.Name, Scopes: n.Scopes, Workspace: n.Workspace, CreatedAt: tx.Now, ExpiresAt: n.ExpiresAt}
	_, err := tx.exec(ctx, "token.insert", insertTokenSQL, t.ID[:], owner[:], string(n.Kind), t.Name, n.Hash[:], joinScopes(t.Scopes),
		idPtr(n.Workspace), by[:], n.Client.UserAgent, n.Client.Address, micros(t.CreatedAt), microsPtr(t.ExpiresAt))
	return t, err
}

// List implements [account.TokenStore].
func (s *Tokens) List(ctx context.Context, owner uuid.UUID, page account.Page) ([]account.Token, *uuid.UUID, error) {
	before := uuid.Max
	if page.After != nil {
		before = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "token.list", listTokensSQL, scanToken, owner[:], before[:], string(account.KindPersonal))
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

// Sessions implements [account.SessionStore].
func (s *Tokens) Sessions(ctx context.Context, owner uuid.UUID, at time.Time, page account.Page) ([]account.OpenSession, *uuid.UUID, error) {
	before := uuid.Max
	if page.After != nil {
		before = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "token.list_sessions", listSessionsSQL, func(row scanner) (v account.OpenSession, err error) {
		var created, expires int64
		var used sql.NullInt64
		err = row.Scan(&v.ID, &v.UserAgent, &v.Address, &created, &expires, &used)
		v.CreatedAt, v.ExpiresAt, v.LastUsedAt = fromMicros(created), fromMicros(expires), fromNullMicros(used)
		return v, err
	}, owner[:], before[:], string(account.KindSession), micros(at))
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

// EndSessions implements [account.SessionStore].
func (s *Tokens) EndSessions(ctx context.Context, owner, but uuid.UUID) error {
	_, err := mutate(ctx, s.db, "token.end_sessions", func(tx *Tx) (int64, error) {
		return tx.exec(ctx, "token.end_sessions", endSessionsSQL, owner[:], string(account.KindSession), but[:])
	})
	return err
}

// Delete implements [account.TokenStore].
func (s *Tokens) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, kinds ...account.Kind) error {
	_, err := mutate(ctx, s.db, "token.delete", func(tx *Tx) (struct{}, error) {
		for _, kind := range kinds {
			n, err := tx.exec(ctx, "token.delete", deleteTokenSQL, id[:], p.AccountID[:], string(kind))
			if err != nil || n > 0 {
				return struct{}{}, err
			}
		}
		return struct{}{}, apperr.Missing("token")
	})
	return err
}

// Touch implements [account.TokenStore].
func (s *Tokens) Touch(ctx context.Context, id uuid.UUID, at, notedBefore time.Time) error {
	_, err := conn{q: s.db.write, db: s.db}.exec(ctx, "token.touch", touchTokenSQL, micros(at), id[:], micros(notedBefore))
	return public(err)
}
