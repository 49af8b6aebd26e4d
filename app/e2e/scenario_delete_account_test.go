package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestDeleteAccount deletes a person's account and looks for what is left of it.
func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		base := "/v1/workspaces/" + d.workspace
		grace := d.join("Grace Hopper", "admin")
		address := grace.get("/v1/me").want(200).str("email")
		eve := d.signUp("Eve")
		elsewhere := eve.post("/v1/workspaces", object{"name": "Elsewhere"}).want(201).str("id")
		toHer := eve.post("/v1/workspaces/"+elsewhere+"/invitations", object{"role": "member", "email": strings.ToUpper(address)}).want(201)
		byHer := grace.post(base+"/invitations", object{"role": "viewer"}).want(201).str("token")
		spent := d.ada.post(base+"/invitations", object{"role": "viewer", "email": email("x")}).want(201)
		token := grace.withScopes("admin")
		task := token.post("/v1/projects/"+d.project+"/tasks", object{"title": "Hers", "assignee_ids": []string{grace.id, d.ada.id}}).want(201)
		path := "/v1/tasks/" + task.str("id")
		grace.post(path+"/comments", object{"body": "my words"}).want(201)
		second := d.as(d.anonymous().post("/v1/sessions", object{"email": address, "password": password}).want(201).str("token"))
		second.get("/v1/me").want(200)

		// What stands in the way.
		grace.post("/v1/me/delete", object{}).problem(http.StatusUnprocessableEntity, "validation_failed")
		grace.post("/v1/me/delete", object{"current_password": "not the password"}).problem(http.StatusUnprocessableEntity, "validation_failed")
		grace.withScopes("write").post("/v1/me/delete", object{"current_password": password}).problem(http.StatusForbidden, "insufficient_scope")
		grace.bound(d.workspace, "admin").post("/v1/me/delete", object{"current_password": password}).problem(http.StatusForbidden, "forbidden")
		owners := d.ada.post("/v1/me/delete", object{"current_password": password}).problem(http.StatusConflict, "conflict")
		if !strings.Contains(owners.str("detail"), "tasktracker user owner") {
			t.Errorf("the way is not named: %s", owners)
		}
		shared := grace.post("/v1/workspaces", object{"name": "Shared by her"}).want(201).str("id")
		invited := grace.post("/v1/workspaces/"+shared+"/invitations", object{"role": "admin"}).want(201)
		eve.post("/v1/invitations/accept", object{"token": invited.str("token")}).want(200)
		last := grace.post("/v1/me/delete", object{"current_password": password}).problem(http.StatusConflict, "last_owner")
		if !strings.Contains(last.str("detail"), `"Shared by her"`) || strings.Contains(last.str("detail"), "Acme") {
			t.Errorf("the workspaces are not named: %s", last)
		}
		second.get("/v1/me").want(200) // nothing was done so far
		grace.patch("/v1/workspaces/"+shared+"/members/"+eve.id, object{"role": "owner"}).want(200)

		before := d.ada.get(path).want(200)
		grace.post("/v1/me/delete", object{"current_password": password}).want(http.StatusNoContent)
		for _, c := range []*client{grace, second, token} {
			c.get("/v1/me").problem(http.StatusUnauthorized, "unauthenticated")
		}
		d.anonymous().post("/v1/sessions", object{"email": address, "password": password}).problem(http.StatusUnauthorized, "unauthenticated")
		after := d.ada.get(path).want(200)
		assignees, _ := after.value("assignees").([]any)
		if after.str("author", "name") != "Deleted account" || len(assignees) != 1 || after.num("version") != before.num("version")+1 {
			t.Errorf("the task: %s", after)
		}
		log := d.ada.get(path + "/activity").want(200)
		if log.str("items", 0, "changes", 0, "field") != "assignee_ids" || log.str("items", 0, "actor", "id") != grace.id || log.str("items", 0, "actor", "name") != "Deleted account" {
			t.Errorf("its activity: %s", log)
		}
		if got := d.ada.get(path + "/comments").want(200); got.str("items", 0, "body") != "my words" || got.str("items", 0, "author", "name") != "Deleted account" {
			t.Errorf("her comment: %s", got)
		}
		for c, id := range map[*client]string{d.ada: d.workspace, eve: shared} {
			for _, m := range c.get("/v1/workspaces/" + id + "/members").want(200).items() {
				if fmt.Sprint(m["account"]) == fmt.Sprint(object{"id": grace.id, "name": "Deleted account"}) {
					t.Errorf("she is a member still: %v", m)
				}
			}
		}
		// Neither the invitations that she made nor those to her are left, and her address is nowhere.
		d.anonymous().post("/v1/signup", object{"email": email("late"), "password": password, "name": "L", "invitation_token": byHer}).problem(http.StatusGone, "gone")
		for _, res := range []*response{
			d.ada.get(base + "/invitations").want(200), eve.get("/v1/workspaces/" + elsewhere + "/invitations").want(200), d.ada.get(base + "/activity?limit=100").want(200),
			d.ada.get(base + "/members").want(200), d.ada.get(base + "/export").want(200),
		} {
			if text := strings.ToLower(string(res.plain())); strings.Contains(text, address) || strings.Contains(text, "hopper") {
				t.Errorf("she is still named: %s", res)
			}
		}
		d.ada.delete("/v1/invitations/" + spent.str("id")).want(204)

		// The address signs up anew, as somebody else.
		d.anonymous().post("/v1/invitations/accept", object{"token": toHer.str("token")}).problem(http.StatusUnauthorized, "unauthenticated")
		anew := d.anonymous().post("/v1/signup", object{"email": address, "password": password, "name": "Grace again"}).want(201)
		if anew.str("account", "id") == grace.id {
			t.Error("the new account is the deleted one")
		}
		again := d.as(anew.str("token"))
		if got := again.get("/v1/workspaces").want(200).items(); len(got) != 0 {
			t.Errorf("the new account is in %v", got)
		}
		again.post("/v1/me/delete", object{"current_password": password}).want(http.StatusNoContent)

		// A workspace of nobody else's is named.
		own := d.signUp("Solitary")
		own.post("/v1/workspaces", object{"name": "Hermitage"}).want(201)
		if res := own.post("/v1/me/delete", object{"current_password": password}); res.status != http.StatusNoContent {
			if res.problem(http.StatusConflict, "conflict"); !strings.Contains(res.str("detail"), `"Hermitage"`) {
				t.Errorf("%s", res)
			}
		}

		// The instance's owner hands it over on the server's machine.
		heir := d.signUp("Heir")
		heirs := heir.get("/v1/me").want(200).str("email")
		tool(t, d.opts, nil, "user", "owner", "--email", "nobody@example.com").want(1).line().says("nobody@example.com")
		if got := tool(t, d.opts, nil, "user", "owner", "--email", heirs, "--json").want(0).json(); got["instance_owner"] != true {
			t.Errorf("user owner: %v", got)
		}
		if got := heir.get("/v1/me").want(200); got.value("instance_owner") != true {
			t.Errorf("the heir: %s", got)
		}
		if got := d.ada.get("/v1/me").want(200); got.value("instance_owner") != false {
			t.Errorf("the former owner: %s", got)
		}
		d.ada.patch(base+"/members/"+d.ada.id, object{"role": "owner"}).want(200)
		d.ada.post("/v1/me/delete", object{"current_password": password}).problem(http.StatusConflict, "conflict") // for the workspace now
	})
}

// TestDeleteAccountWithoutPassword deletes the account of a person who comes by an identity provider, and who may come again.
func TestDeleteAccountWithoutPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		i := newIssuer(t)
		s := start(t, options{engine: engine, env: i.env("TASKTRACKER_OIDC_SIGNUP=true")})
		s.signUp("Ada")
		grace := s.as(i.token("grace", object{"email": email("grace"), "email_verified": true, "scope": "admin"}))
		first := grace.get("/v1/me").want(200).str("id")
		grace.post("/v1/me/delete", object{}).want(http.StatusNoContent)
		if again := grace.get("/v1/me").want(200).str("id"); again == first {
			t.Error("the deleted account came back")
		}
	})
}
