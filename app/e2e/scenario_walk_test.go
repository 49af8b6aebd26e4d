package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// office is a server with one workspace, one project and its owner.
type office struct {
	*server
	ada                *client // owner of the instance and of the workspace
	workspace, project string
}

func newOffice(t testing.TB, o options) *office {
	t.Helper()
	s := start(t, o)
	d := &office{server: s, ada: s.signUp("Ada")}
	d.workspace = d.ada.post("/v1/workspaces", object{"name": "Acme"}).want(201).str("id")
	d.project = d.newProject("OPS")
	return d
}

func (d *office) newProject(key string) string {
	d.t.Helper()
	return d.ada.post("/v1/workspaces/"+d.workspace+"/projects", object{"key": key, "name": "Project " + key}).want(201).str("id")
}

func (d *office) newTask(fields object) *response {
	d.t.Helper()
	return d.ada.post("/v1/projects/"+d.project+"/tasks", fields).want(201)
}

// join makes an account that is in the workspace with a role.
func (d *office) join(name, role string) *client {
	d.t.Helper()
	c := d.signUp(name)
	token := d.ada.post("/v1/workspaces/"+d.workspace+"/invitations", object{"role": role}).want(201).str("token")
	c.post("/v1/invitations/accept", object{"token": token}).want(200)
	return c
}

// TestWalk goes through every resource on both engines.
func TestWalk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		grace := d.walkMembers(t)
		d.walkTokens(t)
		d.walkProjects(t)
		d.walkTasks(t, grace)
		d.walkBatch(t)
		d.walkComments(t, grace)
		d.walkAttachments(t)
		d.walkActivity(t)
		d.walkPaging(t)
		d.walkAccount(t)
		d.walkTransfer(t)
	})
}

func (d *office) walkMembers(t *testing.T) (grace *client) {
	base := "/v1/workspaces/" + d.workspace
	d.ada.patch(base, object{"name": "Acme Ltd"}).want(200)
	if got := d.ada.get("/v1/workspaces").want(200).str("items", 0, "name"); got != "Acme Ltd" {
		t.Errorf("workspace %q", got)
	}
	grace = d.join("Grace", "member")
	if got := d.ada.get(base + "/members").want(200).items(); len(got) != 2 {
		t.Errorf("members: %v", got)
	}
	if got := d.ada.patch(base+"/members/"+grace.id, object{"role": "admin"}).want(200).str("role"); got != "admin" {
		t.Errorf("role %q", got)
	}
	grace.get(base).want(200)

	// An invitation for one address works for it alone, once, and also signs up.
	address := email("alan")
	made := d.ada.post(base+"/invitations", object{"role": "viewer", "email": strings.ToUpper(address)}).want(201)
	grace.post("/v1/invitations/accept", object{"token": made.str("token")}).problem(403, "forbidden")
	alan := d.anonymous().post("/v1/signup", object{"email": address, "password": password, "name": "Alan", "invitation_token": made.str("token")}).want(201)
	viewer := d.as(alan.str("token"))
	if got := viewer.get(base).want(200).str("role"); got != "viewer" {
		t.Errorf("role %q", got)
	}
	viewer.post("/v1/invitations/accept", object{"token": made.str("token")}).problem(410, "gone")
	revoked := d.ada.post(base+"/invitations", object{"role": "viewer"}).want(201)
	d.ada.delete("/v1/invitations/" + revoked.str("id")).want(204)
	viewer.post("/v1/invitations/accept", object{"token": revoked.str("token")}).problem(410, "gone")
	if got := d.ada.get(base + "/invitations").want(200).items(); len(got) < 2 {
		t.Errorf("invitations: %v", got)
	}

	d.ada.delete(base+"/members/"+d.ada.id).problem(409, "last_owner")
	d.ada.patch(base+"/members/"+d.ada.id, object{"role": "member"}).problem(409, "last_owner")
	viewer.delete(base + "/members/" + alan.str("account", "id")).want(204)
	viewer.get(base).problem(404, "not_found")
	return grace
}

func (d *office) walkTokens(t *testing.T) {
	made := d.ada.post("/v1/tokens", object{"name": "deploy", "scopes": []string{"read"}, "expires_at": time.Now().Add(time.Hour).UTC()}).want(201)
	if !strings.HasPrefix(made.str("token"), "tt_") || made.header.Get("Cache-Control") != "no-store" {
		t.Errorf("token: %s", made)
	}
	reader := d.as(made.str("token"))
	reader.get("/v1/me").want(200)
	reader.post("/v1/workspaces", object{"name": "x"}).problem(403, "insufficient_scope")
	reader.post("/v1/tokens", object{"name": "more", "scopes": []string{"admin"}}).problem(403, "insufficient_scope")
	list := d.ada.get("/v1/tokens").want(200)
	if items := list.items(); len(items) != 1 || items[0]["name"] != "deploy" || strings.Contains(string(list.body), made.str("token")) {
		t.Errorf("tokens: %s", list)
	}
	d.ada.delete("/v1/tokens/" + made.str("id")).want(204)
	eventually(t, "a revoked token works for longer than 5 s", func() bool { return reader.get("/v1/me").status == 401 })
	d.ada.post("/v1/tokens", object{"name": "late", "scopes": []string{"read"}, "expires_at": "2001-01-31T00:00:00Z"}).problem(422, "validation_failed")

	session := d.anonymous()
	session.token = d.newSession(t)
	session.delete("/v1/sessions/current").want(204)
	eventually(t, "an ended session works on", func() bool { return session.get("/v1/me").status == 401 })
}

func (d *office) newSession(t *testing.T) string {
	t.Helper()
	me := d.ada.get("/v1/me").want(200).str("email")
	return d.anonymous().post("/v1/sessions", object{"email": me, "password": password}).want(201).str("token")
}

func (d *office) walkProjects(t *testing.T) {
	base, at := "/v1/workspaces/"+d.workspace+"/projects", "/v1/projects/"+d.project
	d.ada.post(base, object{"key": "OPS", "name": "Again"}).problem(409, "already_exists")
	d.ada.post(base, object{"key": "ops", "name": "Small"}).problem(422, "validation_failed")
	got := d.ada.get(at).want(200)
	d.ada.get(at, set("If-None-Match", got.etag())).want(304)
	renamed := d.ada.patch(at, object{"name": "Operations", "description": "*What runs.*"}, set("If-Match", got.etag())).want(200)
	if renamed.num("version") != 2 || renamed.etag() == got.etag() {
		t.Errorf("renamed: %s", renamed)
	}
	d.ada.patch(at, object{"name": "Late"}, set("If-Match", got.etag())).problem(412, "precondition_failed")
	d.ada.patch(at, object{"name": "Star"}, set("If-Match", "*")).want(200)

	statuses := d.ada.get(at + "/statuses").want(200).items()
	if len(statuses) < 3 {
		t.Errorf("default statuses: %v", statuses)
	}
	review := d.ada.post(at+"/statuses", object{"name": "In review", "category": "in_progress"}).want(201)
	path := review.location()
	d.ada.get(path).want(200)
	d.ada.post(at+"/statuses", object{"name": "IN REVIEW", "category": "done"}).problem(409, "already_exists")
	d.ada.patch(path, object{"name": "Reviewing", "position": 5}).want(200)
	d.ada.patch(path, object{"category": "done"}).problem(400, "unknown_field")
	d.ada.delete(path, set("If-Match", review.etag())).problem(412, "precondition_failed")
	inUse := d.newTask(object{"title": "uses a status", "status_id": review.str("id")})
	d.ada.delete(path).problem(409, "status_in_use")
	d.ada.delete("/v1/tasks/" + inUse.str("id")).want(204)
	d.ada.delete(path).want(204)
	d.ada.get(path).problem(404, "not_found")

	label := d.ada.post(at+"/labels", object{"name": "bug", "color": "#D73A4A"}).want(201)
	if label.str("color") != "#d73a4a" {
		t.Errorf("label: %s", label)
	}
	d.ada.patch(label.location(), object{"color": "#0e8a16"}).want(200)
	if got := d.ada.get(at + "/labels").want(200).items(); len(got) != 1 {
		t.Errorf("labels: %v", got)
	}

	other := d.newProject("OLD")
	d.ada.patch("/v1/projects/"+other, object{"archived": true}).want(200)
	d.ada.post("/v1/projects/"+other+"/tasks", object{"title": "late"}).problem(409, "project_archived")
	if got := d.ada.get(base + "?archived=true").want(200).items(); len(got) != 1 || got[0]["id"] != other {
		t.Errorf("archived: %v", got)
	}
	d.ada.patch("/v1/projects/"+other, object{"archived": false}).want(200)
}

// walkActivity checks that the log has what was done, and by which token.
func (d *office) walkActivity(t *testing.T) {
	token := d.ada.withScopes("write")
	task := d.newTask(object{"title": "watched"})
	token.patch("/v1/tasks/"+task.str("id"), object{"title": "seen", "priority": "urgent"}).want(200)
	res := d.ada.get("/v1/tasks/" + task.str("id") + "/activity").want(200)
	items := res.items()
	if len(items) != 2 || items[0]["action"] != "task.updated" || items[1]["action"] != "task.created" {
		t.Fatalf("activity: %s", res)
	}
	if res.str("items", 0, "token", "name") != "write" || res.value("items", 1, "token") != nil || res.str("items", 0, "actor", "id") != d.ada.id {
		t.Errorf("activity: %s", res)
	}
	changes := fmt.Sprint(res.value("items", 0, "changes"))
	for _, want := range []string{"field:title from:watched to:seen", "field:priority from:none to:urgent"} {
		if !strings.Contains(changes, want) {
			t.Errorf("changes %s, want %s", changes, want)
		}
	}
	d.ada.get("/v1/projects/" + d.project + "/activity").want(200)
	seen := map[any]bool{}
	d.pages(t, "/v1/workspaces/"+d.workspace+"/activity?limit=20", func(item object) { seen[item["action"]] = true })
	for _, action := range []string{
		"workspace.created", "workspace.updated", "member.added", "member.updated", "member.removed", "invitation.created", "invitation.revoked",
		"invitation.accepted", "project.created", "project.updated", "status.created", "status.updated", "status.deleted", "label.created",
		"label.updated", "task.created", "task.updated", "task.deleted", "relation.created", "relation.deleted", "comment.created",
		"comment.updated", "comment.deleted", "attachment.reserved", "attachment.confirmed", "attachment.deleted",
	} {
		if !seen[action] {
			t.Errorf("no %s in the workspace's activity", action)
		}
	}
}
