package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestJWTMayDoWhatItsScopesSay comes with the claims that identity providers send, and with some that none should.
func TestJWTMayDoWhatItsScopesSay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		i := newIssuer(t)
		plain := newOffice(t, options{engine: engine, env: i.env()})
		mapped := newOffice(t, options{engine: engine, env: i.env(
			"TASKTRACKER_OIDC_SCOPES=read=Tasks.Read,write=api://tasks/write", "TASKTRACKER_OIDC_SCOPE_CLAIMS=scp,roles", "TASKTRACKER_OIDC_DEFAULT_SCOPES=read")})
		addresses := map[*office]any{}
		for _, d := range []*office{plain, mapped} { // the first token ends the session
			addresses[d] = d.ada.get("/v1/me").want(200).str("email")
		}
		for _, c := range []struct {
			office      *office
			claims      object
			read, write bool
		}{
			{plain, object{"scope": "read"}, true, false},
			{plain, object{"scp": []string{"read"}}, true, false},
			{plain, object{"scp": "openid write"}, true, true},
			{plain, object{"scope": []string{"admin"}}, true, true},
			{plain, object{}, false, false},
			{plain, object{"scope": ""}, false, false},
			{plain, object{"scope": []string{}}, false, false},
			{plain, object{"scope": "READ"}, false, false},
			{plain, object{"scope": []any{"read", 5}}, false, false},
			{plain, object{"scope": object{"read": true}}, false, false},
			{plain, object{"scope": "openid profile"}, false, false},
			{plain, object{"scope": "api://tasks/read"}, false, false},
			{plain, object{"roles": []string{"read"}}, false, false},
			{mapped, object{"scp": "Tasks.Read"}, true, false},
			{mapped, object{"roles": []string{"api://tasks/write"}}, true, true},
			{mapped, object{"scope": "api://tasks/write"}, true, false}, // by the default: the claim is not read
			{mapped, object{"scp": "write admin"}, true, false},
		} {
			c.claims["email"], c.claims["email_verified"] = addresses[c.office], true
			jwt := c.office.as(i.token("ada", c.claims))
			check := func(res *response, allowed bool, status int) {
				t.Helper()
				if allowed {
					res.want(status)
					return
				}
				detail := res.problem(http.StatusForbidden, "insufficient_scope").str("detail")
				if want := map[*office]string{plain: "scope, scp", mapped: "scp, roles"}[c.office]; !strings.Contains(detail, want) {
					t.Errorf("%v: the claims that were looked at are not in %q", c.claims, detail)
				}
			}
			check(jwt.get("/v1/workspaces"), c.read, http.StatusOK)
			check(jwt.post("/v1/projects/"+c.office.project+"/tasks", object{"title": "By JWT"}), c.write, http.StatusCreated)
		}
	})
}

// TestJWTWithoutVerifiedAddress comes as Entra's tokens do, whose claims say nothing of email_verified.
func TestJWTWithoutVerifiedAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		i := newIssuer(t)
		for setting, c := range map[string]struct {
			claims object
			fault  string // in the problem's detail
		}{
			"email_verified": {object{"email_verified": "1"}, ""},
			"":               {object{}, `no claim "email_verified"`},
			"xms_edov":       {object{"xms_edov": true}, ""},
			"xms_edov ":      {object{"email_verified": true}, `no claim "xms_edov"`},
			"trusted":        {object{}, ""},
			"trusted ":       {object{"email": nil}, `no claim "email"`},
		} {
			s := start(t, options{engine: engine, env: i.env("TASKTRACKER_OIDC_SIGNUP=true", "TASKTRACKER_OIDC_EMAIL_VERIFIED="+strings.TrimSpace(setting))})
			s.signUp("Ada")
			claims := object{"email": email("grace"), "scope": "read"}
			for name, value := range c.claims {
				claims[name] = value
			}
			res := s.as(i.token("grace", claims)).get("/v1/me")
			if c.fault == "" {
				res.want(http.StatusOK)
				continue
			}
			detail := res.problem(http.StatusForbidden, "forbidden").str("detail")
			if !strings.Contains(detail, c.fault) || !strings.Contains(detail, "TASKTRACKER_OIDC_EMAIL_VERIFIED") {
				t.Errorf("%q: %s", setting, detail)
			}
		}
	})
}
