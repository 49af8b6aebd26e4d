package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestSessions lists and ends a person's sessions.
func TestSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		s := start(t, options{engine: engine})
		ada, eve := s.signUp("Ada"), s.signUp("Eve")
		address := ada.get("/v1/me").want(200).str("email")
		logIn := func(userAgent string) *client {
			t.Helper()
			res := s.anonymous().post("/v1/sessions", object{"email": address, "password": password}, set("User-Agent", userAgent)).want(201)
			return s.as(res.str("token"))
		}
		phone := logIn("Phone/7 (a\tb) \u202eevil\u200b" + strings.Repeat("x", 300))
		desk := logIn("Desk/1")
		list := desk.get("/v1/sessions").want(200)
		items := list.items()
		if len(items) != 3 || items[0]["user_agent"] != "Desk/1" || items[0]["current"] != true || items[1]["current"] != false || items[0]["address"] != "127.0.0.1" {
			t.Fatalf("sessions: %s", list)
		}
		if agent, _ := items[1]["user_agent"].(string); len([]rune(agent)) != 200 || !strings.HasPrefix(agent, "Phone/7 (a b) evil xxx") {
			t.Errorf("user agent %q", agent)
		}
		if strings.Contains(string(list.body), phone.token) {
			t.Error("a secret is shown")
		}
		first := ada.get("/v1/sessions?limit=1").want(200)
		if next := ada.get("/v1/sessions?limit=2&cursor=" + first.str("next_cursor")).want(200).items(); len(next) != 2 || next[1]["current"] != true {
			t.Errorf("the second page: %v", next)
		}
		// A token for programs is none of them, and may end them with the scope admin.
		token := ada.withScopes("write")
		if got := token.get("/v1/sessions").want(200).items(); len(got) != 3 || got[0]["current"] != false {
			t.Errorf("sessions with a token: %v", got)
		}
		id, _ := items[1]["id"].(string)
		token.delete("/v1/sessions/"+id).problem(http.StatusForbidden, "insufficient_scope")
		eve.delete("/v1/sessions/"+id).problem(http.StatusNotFound, "not_found")
		phone.get("/v1/me").want(200)
		desk.delete("/v1/sessions/" + id).want(204)
		phone.get("/v1/me").problem(http.StatusUnauthorized, "unauthenticated") // at once
		desk.delete("/v1/sessions/"+id).problem(http.StatusNotFound, "not_found")

		desk.delete("/v1/sessions").want(204)
		ada.get("/v1/me").problem(http.StatusUnauthorized, "unauthenticated")
		token.get("/v1/me").want(200)
		eve.get("/v1/me").want(200)
		if got := desk.get("/v1/sessions").want(200).items(); len(got) != 1 || got[0]["current"] != true {
			t.Errorf("left: %v", got)
		}
		own, _ := desk.get("/v1/sessions").items()[0]["id"].(string)
		desk.delete("/v1/sessions/" + own).want(204)
		desk.get("/v1/me").problem(http.StatusUnauthorized, "unauthenticated")
	})
}

// TestBoundToken goes where a token that is bound to one workspace must not come; the matrix tries every route.
func TestBoundToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		other := d.ada.post("/v1/workspaces", object{"name": "Other"}).want(201).str("id")
		secret := d.ada.post("/v1/workspaces/"+other+"/projects", object{"key": "TOP", "name": "Secret"}).want(201).str("id")
		hidden := d.ada.post("/v1/projects/"+secret+"/tasks", object{"title": "Secret"}).want(201).str("id")
		eve := d.signUp("Eve")
		for _, id := range []string{d.workspace, "01988c5e-7a3b-7c21-9f00-5b6c8e1d2a02"} {
			res := eve.post("/v1/tokens", object{"name": "x", "scopes": []string{"read"}, "workspace_id": id}).problem(422, "validation_failed")
			if res.str("errors", 0, "pointer") != "/workspace_id" {
				t.Errorf("a token for a workspace of others: %s", res)
			}
		}
		made := d.ada.post("/v1/tokens", object{"name": "ci", "scopes": []string{"admin"}, "workspace_id": d.workspace}).want(201)
		bound := d.as(made.str("token"))
		if made.str("workspace_id") != d.workspace || d.ada.get("/v1/tokens").want(200).str("items", 0, "workspace_id") != d.workspace {
			t.Errorf("the token does not say what it is bound to: %s", made)
		}
		if got := bound.get("/v1/workspaces").want(200).items(); len(got) != 1 || got[0]["id"] != d.workspace || got[0]["role"] != "owner" {
			t.Errorf("workspaces: %v", got)
		}
		if got := bound.get("/v1/me").want(200); got.str("id") != d.ada.id {
			t.Errorf("me: %s", got)
		}
		task := bound.post("/v1/projects/"+d.project+"/tasks", object{"title": "By CI"}).want(201).str("id")
		bound.get("/v1/tasks/"+hidden).problem(404, "not_found")
		bound.post("/v1/tasks/"+task+"/relations", object{"type": "blocks", "task_id": hidden}).problem(422, "validation_failed")

		// A key that was used elsewhere gives nothing back.
		key := set("Idempotency-Key", "made-elsewhere")
		d.ada.post("/v1/projects/"+secret+"/tasks", object{"title": "Once"}, key).want(201)
		bound.post("/v1/projects/"+secret+"/tasks", object{"title": "Once"}, key).problem(404, "not_found")
		workspaceKey := set("Idempotency-Key", "a-workspace")
		d.ada.post("/v1/workspaces", object{"name": "Third"}, workspaceKey).want(201)
		bound.post("/v1/workspaces", object{"name": "Third"}, workspaceKey).problem(403, "forbidden")

		detail := bound.patch("/v1/me", object{"name": "Mallory"}).problem(403, "forbidden").str("detail")
		if !strings.Contains(detail, "one workspace") {
			t.Errorf("detail %q", detail)
		}
		bound.post("/v1/workspaces/import", raw{"application/x-ndjson", "{}\n"}).problem(403, "forbidden") // of the instance's owner, too
		// It ends with its account's membership, and itself.
		grace := d.join("Grace", "member")
		hers := grace.bound(d.workspace, "write")
		hers.get("/v1/workspaces/" + d.workspace).want(200)
		d.ada.delete("/v1/workspaces/" + d.workspace + "/members/" + grace.id).want(204)
		hers.get("/v1/workspaces/"+d.workspace).problem(404, "not_found")
		if got := hers.get("/v1/workspaces").want(200).items(); len(got) != 0 {
			t.Errorf("workspaces afterwards: %v", got)
		}
		hers.delete("/v1/sessions/current").want(204)
		hers.get("/v1/me").problem(401, "unauthenticated")
	})
}
