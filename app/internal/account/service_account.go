package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// MaxServiceAccounts is how many a workspace may have: each has a rate limit of its own.
const MaxServiceAccounts = 100

// ServiceAccount is an account for a program: a member of one workspace, without an address and a password, whose tokens are
// made by the workspace's administrators.
type ServiceAccount struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	Name        string
	// Role is below owner: who owns a workspace can log in.
	Role      auth.Role
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Validate checks all that a client can set: validation_failed, naming all faults.
func (v ServiceAccount) Validate() error {
	var f apperr.Fields
	apperr.Line(&f, "/name", v.Name, 1, MaxNameLen)
	if !v.Role.Valid() || v.Role == auth.RoleOwner {
		f.Add("/role", "invalid_value", "must be viewer, member or admin")
	}
	return f.Err()
}

// ServiceAccountPatch changes a service account; nil fields stay.
type ServiceAccountPatch struct {
	Name *string
	Role *auth.Role
	// IfVersion accepts the versions that the caller may have seen; nil disables the check.
	IfVersion cond.Versions
}

// ServiceAccountStore keeps service accounts. The functions are called inside the transaction, with what the caller is in the
// workspace; what they refuse changes nothing. Changes are recorded as activity of the workspace.
type ServiceAccountStore interface {
	// Create keeps what decide returns, which hears how many the workspace has. Errors: of decide; not_found for the workspace.
	Create(ctx context.Context, p auth.Principal, workspace uuid.UUID, decide func(caller auth.Membership, have int) (ServiceAccount, error)) (ServiceAccount, error)
	// Get returns a service account, and what the viewer is in its workspace: not_found, also for one that was deleted.
	Get(ctx context.Context, id, viewer uuid.UUID) (ServiceAccount, auth.Membership, error)
	// List returns a workspace's service accounts, oldest first, unless decide refuses the viewer.
	List(ctx context.Context, workspace, viewer uuid.UUID, page Page, decide func(caller auth.Membership) error) (items []ServiceAccount, next *uuid.UUID, err error)
	// Update keeps what decide makes of the service account. A lower role ends the invitations that it could not make any more.
	// Errors: of decide; not_found.
	Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(cur ServiceAccount, caller auth.Membership) (ServiceAccount, error)) (ServiceAccount, error)
	// Delete ends a service account with its tokens, its membership and its invitations, and takes it off the first of its tasks;
	// a job does the others. Its name stays with what it did. Errors: of decide; not_found.
	Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(caller auth.Membership) error) error
}

// ServiceTokenStore keeps the tokens of service accounts, which others make and end.
type ServiceTokenStore interface {
	// CreateToken makes a token of the service account, bound to its workspace, unless decide refuses. Errors: of decide;
	// not_found.
	CreateToken(ctx context.Context, p auth.Principal, id uuid.UUID, n NewToken, decide func(caller auth.Membership) error) (Token, error)
	// DeleteToken ends a token of the service account unless decide refuses. Errors: of decide; not_found.
	DeleteToken(ctx context.Context, p auth.Principal, id, token uuid.UUID, decide func(caller auth.Membership) error) error
}

// mayManage asks for permission to manage service accounts. Who is not a member hears that the object is not there.
func mayManage(p auth.Principal, object string) func(auth.Membership) error {
	return func(caller auth.Membership) error { return mayIn(p, caller, auth.ServiceAccountManage, object) }
}

func mayIn(p auth.Principal, in auth.Membership, a auth.Action, object string) error {
	if !p.RoleIn(in).Valid() {
		return apperr.Missing(object)
	}
	return p.May(in, a)
}

// CreateServiceAccount makes a service account. It takes the role admin. Errors: not_found, forbidden, insufficient_scope,
// validation_failed (also with [MaxServiceAccounts] there); gone for a repetition whose account was deleted.
func (s *Service) CreateServiceAccount(ctx context.Context, p auth.Principal, workspace uuid.UUID, name string, role auth.Role) (ServiceAccount, error) {
	v, err := s.stores.Services.Create(ctx, p, workspace, func(caller auth.Membership, have int) (ServiceAccount, error) {
		v := ServiceAccount{WorkspaceID: workspace, Name: name, Role: role}
		if err := mayManage(p, "workspace")(caller); err != nil {
			return v, err
		}
		if err := v.Validate(); err != nil {
			return v, err
		}
		if have >= MaxServiceAccounts {
			return v, apperr.Invalid("", "too_many", "a workspace has at most %d service accounts", MaxServiceAccounts)
		}
		return v, nil
	})
	made, again := idem.Earlier(err)
	if !again {
		return v, err
	}
	v, in, err := s.stores.Services.Get(ctx, made[0], p.AccountID)
	if apperr.Is(err, apperr.NotFound) {
		return ServiceAccount{}, apperr.Deleted("service account")
	}
	if err == nil {
		err = mayManage(p, "workspace")(in)
	}
	return v, err
}

// ServiceAccount returns a service account. It takes the role viewer. Errors: not_found, insufficient_scope.
func (s *Service) ServiceAccount(ctx context.Context, p auth.Principal, id uuid.UUID) (ServiceAccount, error) {
	v, in, err := s.stores.Services.Get(ctx, id, p.AccountID)
	if err == nil {
		err = mayIn(p, in, auth.ServiceAccountRead, "service account")
	}
	if err != nil {
		return ServiceAccount{}, err
	}
	return v, nil
}

// ServiceAccounts lists a workspace's service accounts, oldest first. It takes the role viewer. next is where the next page
// starts; nil on the last one. Errors: not_found, insufficient_scope.
func (s *Service) ServiceAccounts(ctx context.Context, p auth.Principal, workspace uuid.UUID, page Page) (items []ServiceAccount, next *uuid.UUID, err error) {
	return s.stores.Services.List(ctx, workspace, p.AccountID, page, func(caller auth.Membership) error {
		return mayIn(p, caller, auth.ServiceAccountRead, "workspace")
	})
}

// UpdateServiceAccount changes a service account's name or role. It takes the role admin. Errors: not_found, forbidden,
// insufficient_scope, precondition_failed, validation_failed.
func (s *Service) UpdateServiceAccount(ctx context.Context, p auth.Principal, id uuid.UUID, patch ServiceAccountPatch) (ServiceAccount, error) {
	v, err := s.stores.Services.Update(ctx, p, id, func(cur ServiceAccount, caller auth.Membership) (ServiceAccount, error) {
		if err := mayManage(p, "service account")(caller); err != nil {
			return cur, err
		}
		if !patch.IfVersion.Accepts(cur.Version) {
			return cur, apperr.New(apperr.PreconditionFailed, "The service account was changed meanwhile: it has version %d now.", cur.Version)
		}
		if patch.Name != nil {
			cur.Name = *patch.Name
		}
		if patch.Role != nil {
			cur.Role = *patch.Role
		}
		return cur, cur.Validate()
	})
	if err == nil {
		s.cache.dropAccount(id)
	}
	return v, err
}

// DeleteServiceAccount ends a service account: its tokens at once here and elsewhere within Options.CacheTTL, its membership
// and its assignments. What it made keeps its name. It takes the role admin. Errors: not_found, forbidden, insufficient_scope.
func (s *Service) DeleteServiceAccount(ctx context.Context, p auth.Principal, id uuid.UUID) error {
	err := s.stores.Services.Delete(ctx, p, id, mayManage(p, "service account"))
	if err == nil {
		s.cache.dropAccount(id)
	}
	return err
}

// CreateServiceToken makes a token of a service account; its secret is in the answer and nowhere else. It takes the role
// admin. Errors: not_found, forbidden, insufficient_scope, validation_failed.
func (s *Service) CreateServiceToken(ctx context.Context, p auth.Principal, id uuid.UUID, in TokenInput) (CreatedToken, error) {
	secret, n := in.token()
	t, err := s.stores.ServiceTokens.CreateToken(ctx, p, id, n, func(caller auth.Membership) error {
		if err := mayManage(p, "service account")(caller); err != nil {
			return err
		}
		return in.Validate(s.o.Now())
	})
	if err != nil {
		return CreatedToken{}, err
	}
	return CreatedToken{Token: t, Secret: secret}, nil
}

// ServiceTokens lists the tokens of a service account, newest first. It takes the role admin. Errors: not_found, forbidden,
// insufficient_scope.
func (s *Service) ServiceTokens(ctx context.Context, p auth.Principal, id uuid.UUID, page Page) (items []Token, next *uuid.UUID, err error) {
	v, in, err := s.stores.Services.Get(ctx, id, p.AccountID)
	if err == nil {
		err = mayManage(p, "service account")(in)
	}
	if err != nil {
		return nil, nil, err
	}
	return s.stores.Tokens.List(ctx, v.ID, page)
}

// RevokeServiceToken ends a token of a service account: here at once, elsewhere within Options.CacheTTL. It takes the role
// admin. Errors: not_found, forbidden, insufficient_scope.
func (s *Service) RevokeServiceToken(ctx context.Context, p auth.Principal, id, token uuid.UUID) error {
	err := s.stores.ServiceTokens.DeleteToken(ctx, p, id, token, mayManage(p, "service account"))
	if err == nil {
		s.cache.dropToken(token)
	}
	return err
}
