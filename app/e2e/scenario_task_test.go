package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// eventually tries for six seconds: revocations take effect within five.
func eventually(t *testing.T, otherwise string, ok func() bool) {
	t.Helper()
	for range 60 {
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error(otherwise)
}

// pages walks through a list by its Link header, which must agree with next_cursor.
func (d *office) pages(t *testing.T, path string, see func(item object)) (n int) {
	t.Helper()
	for path != "" {
		res := d.ada.get(path).want(200)
		for _, item := range res.items() {
			see(item)
		}
		n++
		link, found := strings.CutPrefix(res.header.Get("Link"), "<")
		next, _, _ := strings.Cut(link, `>; rel="next"`)
		cursor, more := res.value("next_cursor").(string)
		if found != more || more && !strings.Contains(next, "cursor="+url.QueryEscape(cursor)) {
			t.Fatalf("Link %q does not agree with next_cursor %q", res.header.Get("Link"), cursor)
		}
		path = next
	}
	return n
}

func (d *office) walkTasks(t *testing.T, grace *client) {
	label := d.ada.get("/v1/projects/"+d.project+"/labels").want(200).str("items", 0, "id")
	full := d.newTask(object{
		"title": "Rotate the keys", "description": "All **of** them.", "priority": "high", "assignee_ids": []string{grace.id, d.ada.id},
		"label_ids": []string{label}, "start_date": "2026-11-01", "due_date": "2026-11-30", "estimate": 3,
	})
	id := full.str("id")
	path := "/v1/tasks/" + id
	if full.location() != path || len(full.value("assignees").([]any)) != 2 || full.str("labels", 0, "name") != "bug" || full.num("estimate") != 3 {
		t.Errorf("task: %s", full)
	}
	read := d.ada.get(path).want(200)
	d.ada.get(path, set("If-None-Match", read.etag())).want(304)
	byNumber := d.ada.get("/v1/projects/" + d.project + "/tasks/" + full.str("number")).want(200)
	if byNumber.str("id") != id || byNumber.etag() != read.etag() {
		t.Errorf("by number: %s", byNumber)
	}

	// A merge patch: null clears, what is absent stays, arrays are replaced.
	changed := d.ada.patch(path, object{"due_date": nil, "estimate": nil, "assignee_ids": []string{grace.id}}, set("If-Match", read.etag())).want(200)
	if changed.value("due_date") != nil || changed.value("estimate") != nil || changed.str("start_date") != "2026-11-01" || len(changed.value("assignees").([]any)) != 1 {
		t.Errorf("patched: %s", changed)
	}
	d.ada.patch(path, object{"title": "Late"}, set("If-Match", read.etag())).problem(412, "precondition_failed")
	for _, name := range []string{"title", "description", "status_id", "priority", "assignee_ids", "label_ids", "position"} {
		if res := d.ada.patch(path, object{name: nil}); res.status != 400 && res.status != 422 {
			t.Errorf("%s: null: %s", name, res)
		}
	}
	d.ada.patch(path, object{"start_date": "2026-12-01", "due_date": "2026-11-01"}).problem(422, "validation_failed")
	unknown := "01988c5e-7a3b-7c21-9f00-5b6c8e1d2a06"
	for name, value := range map[string]any{"status_id": unknown, "label_ids": []string{unknown}, "assignee_ids": []string{unknown}, "parent_id": unknown} {
		res := d.ada.patch(path, object{name: value}).want(422)
		if !strings.HasPrefix(res.str("errors", 0, "pointer"), "/"+name) || res.str("errors", 0, "code") != "not_found" {
			t.Errorf("dangling %s: %s", name, res)
		}
	}

	// done sets completed_at, and leaving it clears it.
	done, todo := "", ""
	for _, s := range d.ada.get("/v1/projects/" + d.project + "/statuses").want(200).items() {
		switch s["category"] {
		case "done":
			done = s["id"].(string)
		case "todo":
			todo = s["id"].(string)
		}
	}
	if res := d.ada.patch(path, object{"status_id": done}).want(200); res.value("completed_at") == nil {
		t.Errorf("done: %s", res)
	}
	stats := d.ada.get("/v1/projects/" + d.project + "/stats?weeks=2").want(200)
	if weeks := stats.value("weeks").([]any); len(weeks) != 2 || stats.num("weeks", 1, "completed") != 1 || stats.num("weeks", 1, "created") < 1 {
		t.Errorf("stats: %s", stats)
	}
	if res := d.ada.patch(path, object{"status_id": todo}).want(200); res.value("completed_at") != nil {
		t.Errorf("reopened: %s", res)
	}

	child := d.newTask(object{"title": "A part", "parent_id": id})
	d.ada.patch(path, object{"parent_id": child.str("id")}).problem(409, "cycle")
	d.walkRelations(t, id, child.str("id"))
	d.walkSearch(t, grace, label, id)
	d.ada.delete(path, set("If-Match", read.etag())).problem(412, "precondition_failed")
	d.ada.delete(path).want(204)
	d.ada.get(path).problem(404, "not_found")
	if got := d.ada.get("/v1/tasks/" + child.str("id")).want(200); got.value("parent_id") != nil {
		t.Errorf("the subtask keeps its parent: %s", got)
	}
}

func (d *office) walkRelations(t *testing.T, one, two string) {
	rel := d.ada.post("/v1/tasks/"+one+"/relations", object{"type": "blocks", "task_id": two}).want(201)
	if rel.str("direction") != "outbound" || rel.str("task", "id") != two {
		t.Errorf("relation: %s", rel)
	}
	d.ada.post("/v1/tasks/"+two+"/relations", object{"type": "blocks", "task_id": one}).problem(409, "cycle")
	d.ada.post("/v1/tasks/"+one+"/relations", object{"type": "blocks", "task_id": two}).problem(409, "already_exists")
	if got := d.ada.get("/v1/tasks/" + two + "/relations").want(200); got.str("items", 0, "direction") != "inbound" {
		t.Errorf("inbound: %s", got)
	}
	d.ada.delete("/v1/relations/" + rel.str("id")).want(204)
	d.ada.delete("/v1/relations/"+rel.str("id")).problem(404, "not_found")
}

func (d *office) walkSearch(t *testing.T, grace *client, label, id string) {
	list := "/v1/workspaces/" + d.workspace + "/tasks"
	for query, want := range map[string]bool{
		"q=rotate+KEY":            true, // all words, as prefixes, in any case
		"q=rotate+nothing":        false,
		"assignee=" + grace.id:    true,
		"assignee=me":             false,
		"label=" + label:          true,
		"priority=high":           true,
		"priority=low":            false,
		"project=" + d.project:    true,
		"category=todo":           true,
		"category=done":           false,
		"parent=" + id:            false,
		"due_before=2026-12-01":   false, // it has lost its due date
		"priority=high&q=rotate":  true,
		"sort=due_date&limit=100": true,
		"updated_after=2020-01-01T00:00:00Z&sort=-priority":  true,
		"category=todo&category=done&priority=high&q=rotate": true,
	} {
		for _, path := range []string{list, "/v1/projects/" + d.project + "/tasks"} {
			if strings.Contains(query, "project=") && path != list {
				continue
			}
			found := false
			for _, item := range d.ada.get(path + "?" + query).want(200).items() {
				found = found || item["id"] == id
			}
			if found != want {
				t.Errorf("%s?%s: found %v, want %v", path, query, found, want)
			}
		}
	}
	if got := grace.get(list + "?assignee=me").want(200).items(); len(got) != 1 {
		t.Errorf("assignee=me: %v", got)
	}
}

func (d *office) walkBatch(t *testing.T) {
	one, two := d.newTask(object{"title": "one"}), d.newTask(object{"title": "two"})
	path := "/v1/workspaces/" + d.workspace + "/tasks:batch"
	res := d.ada.post(path, object{"changes": []object{
		{"op": "create", "project_id": d.project, "task": object{"title": "three"}},
		{"op": "update", "task_id": one.str("id"), "if_version": 1, "task": object{"title": "uno"}},
		{"op": "delete", "task_id": two.str("id")},
	}}).want(200)
	if res.str("results", 0, "task", "title") != "three" || res.str("results", 1, "task", "title") != "uno" || res.value("results", 2, "task") != nil {
		t.Errorf("batch: %s", res)
	}
	failed := d.ada.post(path, object{"changes": []object{
		{"op": "update", "task_id": one.str("id"), "task": object{"title": "never"}},
		{"op": "update", "task_id": one.str("id"), "task": object{"title": ""}},
	}}).problem(422, "validation_failed")
	if failed.str("errors", 0, "pointer") != "/changes/1/task/title" {
		t.Errorf("pointer: %s", failed)
	}
	if got := d.ada.get("/v1/tasks/" + one.str("id")).want(200).str("title"); got != "uno" {
		t.Errorf("half a batch was kept: %q", got)
	}
	d.ada.post(path, object{"changes": []object{{"op": "update", "task_id": one.str("id"), "if_version": 1, "task": object{"title": "x"}}}}).
		problem(412, "precondition_failed")

	// One key, one change; another body under it is refused.
	key := set("Idempotency-Key", "batch/1")
	first := d.ada.post("/v1/projects/"+d.project+"/tasks", object{"title": "once"}, key).want(201)
	again := d.ada.post("/v1/projects/"+d.project+"/tasks", object{"title": "once"}, key).want(201)
	if again.str("id") != first.str("id") || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("replay: %s", again)
	}
	if again.etag() != first.etag() || again.location() != first.location() {
		t.Errorf("replay: other headers: %v, %v", first.header, again.header)
	}
	d.ada.post("/v1/projects/"+d.project+"/tasks", object{"title": "twice"}, key).problem(422, "idempotency_key_reused")
}

func (d *office) walkComments(t *testing.T, grace *client) {
	task := d.newTask(object{"title": "discussed"}).str("id")
	list := "/v1/tasks/" + task + "/comments"
	c := d.ada.post(list, object{"body": "Done in **staging**, zebra."}).want(201)
	path := "/v1/comments/" + c.str("id")
	edited := d.ada.patch(path, object{"body": "Done *everywhere*, zebra."}, set("If-Match", c.etag())).want(200)
	if edited.value("edited") != true || edited.num("version") != 2 {
		t.Errorf("edited: %s", edited)
	}
	grace.patch(path, object{"body": "Mine now."}).problem(403, "forbidden")
	history := d.ada.get(path + "/history").want(200)
	if got := history.items(); len(got) != 2 || got[0]["body"] != "Done in **staging**, zebra." {
		t.Errorf("history: %s", history)
	}
	if got := d.ada.get("/v1/workspaces/" + d.workspace + "/tasks?q=zebra").want(200).items(); len(got) != 1 || got[0]["id"] != task {
		t.Errorf("a comment's word is not found: %v", got)
	}
	d.ada.get(list).want(200)
	grace.delete(path).want(204) // an admin may
	d.ada.get(path).problem(404, "not_found")
}

func (d *office) walkAttachments(t *testing.T) {
	const content = "the plan\n"
	sum := sha256.Sum256([]byte(content))
	task := d.newTask(object{"title": "with a file"}).str("id")
	list := "/v1/tasks/" + task + "/attachments"
	draft := object{"filename": "plän.txt", "content_type": "text/plain", "size": len(content), "sha256": hex.EncodeToString(sum[:])}
	res := d.ada.post(list, draft).want(201)
	path := res.location()
	if res.str("attachment", "state") != "reserved" {
		t.Errorf("reserved: %s", res)
	}
	d.ada.post(path+"/confirm", nil).problem(409, "conflict")
	d.ada.get(path+"/download").problem(409, "conflict")

	send := func(method, address, body string) *response {
		return d.anonymous().do(method, address, raw{"", body}, func(r *http.Request) {
			for name, value := range res.value("upload", "headers").(object) {
				r.Header.Set(name, value.(string))
			}
		})
	}
	address := res.str("upload", "url")
	if !strings.HasPrefix(address, d.url+"/") {
		t.Fatalf("the upload goes to %s", address)
	}
	send("PUT", address+"x", content).want(403)
	send("PUT", address, "the plot\n").problem(422, "validation_failed")
	send("PUT", address, content+"more").want(413)
	if got := send("PUT", address, content).status; got/100 != 2 {
		t.Fatalf("upload: %d", got)
	}
	if got := d.ada.post(path+"/confirm", nil).want(200).str("state"); got != "ready" {
		t.Errorf("state %q", got)
	}
	link := d.ada.get(path + "/download").want(302).location()
	got := d.anonymous().get(link).want(200)
	if string(got.body) != content || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("download: %s %v", got, got.header)
	}
	d.anonymous().get(path+"/download").problem(401, "unauthenticated")
	d.ada.post(list, object{"filename": "x.exe", "content_type": "application/x-msdownload", "size": 1, "sha256": hex.EncodeToString(sum[:])}).want(422)
	d.ada.post(list, object{"filename": "big.txt", "content_type": "text/plain", "size": 1 << 40, "sha256": hex.EncodeToString(sum[:])}).want(422)
	spare := d.ada.post(list, draft).want(201).location()
	if n := len(d.ada.get(list).want(200).items()); n != 2 {
		t.Errorf("%d attachments", n)
	}
	d.ada.delete(spare).want(204)
	d.ada.get(spare).problem(404, "not_found")
}

// walkPaging goes through a list page by page: everything once, in order, whatever the size of the page.
func (d *office) walkPaging(t *testing.T) {
	project := d.newProject("PAGE")
	changes := []object{}
	for i := range 23 {
		changes = append(changes, object{"op": "create", "project_id": project, "task": object{
			"title": fmt.Sprintf("number %d", i), "priority": []string{"none", "low", "high"}[i%3],
		}})
	}
	d.ada.post("/v1/workspaces/"+d.workspace+"/tasks:batch", object{"changes": changes}).want(200)
	list := "/v1/projects/" + project + "/tasks"
	for _, sort := range []string{"created_at", "-created_at", "priority", "-priority", "due_date", "-updated_at", "position", "-position"} {
		var whole, paged []any
		d.pages(t, list+"?limit=100&sort="+sort, func(item object) { whole = append(whole, item["number"]) })
		n := d.pages(t, list+"?limit=5&sort="+sort, func(item object) { paged = append(paged, item["number"]) })
		if len(whole) != 23 || n != 5 || fmt.Sprint(whole) != fmt.Sprint(paged) {
			t.Errorf("sort=%s: %d pages: %v, at once: %v", sort, n, paged, whole)
		}
	}
	cursor := d.ada.get(list + "?limit=5").want(200).str("next_cursor")
	for _, query := range []string{"sort=priority&cursor=" + cursor, "priority=low&cursor=" + cursor, "cursor=" + cursor[1:], "cursor=!"} {
		d.ada.get(list+"?"+query).problem(400, "invalid_cursor")
	}
	d.ada.get("/v1/projects/"+d.project+"/tasks?cursor="+cursor).problem(400, "invalid_cursor")
	eventual := d.ada.get(list+"?limit=2", set("Prefer", "consistency=eventual")).want(200)
	if n := len(eventual.items()); n != 2 {
		t.Errorf("%d items from the replica", n)
	}
}
