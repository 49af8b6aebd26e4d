package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestChangesOfOneTaskAreInOrder sends many PATCHes of one task at once. Whatever their order, each entry of the activity
// begins where the one before it ended, and the task's time never goes back.
func TestChangesOfOneTaskAreInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		const patches = 40
		for range 3 {
			task := d.newTask(object{"title": "contended", "estimate": 1000})
			type seen struct {
				version int64
				at      time.Time
			}
			var mu sync.Mutex
			var states []seen
			var wg sync.WaitGroup
			for i := range patches {
				wg.Go(func() {
					res, err := d.ada.try(http.MethodPatch, task.location(), object{"estimate": i})
					if err != nil || res.status != 200 {
						t.Errorf("patch %d: %v, %s", i, err, res)
						return
					}
					at, err := time.Parse(time.RFC3339Nano, res.str("updated_at"))
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					states = append(states, seen{res.num("version"), at})
				})
			}
			wg.Wait()
			byVersion := map[int64]time.Time{}
			for _, s := range states {
				byVersion[s.version] = s.at
			}
			for v := int64(3); v <= patches+1; v++ {
				if !byVersion[v].After(byVersion[v-1]) {
					t.Errorf("version %d is of %s, version %d of %s", v, byVersion[v], v-1, byVersion[v-1])
				}
			}
			var entries []object // oldest first
			for _, e := range d.ada.get("/v1/tasks/" + task.str("id") + "/activity?limit=100").want(200).items() {
				entries = append([]object{e}, entries...)
			}
			if len(entries) != patches+1 {
				t.Fatalf("%d entries, want %d", len(entries), patches+1)
			}
			last := any(float64(1000))
			for i, e := range entries[1:] {
				change, _ := e["changes"].([]any)[0].(object)
				if change["from"] != last {
					t.Errorf("entry %d goes from %v to %v, but the one before it ended at %v", i, change["from"], change["to"], last)
				}
				last = change["to"]
			}
			if now := d.ada.get(task.location()).want(200).value("estimate"); now != last {
				t.Errorf("the task is at %v, the activity ends at %v", now, last)
			}
		}
	})
}

// TestReplaysAreAuthorised repeats creations under their idempotency keys after the caller's rights have changed, and after
// what was made has changed: the response is what the request would be allowed to do now, with the present state.
func TestReplaysAreAuthorised(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		grace := d.join("Grace", "admin")
		parent, other := d.newTask(object{"title": "parent"}), d.newTask(object{"title": "other"})
		posts := []struct {
			name, path string
			body       object
			needs      string // the least role
			field      string // that a PATCH may change
		}{
			{"task", "/v1/projects/" + d.project + "/tasks", object{"title": "x"}, "member", "title"},
			{"comment", "/v1/tasks/" + parent.str("id") + "/comments", object{"body": "x"}, "member", "body"},
			{"item", "/v1/tasks/" + parent.str("id") + "/checklist", object{"text": "x"}, "member", "text"},
			{"label", "/v1/projects/" + d.project + "/labels", object{"name": "x", "color": "#112233"}, "member", "name"},
			{"status", "/v1/projects/" + d.project + "/statuses", object{"name": "x", "category": "todo"}, "admin", "name"},
			{"project", "/v1/workspaces/" + d.workspace + "/projects", object{"key": "GRACE", "name": "x"}, "admin", "name"},
			{"relation", "/v1/tasks/" + parent.str("id") + "/relations", object{"type": "blocks", "task_id": other.str("id")}, "member", ""},
			{"attachment", "/v1/tasks/" + parent.str("id") + "/attachments", object{
				"filename": "a.txt", "content_type": "text/plain", "size": 1,
				"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			}, "member", ""},
		}
		key := func(name string) func(*http.Request) { return set("Idempotency-Key", "replay-"+name) }
		replayed := func(res *response) bool { return res.header.Get("Idempotency-Replayed") == "true" }
		locations := map[string]string{}
		for _, p := range posts {
			first := grace.post(p.path, p.body, key(p.name)).want(201)
			locations[p.name] = first.location()
			if p.field != "" {
				grace.patch(first.location(), object{p.field: "changed"}).want(200)
			}
			again := grace.post(p.path, p.body, key(p.name)).want(201)
			if !replayed(again) || replayed(first) || again.location() != first.location() {
				t.Errorf("%s: replayed %v, then %v; %s, then %s", p.name, replayed(first), replayed(again), first.location(), again.location())
			}
			if p.field != "" {
				if diff := cmp.Diff(grace.get(first.location()).want(200).value(), again.value()); diff != "" {
					t.Errorf("%s: a replay is not the present state (-present +replay):\n%s", p.name, diff)
				}
			}
		}
		batch := object{"changes": []object{
			{"op": "create", "project_id": d.project, "task": object{"title": "batched"}},
			{"op": "delete", "task_id": d.newTask(object{"title": "to be deleted"}).str("id")},
		}}
		batched := grace.post("/v1/workspaces/"+d.workspace+"/tasks:batch", batch, key("batch")).want(200)
		made := batched.str("results", 0, "task_id")
		grace.patch("/v1/tasks/"+made, object{"title": "changed"}).want(200)
		again := grace.post("/v1/workspaces/"+d.workspace+"/tasks:batch", batch, key("batch")).want(200)
		if !replayed(again) || again.str("results", 0, "task", "title") != "changed" || again.value("results", 1, "task") != nil {
			t.Errorf("the batch's replay: %s", again)
		}

		reader := grace.withScopes("read")
		for _, p := range posts {
			if res := reader.post(p.path, p.body, key(p.name)).problem(403, "insufficient_scope"); replayed(res) {
				t.Errorf("%s: a refusal is marked as replayed", p.name)
			}
		}
		reader.post("/v1/workspaces/"+d.workspace+"/tasks:batch", batch, key("batch")).problem(403, "insufficient_scope")
		member := "/v1/workspaces/" + d.workspace + "/members/" + grace.id
		for _, role := range []string{"member", "viewer"} {
			d.ada.patch(member, object{"role": role}).want(200)
			for _, p := range posts {
				if p.needs == "member" && role == "member" {
					grace.post(p.path, p.body, key(p.name)).want(201)
					continue
				}
				grace.post(p.path, p.body, key(p.name)).problem(403, "forbidden")
			}
		}
		grace.post("/v1/workspaces/"+d.workspace+"/tasks:batch", batch, key("batch")).problem(403, "forbidden")
		d.ada.delete(member).want(204)
		for _, p := range posts {
			grace.post(p.path, p.body, key(p.name)).problem(404, "not_found")
		}
		grace.post("/v1/workspaces/"+d.workspace+"/tasks:batch", batch, key("batch")).problem(404, "not_found")

		// Back again, she finds what was deleted meanwhile gone, and is not told that it was made now.
		token := d.ada.post("/v1/workspaces/"+d.workspace+"/invitations", object{"role": "admin"}).want(201).str("token")
		grace.post("/v1/invitations/accept", object{"token": token}).want(200)
		for _, p := range posts {
			if p.name == "project" {
				continue
			}
			d.ada.delete(locations[p.name]).want(204)
			grace.post(p.path, p.body, key(p.name)).problem(410, "gone")
			grace.post(p.path, p.body, key(p.name+"-anew")).want(201)
		}
		d.ada.delete("/v1/tasks/" + made).want(204)
		again = grace.post("/v1/workspaces/"+d.workspace+"/tasks:batch", batch, key("batch")).want(200)
		if again.str("results", 0, "task_id") != made || again.value("results", 0, "task") != nil {
			t.Errorf("the batch's replay after a deletion: %s", again)
		}
	})
}

// TestReplayedMemberships repeats the creation of a workspace and the acceptance of an invitation after the caller has left.
func TestReplayedMemberships(t *testing.T) {
	t.Parallel()
	d := newOffice(t, options{})
	grace := d.signUp("Grace")
	body := object{"token": d.ada.post("/v1/workspaces/"+d.workspace+"/invitations", object{"role": "viewer"}).want(201).str("token")}
	key := set("Idempotency-Key", "accept")
	grace.post("/v1/invitations/accept", body, key).want(200)
	if res := grace.post("/v1/invitations/accept", body, key).want(200); res.header.Get("Idempotency-Replayed") != "true" || res.str("role") != "viewer" {
		t.Errorf("%s", res)
	}
	d.ada.delete("/v1/workspaces/" + d.workspace + "/members/" + grace.id).want(204)
	grace.post("/v1/invitations/accept", body, key).problem(410, "gone")

	grace.post("/v1/workspaces", object{"name": "Hers"}, key).problem(422, "idempotency_key_reused")
	key = set("Idempotency-Key", "workspace")
	made := grace.post("/v1/workspaces", object{"name": "Hers"}, key).want(201)
	grace.patch(made.location(), object{"name": "Grace's"}).want(200)
	if name := grace.post("/v1/workspaces", object{"name": "Hers"}, key).want(201).str("name"); name != "Grace's" {
		t.Errorf("the replay names it %q", name)
	}
	token := grace.post(made.location()+"/invitations", object{"role": "owner"}).want(201).str("token")
	d.ada.post("/v1/invitations/accept", object{"token": token}).want(200)
	grace.delete(made.location() + "/members/" + grace.id).want(204)
	grace.post("/v1/workspaces", object{"name": "Hers"}, key).problem(404, "not_found")
}
