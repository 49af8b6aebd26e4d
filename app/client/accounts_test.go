package client

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var (
	accountID = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a01")
	tokenID   = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a0b")
)

// TestAccountsCalls makes each call about accounts, sessions and service accounts, and looks at what is sent.
func TestAccountsCalls(t *testing.T) {
	t.Parallel()
	const service, empty = "/v1/service-accounts/", `{"items":[],"next_cursor":null}`
	w, a, tok := workspaceID.String(), accountID.String(), tokenID.String()
	for want, c := range map[string]struct {
		answer http.HandlerFunc
		call   func(*Client) error
		body   string
	}{
		"GET /v1/sessions":           {answer(200, empty), func(c *Client) error { _, err := Collect(c.Sessions(t.Context()), 0); return err }, ""},
		"DELETE /v1/sessions/" + tok: {answer(204, ""), func(c *Client) error { return c.EndSession(t.Context(), tokenID) }, ""},
		"DELETE /v1/sessions":        {answer(204, ""), func(c *Client) error { return c.EndOtherSessions(t.Context()) }, ""},
		"POST /v1/me/delete":         {answer(204, ""), func(c *Client) error { return c.DeleteMe(t.Context(), "my password") }, `{"current_password":"my password"}`},
		"POST /v1/tokens": {answer(201, `{"id":"`+tok+`","workspace_id":"`+w+`","token":"tt_x"}`), func(c *Client) error {
			made, err := c.CreateToken(t.Context(), TokenCreate{Name: "ci", Scopes: []Scope{ScopeRead}, WorkspaceID: &workspaceID})
			if err == nil && (made.WorkspaceID == nil || *made.WorkspaceID != workspaceID) {
				t.Errorf("made %+v", made)
			}
			return err
		}, `{"name":"ci","scopes":["read"],"workspace_id":"` + w + `"}`},
		"GET /v1/workspaces/" + w + "/service-accounts": {answer(200, empty), func(c *Client) error {
			_, err := Collect(c.ServiceAccounts(t.Context(), workspaceID), 0)
			return err
		}, ""},
		"POST /v1/workspaces/" + w + "/service-accounts": {answer(201, `{"id":"`+a+`","role":"member"}`), func(c *Client) error {
			made, err := c.CreateServiceAccount(t.Context(), workspaceID, ServiceAccountCreate{Name: "bot", Role: ServiceRoleMember})
			if err == nil && (made.ID != accountID || made.Role != ServiceRoleMember) {
				t.Errorf("made %+v", made)
			}
			return err
		}, `{"name":"bot","role":"member"}`},
		"GET " + service + a: {answer(200, `{"id":"`+a+`"}`), func(c *Client) error { _, err := c.ServiceAccount(t.Context(), accountID); return err }, ""},
		"PATCH " + service + a: {answer(200, `{"id":"`+a+`"}`), func(c *Client) error {
			_, err := c.UpdateServiceAccount(t.Context(), accountID, ServiceAccountPatch{Name: new("bot")}, IfVersion(3))
			return err
		}, `{"name":"bot"}`},
		"DELETE " + service + a: {answer(204, ""), func(c *Client) error { return c.DeleteServiceAccount(t.Context(), accountID) }, ""},
		"GET " + service + a + "/tokens": {answer(200, empty), func(c *Client) error {
			_, err := Collect(c.ServiceTokens(t.Context(), accountID), 0)
			return err
		}, ""},
		"POST " + service + a + "/tokens": {answer(201, `{"id":"`+tok+`"}`), func(c *Client) error {
			_, err := c.CreateServiceToken(t.Context(), accountID, ServiceTokenCreate{Name: "ci", Scopes: []Scope{ScopeWrite}})
			return err
		}, `{"name":"ci","scopes":["write"]}`},
		"DELETE " + service + a + "/tokens/" + tok: {answer(204, ""), func(c *Client) error { return c.RevokeServiceToken(t.Context(), accountID, tokenID) }, ""},
	} {
		b := setup(t, c.answer)
		if err := c.call(b.Client); err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		sent := b.seen[0]
		if diff := cmp.Diff([]string{want, c.body}, []string{sent.method + " " + sent.uri, sent.body}); diff != "" {
			t.Errorf("%s (-want +sent):\n%s", want, diff)
		}
	}
}

// TestWhatEndsTheCallerIsSentOnce has neither a key nor a second attempt.
func TestWhatEndsTheCallerIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*Client) error{
		"delete me": func(c *Client) error { return c.DeleteMe(t.Context(), "") },
		"service token": func(c *Client) error {
			_, err := c.CreateServiceToken(t.Context(), accountID, ServiceTokenCreate{})
			return err
		},
	} {
		b := setup(t, problem(503, CodeUnavailable, "Retry-After", "2"))
		var e *Error
		if err := call(b.Client); !errors.As(err, &e) || e.Code != CodeUnavailable || e.RetryAfter != 2*time.Second {
			t.Errorf("%s: %v", name, err)
		}
		if len(b.seen) != 1 || b.seen[0].header.Get("Idempotency-Key") != "" {
			t.Errorf("%s: sent %d times, key %q", name, len(b.seen), b.seen[0].header.Get("Idempotency-Key"))
		}
	}
}

func TestExportMe(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(200, "{\"type\":\"header\"}\n", "Content-Type", "application/x-ndjson"))
	stream, err := b.ExportMe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	if got, err := io.ReadAll(stream); err != nil || string(got) != "{\"type\":\"header\"}\n" {
		t.Errorf("%q, %v", got, err)
	}
	if sent := b.seen[0]; sent.uri != "/v1/me/export" || sent.header.Get("Accept") != "application/x-ndjson, application/problem+json" {
		t.Errorf("sent %+v", sent)
	}
}
