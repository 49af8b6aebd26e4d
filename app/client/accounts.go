package client

import (
	"context"
	"io"
	"iter"
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// SignUp creates an account and logs it in. It is sent once: the answer holds a secret.
func (c *Client) SignUp(ctx context.Context, in SignUp, opts ...CallOption) (*Session, error) {
	return do[Session](opts, func(e edit) (*http.Response, error) { return c.raw.SignUp(ctx, in, e) })
}

// LogIn trades e-mail and password for a session, whose token makes a new [Client]. It is sent once.
func (c *Client) LogIn(ctx context.Context, email, password string, opts ...CallOption) (*Session, error) {
	return do[Session](opts, func(e edit) (*http.Response, error) {
		return c.raw.CreateSession(ctx, api.SessionCreate{Email: email, Password: password}, e)
	})
}

// LogOut revokes the client's own token.
func (c *Client) LogOut(ctx context.Context, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.EndSession(ctx, e) })
}

// Sessions iterates over the caller's sign-ins that have not ended, newest first.
func (c *Client) Sessions(ctx context.Context, opts ...CallOption) iter.Seq2[SessionInfo, error] {
	return pages[SessionInfo](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListSessions(ctx, &api.ListSessionsParams{Cursor: cursor}, e)
	})
}

// EndSession ends one of the caller's sessions.
func (c *Client) EndSession(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.RevokeSession(ctx, id, e) })
}

// EndOtherSessions ends all of the caller's sessions but the client's own.
func (c *Client) EndOtherSessions(ctx context.Context, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.EndOtherSessions(ctx, e) })
}

// Me is the account that the token belongs to.
func (c *Client) Me(ctx context.Context, opts ...CallOption) (*Account, error) {
	return do[Account](opts, func(e edit) (*http.Response, error) { return c.raw.GetMe(ctx, nil, e) })
}

// UpdateMe changes the caller's account.
func (c *Client) UpdateMe(ctx context.Context, p AccountPatch, opts ...CallOption) (*Account, error) {
	return do[Account](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateMe(ctx, nil, p, e) })
}

// ExportMe streams all that is kept of the caller's account as NDJSON. The caller closes it. It is whole if it ends with the
// line that counts the others.
func (c *Client) ExportMe(ctx context.Context, opts ...CallOption) (io.ReadCloser, error) {
	accept := withHeader("Accept", ndjson+", application/problem+json")
	resp, err := exchange(append([]CallOption{accept}, opts...), func(e edit) (*http.Response, error) { return c.stream.ExportMe(ctx, e) })
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// DeleteMe ends the caller's account for good. The password is empty for an account that has none. It is sent once.
func (c *Client) DeleteMe(ctx context.Context, password string, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) {
		return c.raw.DeleteMe(ctx, api.AccountDelete{CurrentPassword: optional(password)}, e)
	})
}

// Tokens iterates over the caller's personal access tokens, newest first.
func (c *Client) Tokens(ctx context.Context, opts ...CallOption) iter.Seq2[Token, error] {
	return pages[Token](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListTokens(ctx, &api.ListTokensParams{Cursor: cursor}, e)
	})
}

// CreateToken makes a personal access token, which WorkspaceID binds to one workspace; the answer alone shows its secret. It is
// sent once.
func (c *Client) CreateToken(ctx context.Context, in TokenCreate, opts ...CallOption) (*TokenCreated, error) {
	return do[TokenCreated](opts, func(e edit) (*http.Response, error) { return c.raw.CreateToken(ctx, in, e) })
}

// RevokeToken ends a token for good.
func (c *Client) RevokeToken(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.RevokeToken(ctx, id, e) })
}
