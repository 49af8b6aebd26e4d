package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// ListMembers implements GET /v1/workspaces/{workspace}/members.
func (s *Server) ListMembers(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, params api.ListMembersParams) {
	wanted, err := workspacePage[workspace.MemberPlace](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Workspaces.Members(r.Context(), principal(r), id, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toMember), next)
}

// UpdateMember implements PATCH /v1/workspaces/{workspace}/members/{account}.
func (s *Server) UpdateMember(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, account api.PathAccount) {
	if err := noMatch(r); err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.MemberPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	m, err := s.svc.Workspaces.SetRole(r.Context(), principal(r), id, account, auth.Role(patch.Role))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, 0, toMember(m))
}

// noMatch refuses a change of a member under a condition: members have no version, so that only `*` can match.
func noMatch(r *http.Request) error {
	if version, err := ifMatch(r); err != nil || version != nil {
		return apperr.New(apperr.PreconditionFailed, "A member has no version and no ETag: If-Match takes nothing but * here. Leave it out.")
	}
	return nil
}

// RemoveMember implements DELETE /v1/workspaces/{workspace}/members/{account}.
func (s *Server) RemoveMember(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, account api.PathAccount) {
	if err := noMatch(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if err := s.svc.Workspaces.Remove(r.Context(), principal(r), id, account); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

// ListInvitations implements GET /v1/workspaces/{workspace}/invitations.
func (s *Server) ListInvitations(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, params api.ListInvitationsParams) {
	wanted, err := workspacePage[uuid.UUID](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Workspaces.Invitations(r.Context(), principal(r), id, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toInvitation), next)
}

// CreateInvitation implements POST /v1/workspaces/{workspace}/invitations.
func (s *Server) CreateInvitation(w http.ResponseWriter, r *http.Request, id api.PathWorkspace) {
	in, err := decode[api.InvitationCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	i, err := s.svc.Workspaces.Invite(r.Context(), principal(r), id, workspace.InvitationInput{Email: in.Email, Role: auth.Role(in.Role)})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	shown := toInvitation(i.Invitation)
	s.created(w, r, "/v1/invitations/"+i.ID.String(), 0, api.InvitationCreated{
		ID: shown.ID, WorkspaceID: shown.WorkspaceID, Email: shown.Email, Role: shown.Role, InvitedBy: shown.InvitedBy,
		CreatedAt: shown.CreatedAt, ExpiresAt: shown.ExpiresAt, AcceptedAt: shown.AcceptedAt, Token: i.Secret,
	})
}

// RevokeInvitation implements DELETE /v1/invitations/{invitation}.
func (s *Server) RevokeInvitation(w http.ResponseWriter, r *http.Request, id api.PathInvitation) {
	if err := s.svc.Workspaces.Revoke(r.Context(), principal(r), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

// AcceptInvitation implements POST /v1/invitations/accept.
func (s *Server) AcceptInvitation(w http.ResponseWriter, r *http.Request, _ api.AcceptInvitationParams) {
	in, err := decode[api.InvitationAccept](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if err := checkSent(sentText{"/token", &in.Token, 200}); err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Workspaces.Accept(r.Context(), principal(r), in.Token)
	s.workspaceOrFail(w, r, v, err)
}

func toMember(m workspace.Member) api.Member {
	return api.Member{
		Account: api.AccountRef{ID: m.Account.ID, Name: m.Account.Name}, Kind: api.AccountKind(m.Kind), Email: nullEmpty(m.Email), Role: api.Role(m.Role), JoinedAt: m.JoinedAt,
	}
}

func toInvitation(i workspace.Invitation) api.Invitation {
	return api.Invitation{
		ID: i.ID, WorkspaceID: i.WorkspaceID, Email: nullEmpty(i.Email), Role: api.Role(i.Role), InvitedBy: api.AccountRef{ID: i.InvitedBy.ID, Name: i.InvitedBy.Name},
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, AcceptedAt: i.AcceptedAt,
	}
}
