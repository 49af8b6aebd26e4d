package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Accounts keeps people; it is the [account.Store] and the [account.IdentityStore].
type Accounts struct{ db *DB }

var (
	_ account.Store         = (*Accounts)(nil)
	_ account.OwnerStore    = (*Accounts)(nil)
	_ account.EndStore      = (*Accounts)(nil)
	_ account.IdentityStore = (*Accounts)(nil)
	_ account.ExportStore   = (*Accounts)(nil)
)

// NewAccounts returns the accounts of a database.
func NewAccounts(db *DB) *Accounts { return &Accounts{db: db} }

// NewAccountStores returns all that an [account.Service] keeps things in.
func NewAccountStores(db *DB) account.Stores {
	accounts, tokens, services := NewAccounts(db), NewTokens(db), NewServiceAccounts(db)
	return account.Stores{
		Accounts: accounts, Owners: accounts, Endings: accounts, Identities: accounts, Tokens: tokens, Sessions: tokens, Services: services, ServiceTokens: services,
		Exports: accounts,
	}
}

const (
	accountColumns = `a.id, a.kind, a.email, a.name, a.password_hash, a.owner_slot, a.created_at, a.updated_at, a.version`

	// Deleted accounts are only names to others.
	getAccountSQL     = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.id = ? AND a.deleted_at IS NULL`
	lockAccountSQL    = getAccountSQL + ` {FOR UPDATE}`
	holdAccountSQL    = `SELECT id FROM accounts WHERE id = ? AND deleted_at IS NULL {FOR SHARE}`
	accountByEmailSQL = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.email_fold = ?`
	accountBySubject  = `SELECT ` + accountColumns + ` FROM account_identities i JOIN accounts a ON a.id = i.account_id WHERE i.issuer = ? AND i.subject = ?`
	hasOwnerSQL       = `SELECT COUNT(*) FROM accounts WHERE owner_slot = 1`

	// An address is kept as it is shown, and as it is compared.
	insertAccountSQL = `INSERT INTO accounts (id, email, email_fold, name, password_hash, owner_slot, created_at, updated_at, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)`
	updateAccountSQL = `UPDATE accounts SET email = ?, email_fold = ?, name = ?, password_hash = ?, updated_at = ?, version = ? WHERE id = ?`
	makeOwnerSQL     = `UPDATE accounts SET owner_slot = 1, updated_at = ?, version = ? WHERE id = ?`
	// A linked account's address is one that the issuer verified; another would let its holder be taken for somebody else.
	countIdentitiesSQL = `SELECT COUNT(*) FROM account_identities WHERE account_id = ?`

	insertIdentitySQL = `INSERT INTO account_identities (issuer, subject, account_id, created_at) VALUES (?, ?, ?, ?)`
)

func scanAccount(row scanner) (c account.Credentials, err error) {
	var owner sql.NullInt64
	var created, updated int64
	err = row.Scan(&c.ID, &c.Kind, &c.Email, &c.Name, &c.PasswordHash, &owner, &created, &updated, &c.Version)
	c.InstanceOwner, c.CreatedAt, c.UpdatedAt = owner.Valid, fromMicros(created), fromMicros(updated)
	return c, err
}

func scanCount(row scanner) (n int, err error) { return n, row.Scan(&n) }

// HasOwner implements [account.Store].
func (s *Accounts) HasOwner(ctx context.Context) (bool, error) {
	n, err := one(ctx, s.db.reader(), "account.has_owner", hasOwnerSQL, scanCount)
	return n > 0, public(err)
}

// Get implements [account.Store].
func (s *Accounts) Get(ctx context.Context, id uuid.UUID) (account.Credentials, error) {
	c, err := one(ctx, s.db.reader(), "account.get", getAccountSQL, scanAccount, id[:])
	return c, missing(err, "account")
}

// Credentials implements [account.Store].
func (s *Accounts) Credentials(ctx context.Context, email string) (account.Credentials, error) {
	c, err := one(ctx, s.db.reader(), "account.by_email", accountByEmailSQL, scanAccount, email)
	return c, missing(err, "account")
}

// Create implements [account.Store].
func (s *Accounts) Create(ctx context.Context, n account.NewAccount) (account.Account, error) {
	return mutate(ctx, s.db, "account.create", func(tx *Tx) (account.Account, error) {
		a, claimed, err := tx.claim(ctx, n)
		if err != nil {
			return a, err
		}
		if !claimed {
			if a, err = tx.insertAccount(ctx, n); err != nil {
				return a, err
			}
		}
		if n.Session != nil {
			if _, err := tx.insertToken(ctx, a.ID, a.ID, *n.Session); err != nil {
				return a, err
			}
		}
		if n.Invitation != nil && !claimed {
			_, err = tx.acceptInvitation(ctx, auth.Principal{AccountID: a.ID, Name: a.Name, Email: a.Email}, *n.Invitation)
		}
		return a, err
	})
}

// insertAccount makes an account. Errors: already_exists for a known e-mail, [account.ErrOwnerExists].
func (tx *Tx) insertAccount(ctx context.Context, n account.NewAccount) (account.Account, error) {
	if n.Name == "" {
		return account.Account{}, account.ErrNameNeeded
	}
	a := account.Account{
		ID: tx.NewID(), Kind: account.KindPerson, Email: n.Email, Name: n.Name, InstanceOwner: n.First, CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1,
	}
	var slot any
	if n.First {
		slot = 1
	}
	_, err := tx.exec(ctx, "account.insert", insertAccountSQL, a.ID[:], a.Email, account.FoldEmail(a.Email), a.Name, n.PasswordHash, slot, micros(tx.Now), micros(tx.Now))
	if !isDuplicate(err) {
		return a, err
	}
	// One of two unique keys: which one, only a look tells on both engines.
	_, found := one(ctx, tx.conn, "account.by_email", accountByEmailSQL, scanAccount, account.FoldEmail(a.Email))
	if n.First && errors.Is(found, sql.ErrNoRows) {
		return a, account.ErrOwnerExists
	}
	return a, account.Taken(err)
}

// lockAccount reads an account and holds it until the end of the transaction.
func (tx *Tx) lockAccount(ctx context.Context, id uuid.UUID) (account.Credentials, error) {
	c, err := one(ctx, tx.conn, "account.lock", lockAccountSQL, scanAccount, id[:])
	tx.locked(c.UpdatedAt)
	return c, err
}

// holdLiving keeps an account from being deleted until the end of the transaction. A principal may be some seconds older than
// its account's end: unauthenticated.
func (tx *Tx) holdLiving(ctx context.Context, id uuid.UUID) error {
	_, err := one(ctx, tx.conn, "account.hold", holdAccountSQL, scanID, id[:])
	if noRow(err) {
		return apperr.New(apperr.Unauthenticated, "The account was deleted.")
	}
	return err
}

// Update implements [account.Store].
func (s *Accounts) Update(ctx context.Context, p auth.Principal, endSessions bool, decide func(account.Credentials) (account.Credentials, error)) (account.Account, error) {
	return mutate(ctx, s.db, "account.update", func(tx *Tx) (account.Account, error) {
		cur, err := tx.lockAccount(ctx, p.AccountID)
		if err != nil {
			return account.Account{}, absent(err, "account")
		}
		v, err := decide(cur)
		if err != nil {
			return account.Account{}, err
		}
		if v.Email != cur.Email {
			linked, err := one(ctx, tx.conn, "account.count_identities", countIdentitiesSQL, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, p.AccountID[:])
			if err != nil {
				return account.Account{}, err
			}
			if linked > 0 {
				return account.Account{}, apperr.New(apperr.Conflict, "This account signs in through an identity provider: its e-mail address is the one that the provider has verified.")
			}
		}
		if endSessions {
			if _, err := tx.exec(ctx, "token.end_sessions", endSessionsSQL, p.AccountID[:], string(account.KindSession), p.TokenID[:]); err != nil {
				return account.Account{}, err
			}
		}
		if v == cur {
			return cur.Account, nil
		}
		if v.Account != cur.Account || endSessions {
			v.UpdatedAt, v.Version = tx.Now, cur.Version+1
		}
		_, err = tx.exec(ctx, "account.update", updateAccountSQL, v.Email, account.FoldEmail(v.Email), v.Name, v.PasswordHash, micros(v.UpdatedAt), v.Version, v.ID[:])
		if isDuplicate(err) {
			err = apperr.Wrap(err, apperr.AlreadyExists, "There is another account with this e-mail address.")
		}
		return v.Account, err
	})
}

// MakeOwner implements [account.OwnerStore].
func (s *Accounts) MakeOwner(ctx context.Context, id uuid.UUID) (account.Account, error) {
	return mutate(ctx, s.db, "account.make_owner", func(tx *Tx) (account.Account, error) {
		v, err := tx.lockAccount(ctx, id)
		if err != nil {
			return account.Account{}, absent(err, "account")
		}
		if v.InstanceOwner {
			return v.Account, nil
		}
		v.InstanceOwner, v.UpdatedAt, v.Version = true, tx.Now, v.Version+1
		_, err = tx.exec(ctx, "account.make_owner", makeOwnerSQL, micros(v.UpdatedAt), v.Version, id[:])
		if isDuplicate(err) {
			err = account.ErrOwnerExists
		}
		return v.Account, err
	})
}

// ByIdentity implements [account.IdentityStore].
func (s *Accounts) ByIdentity(ctx context.Context, issuer, subject string) (account.Account, error) {
	c, err := one(ctx, s.db.reader(), "account.by_identity", accountBySubject, scanAccount, issuer, subject)
	return c.Account, missing(err, "account")
}

// LinkIdentity implements [account.IdentityStore].
func (s *Accounts) LinkIdentity(ctx context.Context, id account.Identity, create bool) (account.Account, error) {
	return mutate(ctx, s.db, "account.link", func(tx *Tx) (account.Account, error) {
		c, err := one(ctx, tx.conn, "account.by_email", accountByEmailSQL, scanAccount, account.FoldEmail(id.Email))
		made := false
		if errors.Is(err, sql.ErrNoRows) && create {
			c.Account, err = tx.insertAccount(ctx, account.NewAccount{Email: id.Email, Name: id.Name})
			made = err == nil
			if apperr.Is(err, apperr.AlreadyExists) { // made by another request just now
				c, err = one(ctx, tx.conn, "account.by_email", accountByEmailSQL, scanAccount, account.FoldEmail(id.Email))
			}
		}
		if err == nil && !made {
			c, err = tx.lockAccount(ctx, c.ID)
			if err == nil && account.FoldEmail(c.Email) != account.FoldEmail(id.Email) { // changed just now
				err = sql.ErrNoRows
			}
		}
		if err != nil {
			return account.Account{}, absent(err, "account")
		}
		_, err = tx.exec(ctx, "account.insert_identity", insertIdentitySQL, id.Issuer, id.Subject, c.ID[:], micros(tx.Now))
		if isDuplicate(err) { // linked by another request just now
			c, err = one(ctx, tx.conn, "account.by_identity", accountBySubject, scanAccount, id.Issuer, id.Subject)
			return c.Account, err
		}
		if err != nil || made {
			return c.Account, err
		}
		return tx.takeOver(ctx, c)
	})
}

// takeOver ends every way into an account that its e-mail was not proven for: whoever signed up with a password may have
// given somebody else's address. The account is locked.
func (tx *Tx) takeOver(ctx context.Context, c account.Credentials) (account.Account, error) {
	if _, err := tx.exec(ctx, "token.end_all", endTokensSQL, c.ID[:]); err != nil || c.PasswordHash == "" {
		return c.Account, err
	}
	c.UpdatedAt, c.Version = tx.Now, c.Version+1
	_, err := tx.exec(ctx, "account.update", updateAccountSQL, c.Email, account.FoldEmail(c.Email), c.Name, "", micros(c.UpdatedAt), c.Version, c.ID[:])
	return c.Account, err
}
