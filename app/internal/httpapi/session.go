package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/account"
)

// accountPage reads which page of tokens, sessions or service accounts is asked for. Errors: invalid_parameter,
// invalid_cursor.
func accountPage(s *Server, r *http.Request, wanted *int) (account.Page, error) {
	limit, err := listLimit(wanted)
	if err != nil {
		return account.Page{}, err
	}
	start, err := after[uuid.UUID](s, r)
	return account.Page{After: start, Limit: limit, Eventual: eventual(r)}, err
}

// ListSessions implements GET /v1/sessions.
func (s *Server) ListSessions(w http.ResponseWriter, r *http.Request, params api.ListSessionsParams) {
	wanted, err := accountPage(s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Accounts.Sessions(r.Context(), principal(r), wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toSessionInfo), next)
}

// EndOtherSessions implements DELETE /v1/sessions.
func (s *Server) EndOtherSessions(w http.ResponseWriter, r *http.Request) {
	if err := s.svc.Accounts.EndOtherSessions(r.Context(), principal(r)); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

// RevokeSession implements DELETE /v1/sessions/{session}.
func (s *Server) RevokeSession(w http.ResponseWriter, r *http.Request, id api.PathSession) {
	if err := s.svc.Accounts.EndSession(r.Context(), principal(r), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func toSessionInfo(v account.OpenSession) api.SessionInfo {
	return api.SessionInfo{
		ID: v.ID, CreatedAt: v.CreatedAt, LastUsedAt: v.LastUsedAt, ExpiresAt: v.ExpiresAt, UserAgent: v.UserAgent, Address: v.Address, Current: v.Current,
	}
}
