package workspace

import (
	"context"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Service holds the rules of workspaces, members and invitations. It is safe for concurrent use.
type Service struct {
	workspaces  Store
	members     MemberStore
	invitations InvitationStore
}

// NewService returns a Service that keeps its objects in these stores.
func NewService(workspaces Store, members MemberStore, invitations InvitationStore) *Service {
	return &Service{workspaces: workspaces, members: members, invitations: invitations}
}

// may asks for permission. Whoever has no role hears that the object of the address is not there.
func may(p auth.Principal, in auth.Membership, a auth.Action, object string) error {
	if !p.RoleIn(in).Valid() {
		return apperr.Missing(object)
	}
	return p.May(in, a)
}

// Create makes a workspace that the principal owns. It takes the scope write. Errors: validation_failed.
func (s *Service) Create(ctx context.Context, p auth.Principal, name string) (Workspace, error) {
	if err := p.MayAccount(auth.WorkspaceCreate); err != nil {
		return Workspace{}, err
	}
	if err := (Workspace{Name: name}).Validate(); err != nil {
		return Workspace{}, err
	}
	w, err := s.workspaces.Create(ctx, p, name)
	if made, again := idem.Earlier(err); again {
		return s.Get(ctx, p, made[0])
	}
	return w, err
}

// List returns the principal's workspaces by name; of a bound principal's, the one. It takes the scope read. next is
// where the next page starts; nil on the last one.
func (s *Service) List(ctx context.Context, p auth.Principal, page Page[uuid.UUID]) (items []Workspace, next *uuid.UUID, err error) {
	if err := p.MayAccount(auth.WorkspaceList); err != nil {
		return nil, nil, err
	}
	return s.workspaces.List(ctx, p.AccountID, p.Workspace, page)
}

// Get returns a workspace. It takes the role viewer. Errors: not_found, insufficient_scope.
func (s *Service) Get(ctx context.Context, p auth.Principal, id uuid.UUID) (Workspace, error) {
	w, err := s.workspaces.Get(ctx, id, p.AccountID)
	if err != nil {
		return Workspace{}, err
	}
	if err := may(p, w.membership(), auth.WorkspaceRead, "workspace"); err != nil {
		return Workspace{}, err
	}
	return w, nil
}

// Update changes a workspace. It takes the role admin. Errors: not_found, forbidden, insufficient_scope,
// precondition_failed, validation_failed.
func (s *Service) Update(ctx context.Context, p auth.Principal, id uuid.UUID, patch Patch) (Workspace, error) {
	return s.workspaces.Update(ctx, p, id, func(cur Workspace) (Workspace, error) {
		if err := may(p, cur.membership(), auth.WorkspaceUpdate, "workspace"); err != nil {
			return cur, err
		}
		if !patch.IfVersion.Accepts(cur.Version) {
			return cur, apperr.New(apperr.PreconditionFailed, "The workspace was changed meanwhile: it has version %d now.", cur.Version)
		}
		if patch.Name != nil {
			cur.Name = *patch.Name
		}
		return cur, cur.Validate()
	})
}

// Members lists who is in a workspace, those who joined first first. It takes the role viewer. Errors: not_found,
// insufficient_scope.
func (s *Service) Members(ctx context.Context, p auth.Principal, workspace uuid.UUID, page Page[MemberPlace]) (items []Member, next *MemberPlace, err error) {
	if err := s.mayIn(ctx, p, workspace, auth.MemberRead); err != nil {
		return nil, nil, err
	}
	return s.members.List(ctx, workspace, page)
}

// mayIn asks for permission in a workspace by its id.
func (s *Service) mayIn(ctx context.Context, p auth.Principal, workspace uuid.UUID, a auth.Action) error {
	in, err := s.members.Member(ctx, workspace, p.AccountID)
	if err != nil {
		return err
	}
	return may(p, in, a, "workspace")
}

// SetRole makes a member something else. It takes the role admin, and owner where an owner is made or unmade. Pending
// invitations that the member made and could not make in the new role end, so that nobody comes back by their own. Errors:
// not_found, forbidden, insufficient_scope, validation_failed; last_owner.
func (s *Service) SetRole(ctx context.Context, p auth.Principal, workspace, member uuid.UUID, role auth.Role) (Member, error) {
	return s.members.SetRole(ctx, p, workspace, member, func(st Standing) (auth.Role, error) {
		if err := mayChange(p, st, auth.MemberManage); err != nil {
			return "", err
		}
		var f apperr.Fields
		if checkRole(&f, role); len(f) > 0 {
			return "", f.Err()
		}
		if role == auth.RoleOwner {
			if err := p.May(st.Caller, auth.OwnerManage); err != nil {
				return "", err
			}
			if st.Member.Kind == account.KindService {
				return "", apperr.Invalid("/role", "invalid_value", "must be viewer, member or admin: a service account owns no workspace")
			}
			return role, nil
		}
		return role, ownerStays(st)
	})
}

// Remove ends a membership: one's own, whatever the role, or another's, which takes the role admin, and owner for an
// owner's. The pending invitations that the member made end with it. Errors: not_found, forbidden, insufficient_scope; last_owner;
// conflict for a service account.
func (s *Service) Remove(ctx context.Context, p auth.Principal, workspace, member uuid.UUID) error {
	action := auth.MemberManage
	if member == p.AccountID {
		action = auth.MemberLeave
	}
	return s.members.Remove(ctx, p, workspace, member, func(st Standing) error {
		if err := mayChange(p, st, action); err != nil {
			return err
		}
		if st.Member.Kind == account.KindService {
			return apperr.New(apperr.Conflict, "This member is a service account, which is nothing without its membership. "+
				"Delete it: DELETE /v1/service-accounts/%s.", member)
		}
		return ownerStays(st)
	})
}

// mayChange asks for permission to change a member.
func mayChange(p auth.Principal, st Standing, a auth.Action) error {
	if err := may(p, st.Caller, a, "workspace"); err != nil {
		return err
	}
	switch st.Member.Role {
	case auth.RoleNone:
		return apperr.Missing("member")
	case auth.RoleOwner:
		return p.May(st.Caller, auth.OwnerManage)
	case auth.RoleViewer, auth.RoleMember, auth.RoleAdmin:
	}
	return nil
}

// ownerStays keeps the last owner of a workspace.
func ownerStays(st Standing) error {
	if st.Member.Role == auth.RoleOwner && st.Owners <= 1 {
		return apperr.New(apperr.LastOwner, "This is the last owner of the workspace. Make somebody else an owner first.")
	}
	return nil
}

// Invite makes an invitation; its token is in the answer and nowhere else. It takes the role admin, and owner to invite
// an owner. Errors: not_found, forbidden, insufficient_scope, validation_failed; already_exists when the e-mail is a
// member's.
func (s *Service) Invite(ctx context.Context, p auth.Principal, workspace uuid.UUID, in InvitationInput) (CreatedInvitation, error) {
	secret := account.NewSecret(account.InvitationPrefix)
	inv, err := s.invitations.Create(ctx, p, workspace, secret.Hash, func(caller auth.Membership) (InvitationInput, error) {
		if err := may(p, caller, auth.InvitationManage, "workspace"); err != nil {
			return in, err
		}
		if err := in.Validate(); err != nil {
			return in, err
		}
		if in.Role == auth.RoleOwner {
			if err := p.May(caller, auth.OwnerManage); err != nil {
				return in, err
			}
		}
		if in.Email != nil {
			clean := account.CleanEmail(*in.Email)
			in.Email = &clean
		}
		return in, nil
	})
	if err != nil {
		return CreatedInvitation{}, err
	}
	return CreatedInvitation{Invitation: inv, Secret: secret.Text}, nil
}

// Invitations lists a workspace's invitations, newest first, spent and expired ones too. It takes the role admin.
// Errors: not_found, forbidden, insufficient_scope.
func (s *Service) Invitations(ctx context.Context, p auth.Principal, workspace uuid.UUID, page Page[uuid.UUID]) (items []Invitation, next *uuid.UUID, err error) {
	if err := s.mayIn(ctx, p, workspace, auth.InvitationRead); err != nil {
		return nil, nil, err
	}
	return s.invitations.List(ctx, workspace, page)
}

// Revoke ends an invitation that nobody has accepted. It takes the role admin. Errors: not_found, forbidden,
// insufficient_scope; conflict for one that was accepted.
func (s *Service) Revoke(ctx context.Context, p auth.Principal, id uuid.UUID) error {
	return s.invitations.Revoke(ctx, p, id, func(cur Invitation, caller auth.Membership) error {
		if err := may(p, caller, auth.InvitationManage, "invitation"); err != nil {
			return err
		}
		if cur.AcceptedAt != nil {
			return apperr.New(apperr.Conflict, "The invitation was accepted. Remove the member instead.")
		}
		return nil
	})
}

// Accept makes the principal a member by an invitation's token, which works once. It takes the scope admin. Errors:
// not_found for what is no such token; gone for one that was used or revoked or has expired; forbidden when it is meant
// for another e-mail; already_exists for a member, who keeps the role and leaves the invitation unspent.
func (s *Service) Accept(ctx context.Context, p auth.Principal, token string) (Workspace, error) {
	if err := p.MayAccount(auth.InvitationAccept); err != nil {
		return Workspace{}, err
	}
	hash, ok := account.HashSecret(account.InvitationPrefix, token)
	if !ok {
		return Workspace{}, apperr.Missing("invitation")
	}
	w, err := s.invitations.Accept(ctx, p, hash)
	if made, again := idem.Earlier(err); again {
		if w, err = s.Get(ctx, p, made[0]); apperr.Is(err, apperr.NotFound) { // the membership ended since
			err = ErrInvitationGone
		}
	}
	return w, err
}
