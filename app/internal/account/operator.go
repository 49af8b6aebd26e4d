package account

import (
	"context"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// SetPassword gives the account with that e-mail a password from the command line, where no leave is needed, and ends
// its sessions. Accounts that came with an import have none until then. Errors: validation_failed; not_found.
func (s *Service) SetPassword(ctx context.Context, email, password string) (Account, error) {
	var f apperr.Fields
	checkPassword(&f, "/password", password)
	if err := f.Err(); err != nil {
		return Account{}, err
	}
	cred, err := s.stores.Accounts.Credentials(ctx, FoldEmail(email))
	if err != nil {
		return Account{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	acc, err := s.stores.Accounts.Update(ctx, auth.Principal{AccountID: cred.ID}, true, func(cur Credentials) (Credentials, error) {
		cur.PasswordHash = hash
		return cur, nil
	})
	if err == nil {
		s.cache.dropAccount(cred.ID)
	}
	return acc, err
}

// MakeOwner makes the account with that e-mail the owner of an instance that has none, as after an import: those who come
// with one own nothing. Errors: not_found; [ErrOwnerExists] where another one is.
func (s *Service) MakeOwner(ctx context.Context, email string) (Account, error) {
	cred, err := s.stores.Accounts.Credentials(ctx, FoldEmail(email))
	if err != nil {
		return Account{}, err
	}
	acc, err := s.stores.Owners.MakeOwner(ctx, cred.ID)
	if err == nil {
		s.cache.dropAccount(cred.ID)
	}
	return acc, err
}

// HandOver makes the account with that e-mail the owner of the instance, in place of the one that is: the owner cannot delete
// their account. Errors: not_found.
func (s *Service) HandOver(ctx context.Context, email string) (Account, error) {
	cred, err := s.stores.Accounts.Credentials(ctx, FoldEmail(email))
	if err != nil {
		return Account{}, err
	}
	acc, err := s.stores.Owners.HandOver(ctx, cred.ID)
	if err == nil {
		s.cache.drop(func(p auth.Principal) bool { return p.InstanceOwner || p.AccountID == cred.ID })
	}
	return acc, err
}
