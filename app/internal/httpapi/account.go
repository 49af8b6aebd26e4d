package httpapi

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/account"
)

// SignUp implements POST /v1/signup.
func (s *Server) SignUp(w http.ResponseWriter, r *http.Request) {
	in, err := decode[api.SignUp](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	err = checkSent(
		sentText{"/name", in.Name, account.MaxNameLen}, sentText{"/invitation_token", in.InvitationToken, 200}, sentText{"/bootstrap_token", in.BootstrapToken, 1000},
	)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	session, err := s.svc.Accounts.Signup(r.Context(), account.SignupInput{
		Email: in.Email, Password: in.Password, Name: deref(in.Name),
		InvitationToken: deref(in.InvitationToken), BootstrapToken: deref(in.BootstrapToken),
	}, account.SignupContext{Loopback: s.loopback(r), Client: client(r)})
	s.sessionOrFail(w, r, "/v1/me", session, err)
}

// CreateSession implements POST /v1/sessions.
func (s *Server) CreateSession(w http.ResponseWriter, r *http.Request) {
	in, err := decode[api.SessionCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	session, err := s.svc.Accounts.Login(r.Context(), in.Email, in.Password, client(r))
	s.sessionOrFail(w, r, "/v1/sessions/current", session, err)
}

// sessionOrFail answers with a secret, which nothing on the way may keep.
func (s *Server) sessionOrFail(w http.ResponseWriter, r *http.Request, location string, session account.Session, err error) {
	if err != nil {
		s.failWithPause(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.created(w, r, location, 0, api.Session{Token: session.Secret, ExpiresAt: session.ExpiresAt, Account: toAccount(session.Account)})
}

// client is what is noted of where a session begins.
func client(r *http.Request) account.Client {
	c := account.Client{UserAgent: r.UserAgent()}
	if x := exchangeOf(r.Context()); x != nil && x.client.IsValid() {
		c.Address = x.client.WithZone("").String()
	}
	return c
}

// EndSession implements DELETE /v1/sessions/current.
func (s *Server) EndSession(w http.ResponseWriter, r *http.Request) {
	if err := s.svc.Accounts.Logout(r.Context(), principal(r)); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

// GetMe implements GET /v1/me.
func (s *Server) GetMe(w http.ResponseWriter, r *http.Request, _ api.GetMeParams) {
	a, err := s.svc.Accounts.Me(r.Context(), principal(r))
	s.accountOrFail(w, r, a, err)
}

// UpdateMe implements PATCH /v1/me.
func (s *Server) UpdateMe(w http.ResponseWriter, r *http.Request, _ api.UpdateMeParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.AccountPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if err := checkSent(currentPassword(patch.CurrentPassword)); err != nil {
		s.fail(w, r, err)
		return
	}
	a, err := s.svc.Accounts.UpdateMe(r.Context(), principal(r), account.Patch{
		Name: patch.Name, Email: patch.Email, Password: patch.Password, CurrentPassword: patch.CurrentPassword, IfVersion: version,
	})
	s.accountOrFail(w, r, a, err)
}

// currentPassword is counted as it is hashed, as all passwords are.
func currentPassword(sent *string) sentText {
	if sent != nil {
		prepared := account.PreparePassword(*sent)
		sent = &prepared
	}
	return sentText{"/current_password", sent, account.MaxPasswordLen}
}

// DeleteMe implements POST /v1/me/delete.
func (s *Server) DeleteMe(w http.ResponseWriter, r *http.Request) {
	in, err := decode[api.AccountDelete](r)
	if err == nil {
		err = checkSent(currentPassword(in.CurrentPassword))
	}
	if err == nil {
		err = s.svc.Accounts.DeleteMe(r.Context(), principal(r), in.CurrentPassword)
	}
	if err != nil {
		s.failWithPause(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) accountOrFail(w http.ResponseWriter, r *http.Request, a account.Account, err error) {
	if err != nil {
		s.failWithPause(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, a.Version, toAccount(a))
}

// failWithPause is fail, and says how long to wait after too many wrong passwords.
func (s *Server) failWithPause(w http.ResponseWriter, r *http.Request, err error) {
	var pause *account.Pause
	if errors.As(err, &pause) {
		w.Header().Set("Retry-After", strconv.Itoa(pause.Seconds))
	}
	s.fail(w, r, err)
}

// nullEmpty is null for an address that is not there.
func nullEmpty(email string) *string {
	if email == "" {
		return nil
	}
	return &email
}

func toAccount(a account.Account) api.Account {
	return api.Account{
		ID: a.ID, Kind: api.AccountKind(a.Kind), Email: nullEmpty(a.Email), Name: a.Name, InstanceOwner: a.InstanceOwner, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Version: a.Version,
	}
}
