package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestServiceAccount takes a program's account through its life.
func TestServiceAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		base := "/v1/workspaces/" + d.workspace
		list := base + "/service-accounts"
		for _, role := range []string{"owner", "king", ""} {
			d.ada.post(list, object{"name": "bot", "role": role}).problem(http.StatusUnprocessableEntity, "validation_failed")
		}
		key := set("Idempotency-Key", "one-bot")
		made := d.ada.post(list, object{"name": "deploy bot", "role": "member"}, key).want(http.StatusCreated)
		bot, path := made.str("id"), made.location()
		if again := d.ada.post(list, object{"name": "deploy bot", "role": "member"}, key).want(http.StatusCreated); again.str("id") != bot || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("repeated: %s", again)
		}
		admin, member := d.join("Admin", "admin"), d.join("Member", "member")
		member.post(list, object{"name": "bot", "role": "member"}).problem(http.StatusForbidden, "forbidden")
		member.get(list).want(200)
		member.get(path+"/tokens").problem(http.StatusForbidden, "forbidden")
		if got := admin.get(list).want(200).items(); len(got) != 1 || got[0]["id"] != bot || got[0]["role"] != "member" {
			t.Errorf("listed: %v", got)
		}
		admin.patch(path, object{"name": "Deploy"}, set("If-Match", made.etag())).want(200)
		admin.patch(path, object{"name": "Late"}, set("If-Match", made.etag())).problem(http.StatusPreconditionFailed, "precondition_failed")
		admin.patch(path, object{"role": "owner"}).problem(http.StatusUnprocessableEntity, "validation_failed")

		// A member like others, but for what makes a person.
		var entry object
		for _, m := range d.ada.get(base + "/members").want(200).items() {
			if m["kind"] == "service" {
				entry = m
			}
		}
		if entry == nil || entry["email"] != nil || fmt.Sprint(entry["account"]) != fmt.Sprint(object{"id": bot, "name": "Deploy"}) {
			t.Errorf("among the members: %v", entry)
		}
		d.ada.patch(base+"/members/"+bot, object{"role": "owner"}).problem(http.StatusUnprocessableEntity, "validation_failed")
		admin.patch(base+"/members/"+bot, object{"role": "admin"}).want(200)
		if got := admin.get(path).want(200); got.str("role") != "admin" || got.num("version") != 3 {
			t.Errorf("the role as a member is its role: %s", got)
		}
		conflict := admin.delete(base+"/members/"+bot).problem(http.StatusConflict, "conflict")
		if !strings.Contains(conflict.str("detail"), path) {
			t.Errorf("the way out is not named: %s", conflict)
		}
		admin.post(base+"/invitations", object{"role": "member", "email": ""}).problem(http.StatusUnprocessableEntity, "validation_failed")

		token := admin.post(path+"/tokens", object{"name": "pipeline", "scopes": []string{"admin"}}).want(http.StatusCreated)
		if token.str("workspace_id") != d.workspace {
			t.Errorf("token: %s", token)
		}
		program := d.as(token.str("token"))
		if me := program.get("/v1/me").want(200); me.str("kind") != "service" || me.value("email") != nil || me.str("name") != "Deploy" {
			t.Errorf("me: %s", me)
		}
		for _, refused := range []*response{
			program.patch("/v1/me", object{"name": "Me"}), program.get("/v1/tokens"), program.get("/v1/sessions"),
			program.post("/v1/tokens", object{"name": "more", "scopes": []string{"read"}}), program.post("/v1/workspaces", object{"name": "Mine"}),
		} {
			refused.problem(http.StatusForbidden, "forbidden")
		}
		program.delete(base+"/members/"+bot).problem(http.StatusConflict, "conflict") // it cannot leave either

		task := program.post("/v1/projects/"+d.project+"/tasks", object{"title": "Deployed", "assignee_ids": []string{bot, d.ada.id}}).want(http.StatusCreated)
		program.post("/v1/tasks/"+task.str("id")+"/comments", object{"body": "done"}).want(http.StatusCreated)
		if got := d.ada.get("/v1/tasks/" + task.str("id") + "/activity").want(200); got.str("items", 0, "actor", "name") != "Deploy" || got.str("items", 0, "token", "name") != "pipeline" {
			t.Errorf("activity: %s", got)
		}
		invited := program.post(base+"/invitations", object{"role": "viewer"}).want(http.StatusCreated)

		second := admin.post(path+"/tokens", object{"name": "other", "scopes": []string{"read"}}).want(http.StatusCreated)
		d.as(second.str("token")).get("/v1/me").want(200)
		if got := admin.get(path + "/tokens").want(200).items(); len(got) != 2 || got[0]["name"] != "other" {
			t.Errorf("tokens: %v", got)
		}
		admin.delete(path + "/tokens/" + second.str("id")).want(204)
		d.as(second.str("token")).get("/v1/me").problem(http.StatusUnauthorized, "unauthenticated")
		admin.delete(path+"/tokens/"+second.str("id")).problem(404, "not_found")

		// Another workspace's owner learns nothing of it.
		eve := d.signUp("Eve")
		eve.get(path).problem(404, "not_found")
		eve.delete(path+"/tokens/"+token.str("id")).problem(404, "not_found")

		before := d.ada.get("/v1/tasks/" + task.str("id")).want(200)
		admin.delete(path).want(204)
		admin.get(path).problem(404, "not_found")
		admin.post(list, object{"name": "deploy bot", "role": "member"}, set("Idempotency-Key", "another")).want(http.StatusCreated)
		d.ada.post(list, object{"name": "deploy bot", "role": "member"}, key).problem(http.StatusGone, "gone")
		program.get("/v1/me").problem(http.StatusUnauthorized, "unauthenticated")
		d.anonymous().post("/v1/signup", object{"email": email("late"), "password": password, "name": "L", "invitation_token": invited.str("token")}).problem(http.StatusGone, "gone")
		after := d.ada.get("/v1/tasks/" + task.str("id")).want(200)
		assignees, _ := after.value("assignees").([]any)
		if len(assignees) != 1 || after.num("version") != before.num("version")+1 || after.str("author", "name") != "Deploy" {
			t.Errorf("the task afterwards: %s", after)
		}
		log := d.ada.get("/v1/tasks/" + task.str("id") + "/activity").want(200)
		if log.str("items", 0, "action") != "task.updated" || log.str("items", 0, "changes", 0, "field") != "assignee_ids" || log.str("items", 0, "actor", "id") != admin.id {
			t.Errorf("the entry: %s", log)
		}
		seen := map[any]bool{}
		d.pages(t, base+"/activity?limit=20", func(item object) { seen[item["action"]] = true })
		for _, action := range []string{"service_account.created", "service_account.updated", "service_account.deleted", "service_token.created", "service_token.deleted"} {
			if !seen[action] {
				t.Errorf("no %s in the activity", action)
			}
		}
	})
}
