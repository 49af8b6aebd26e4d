package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestExportOfOnesOwn exports what is kept of a person, and looks for what is not theirs in it.
func TestExportOfOnesOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		i := newIssuer(t)
		d := newOffice(t, options{engine: engine, env: i.env()})
		grace := d.join("Grace", "member")
		address := grace.get("/v1/me").want(200).str("email")
		task := grace.post("/v1/projects/"+d.project+"/tasks", object{"title": "Hers", "description": "long", "assignee_ids": []string{grace.id}, "due_date": "2026-12-01", "estimate": 3}).want(201)
		d.newTask(object{"title": "Given to her", "assignee_ids": []string{grace.id, d.ada.id}})
		d.newTask(object{"title": "SECRET of Ada", "assignee_ids": []string{d.ada.id}})
		path := "/v1/tasks/" + task.str("id")
		comment := grace.post(path+"/comments", object{"body": "first words"}).want(201).location()
		grace.patch(comment, object{"body": "second <words>"}).want(200)
		d.ada.post(path+"/comments", object{"body": "SECRET words of Ada"}).want(201)
		grace.post(path+"/attachments", draftOf("hers")).want(201)
		d.ada.post(path+"/attachments", draftOf("SECRET")).want(201)
		bound := grace.bound(d.workspace, "read")
		eve := d.signUp("Eve")
		elsewhere := eve.post("/v1/workspaces", object{"name": "Elsewhere"}).want(201).str("id")
		eve.post("/v1/workspaces/"+elsewhere+"/invitations", object{"role": "viewer", "email": address}).want(201)
		eve.post("/v1/workspaces/"+elsewhere+"/invitations", object{"role": "viewer", "email": email("SECRET")}).want(201)
		// A workspace that she left.
		former := eve.post("/v1/workspaces", object{"name": "SECRET former"}).want(201).str("id")
		invited := eve.post("/v1/workspaces/"+former+"/invitations", object{"role": "admin"}).want(201)
		grace.post("/v1/invitations/accept", object{"token": invited.str("token")}).want(200)
		grace.post("/v1/workspaces/"+former+"/projects", object{"key": "OLD", "name": "SECRET project"}).want(201)
		grace.delete("/v1/workspaces/" + former + "/members/" + grace.id).want(204)

		bound.get("/v1/me/export").problem(http.StatusForbidden, "forbidden")
		grace.withScopes("write").get("/v1/me/export").problem(http.StatusForbidden, "insufficient_scope")
		res := grace.get("/v1/me/export").want(200)
		if res.header.Get("Content-Type") != "application/x-ndjson" || !strings.Contains(res.header.Get("Content-Disposition"), "account-"+grace.id+".ndjson") {
			t.Errorf("headers: %v", res.header)
		}
		text := string(res.plain())
		for _, secret := range []string{"SECRET", "argon2", grace.token, bound.token, invited.str("token")} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in the export:\n%s", secret, text)
			}
		}
		lines, order := map[string][]object{}, []string{}
		all := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
		for _, line := range all {
			var v object
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			kind, _ := v["type"].(string)
			if lines[kind] == nil {
				order = append(order, kind)
			}
			lines[kind] = append(lines[kind], v)
		}
		if got := strings.Join(order, " "); got != "header account membership token invitation task comment comment_revision attachment activity trailer" {
			t.Errorf("types: %s", got)
		}
		trailer := lines["trailer"][0]
		sum := sha256.Sum256([]byte(strings.TrimSuffix(text, all[len(all)-1]+"\n")))
		counts, _ := trailer["counts"].(object)
		if trailer["sha256"] != hex.EncodeToString(sum[:]) || counts["task"] != 2.0 || counts["header"] != 1.0 {
			t.Errorf("trailer: %v", trailer)
		}
		if a := lines["account"][0]; a["email"] != address || a["has_password"] != true || lines["membership"][0]["workspace"] != "Acme" || len(lines["membership"]) != 1 {
			t.Errorf("account %v, memberships %v", a, lines["membership"])
		}
		kinds := map[any]int{}
		for _, v := range lines["token"] {
			kinds[v["kind"]]++
		}
		if kinds["session"] != 1 || kinds["personal"] != 2 {
			t.Errorf("tokens: %v", lines["token"])
		}
		if len(lines["invitation"]) != 3 { // two that she accepted, and the one to her address
			t.Errorf("invitations: %v", lines["invitation"])
		}
		first, second := lines["task"][0], lines["task"][1]
		if first["title"] != "Hers" || first["author"] != true || first["assigned"] != true || first["due_date"] != "2026-12-01" || first["key"] != "OPS-1" ||
			second["title"] != "Given to her" || second["author"] != false || second["assigned"] != true || second["due_date"] != nil {
			t.Errorf("tasks: %v", lines["task"])
		}
		if lines["comment"][0]["body"] != "second <words>" || lines["comment_revision"][0]["body"] != "first words" || len(lines["attachment"]) != 1 {
			t.Errorf("comments %v, %v, attachments %v", lines["comment"], lines["comment_revision"], lines["attachment"])
		}
		actions := map[any]bool{}
		for _, v := range lines["activity"] {
			actions[v["action"]] = true
		}
		for _, action := range []string{"invitation.accepted", "task.created", "comment.created", "comment.updated", "attachment.reserved"} {
			if !actions[action] {
				t.Errorf("no %s in the activity: %v", action, actions)
			}
		}

		// What the identity provider knows of her, for one who comes by it.
		jwt := d.as(i.token("hers", object{"email": address, "email_verified": true, "scope": "admin"}))
		if got := string(jwt.get("/v1/me/export").want(200).plain()); !strings.Contains(got, `{"type":"identity","issuer":"`+i.url+`","subject":"hers"`) {
			t.Errorf("no identity in %s", got)
		}
	})
}
