package httpapi

import (
	"net/http"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// ListServiceAccounts implements GET /v1/workspaces/{workspace}/service-accounts.
func (s *Server) ListServiceAccounts(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, params api.ListServiceAccountsParams) {
	wanted, err := accountPage(s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Accounts.ServiceAccounts(r.Context(), principal(r), id, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toServiceAccount), next)
}

// CreateServiceAccount implements POST /v1/workspaces/{workspace}/service-accounts.
func (s *Server) CreateServiceAccount(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, _ api.CreateServiceAccountParams) {
	in, err := decode[api.ServiceAccountCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Accounts.CreateServiceAccount(r.Context(), principal(r), id, in.Name, auth.Role(in.Role))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/service-accounts/"+v.ID.String(), v.Version, toServiceAccount(v))
}

// GetServiceAccount implements GET /v1/service-accounts/{service_account}.
func (s *Server) GetServiceAccount(w http.ResponseWriter, r *http.Request, id api.PathServiceAccount, _ api.GetServiceAccountParams) {
	v, err := s.svc.Accounts.ServiceAccount(r.Context(), principal(r), id)
	s.serviceAccountOrFail(w, r, v, err)
}

// UpdateServiceAccount implements PATCH /v1/service-accounts/{service_account}.
func (s *Server) UpdateServiceAccount(w http.ResponseWriter, r *http.Request, id api.PathServiceAccount, _ api.UpdateServiceAccountParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.ServiceAccountPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Accounts.UpdateServiceAccount(r.Context(), principal(r), id, account.ServiceAccountPatch{
		Name: patch.Name, Role: (*auth.Role)(patch.Role), IfVersion: version,
	})
	s.serviceAccountOrFail(w, r, v, err)
}

// DeleteServiceAccount implements DELETE /v1/service-accounts/{service_account}.
func (s *Server) DeleteServiceAccount(w http.ResponseWriter, r *http.Request, id api.PathServiceAccount) {
	if err := s.svc.Accounts.DeleteServiceAccount(r.Context(), principal(r), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

// ListServiceTokens implements GET /v1/service-accounts/{service_account}/tokens.
func (s *Server) ListServiceTokens(w http.ResponseWriter, r *http.Request, id api.PathServiceAccount, params api.ListServiceTokensParams) {
	wanted, err := accountPage(s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Accounts.ServiceTokens(r.Context(), principal(r), id, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toToken), next)
}

// CreateServiceToken implements POST /v1/service-accounts/{service_account}/tokens.
func (s *Server) CreateServiceToken(w http.ResponseWriter, r *http.Request, id api.PathServiceAccount) {
	in, err := decode[api.ServiceTokenCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	t, err := s.svc.Accounts.CreateServiceToken(r.Context(), principal(r), id, account.TokenInput{
		Name: in.Name, Scopes: each(in.Scopes, func(v api.Scope) auth.Scope { return auth.Scope(v) }), ExpiresAt: in.ExpiresAt,
	})
	s.tokenOrFail(w, r, "/v1/service-accounts/"+id.String()+"/tokens/", t, err)
}

// RevokeServiceToken implements DELETE /v1/service-accounts/{service_account}/tokens/{token}.
func (s *Server) RevokeServiceToken(w http.ResponseWriter, r *http.Request, id api.PathServiceAccount, token api.PathToken) {
	if err := s.svc.Accounts.RevokeServiceToken(r.Context(), principal(r), id, token); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) serviceAccountOrFail(w http.ResponseWriter, r *http.Request, v account.ServiceAccount, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, v.Version, toServiceAccount(v))
}

func toServiceAccount(v account.ServiceAccount) api.ServiceAccount {
	return api.ServiceAccount{
		ID: v.ID, WorkspaceID: v.WorkspaceID, Name: v.Name, Role: api.ServiceRole(v.Role), CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: v.Version,
	}
}
