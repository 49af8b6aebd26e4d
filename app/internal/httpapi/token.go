package httpapi

import (
	"net/http"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// ListTokens implements GET /v1/tokens.
func (s *Server) ListTokens(w http.ResponseWriter, r *http.Request, params api.ListTokensParams) {
	wanted, err := accountPage(s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Accounts.Tokens(r.Context(), principal(r), wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toToken), next)
}

// CreateToken implements POST /v1/tokens.
func (s *Server) CreateToken(w http.ResponseWriter, r *http.Request) {
	in, err := decode[api.TokenCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	t, err := s.svc.Accounts.CreateToken(r.Context(), principal(r), account.TokenInput{
		Name: in.Name, Scopes: each(in.Scopes, func(v api.Scope) auth.Scope { return auth.Scope(v) }), ExpiresAt: in.ExpiresAt, Workspace: in.WorkspaceID,
	})
	s.tokenOrFail(w, r, "/v1/tokens/", t, err)
}

// tokenOrFail answers with a token's secret, which nothing on the way may keep.
func (s *Server) tokenOrFail(w http.ResponseWriter, r *http.Request, list string, t account.CreatedToken, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	shown := toToken(t.Token)
	s.created(w, r, list+t.ID.String(), 0, api.TokenCreated{
		ID: shown.ID, Name: shown.Name, Scopes: shown.Scopes, WorkspaceID: shown.WorkspaceID, CreatedAt: shown.CreatedAt, ExpiresAt: shown.ExpiresAt,
		LastUsedAt: shown.LastUsedAt, Token: t.Secret,
	})
}

// RevokeToken implements DELETE /v1/tokens/{token}.
func (s *Server) RevokeToken(w http.ResponseWriter, r *http.Request, id api.PathToken) {
	if err := s.svc.Accounts.RevokeToken(r.Context(), principal(r), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func toToken(t account.Token) api.Token {
	return api.Token{
		ID: t.ID, Name: t.Name, Scopes: each(t.Scopes, func(v auth.Scope) api.Scope { return api.Scope(v) }),
		WorkspaceID: t.Workspace, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt,
	}
}
