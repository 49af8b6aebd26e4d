package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// statuses are a project's statuses by name.
func (d *office) statuses(project string) map[string]string {
	d.t.Helper()
	out := map[string]string{}
	for _, s := range d.ada.get("/v1/projects/" + project + "/statuses").want(200).items() {
		out[s["name"].(string)] = s["id"].(string)
	}
	return out
}

// TestMoveToAnotherProject moves a task and what is below it, and looks for it by its old number and its new one.
func TestMoveToAnotherProject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		target := d.newProject("NEXT")
		label := func(project, name string) string {
			return d.ada.post("/v1/projects/"+project+"/labels", object{"name": name, "color": "#112233"}).want(201).str("id")
		}
		shared, lost, there := label(d.project, "Shared"), label(d.project, "lost"), label(target, "sHARED")
		here, next := d.statuses(d.project), d.statuses(target)
		made := d.newTask(object{
			"title": "wandering", "status_id": here["In progress"], "label_ids": []string{shared, lost}, "assignee_ids": []string{d.ada.id},
			"checklist": []string{"pack", "go"},
		})
		child := d.newTask(object{"title": "with it", "parent_id": made.str("id"), "label_ids": []string{lost}})
		d.ada.post(made.location()+"/comments", object{"body": "Bon voyage."}).want(201)
		path, old := made.location()+"/move", "/v1/projects/"+d.project+"/tasks/"+made.str("number")

		d.ada.post(path, object{"project_id": d.project}).problem(409, "conflict")
		d.ada.post(path, object{"project_id": target}, set("If-Match", `"7"`)).problem(412, "precondition_failed")
		d.ada.post(path, object{"project_id": target, "status_id": here["Done"]}).problem(422, "validation_failed")
		d.ada.post(path, object{}).want(422)
		before := d.ada.get(old).want(200)
		if at := before.header.Get("Content-Location"); at != old {
			t.Errorf("Content-Location %q, want %q", at, old)
		}

		key := set("Idempotency-Key", "move")
		moved := d.ada.post(path, object{"project_id": target}, key, set("If-Match", before.etag())).want(200)
		if moved.str("task", "key") != "NEXT-1" || moved.str("task", "status", "id") != next["In progress"] || moved.num("moved_tasks") != 2 ||
			moved.str("task", "labels", 0, "id") != there || moved.str("task", "assignees", 0, "id") != d.ada.id || moved.num("task", "checklist", "total") != 2 {
			t.Errorf("moved: %s", moved)
		}
		if diff := cmp.Diff([]any{"lost"}, moved.value("unmapped_labels")); diff != "" {
			t.Error(diff)
		}
		if !strings.HasPrefix(moved.etag(), fmt.Sprintf(`"%d-`, moved.num("task", "version"))) {
			t.Errorf("ETag %s of version %d", moved.etag(), moved.num("task", "version"))
		}
		again := d.ada.post(path, object{"project_id": target}, key, set("If-Match", before.etag())).want(200)
		if diff := cmp.Diff(moved.value(), again.value()); diff != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("the replay differs:\n%s", diff)
		}
		if got := d.ada.get("/v1/tasks/" + child.str("id")).want(200); got.str("key") != "NEXT-2" || got.str("parent_id") != made.str("id") {
			t.Errorf("the subtask: %s", got)
		}

		// Both numbers lead to the task as it is, and the address tells which one is the present one.
		now := "/v1/projects/" + target + "/tasks/1"
		for _, at := range []string{old, now} {
			got := d.ada.get(at).want(200)
			if got.str("id") != made.str("id") || got.str("key") != "NEXT-1" || got.header.Get("Content-Location") != now {
				t.Errorf("%s, Content-Location %q", got, got.header.Get("Content-Location"))
			}
			d.ada.get(at, set("If-None-Match", got.etag())).want(304)
		}
		d.signUp("Eve").get(old).problem(404, "not_found")
		if n := len(d.ada.get(made.location() + "/comments").want(200).items()); n != 1 {
			t.Errorf("%d comments", n)
		}

		actions := func(of string) (out []string) {
			for _, e := range d.ada.get(of + "/activity?limit=100").want(200).items() {
				if entity := e["entity"].(object); entity["id"] == made.str("id") {
					out = append(out, e["action"].(string))
				}
			}
			return out
		}
		for of, want := range map[string][]string{
			made.location():             {"task.moved", "task.created"},
			"/v1/projects/" + target:    {"task.moved"},
			"/v1/projects/" + d.project: {"task.moved_out", "task.created"},
		} {
			if diff := cmp.Diff(want, actions(of)); diff != "" {
				t.Errorf("activity of %s:\n%s", of, diff)
			}
		}

		// An export has the number, and the project that the task left can still be archived; the task can then not come back.
		file := string(d.ada.get("/v1/workspaces/" + d.workspace + "/export").want(200).plain())
		if !strings.Contains(file, `{"type":"task_number","task_id":"`+made.str("id")+`","project_id":"`+d.project+`","number":`+made.str("number")) ||
			strings.Count(file, `{"type":"checklist_item"`) != 2 {
			t.Error("the export lacks the former number or the checklist")
		}
		d.ada.patch("/v1/projects/"+d.project, object{"archived": true}).want(200)
		d.ada.post(path, object{"project_id": d.project}).problem(409, "project_archived")
		d.ada.get(old).want(200)
		d.ada.patch("/v1/projects/"+d.project, object{"archived": false}).want(200)
		back := d.ada.post(path, object{"project_id": d.project, "label_ids": []string{lost}, "with_subtasks": false}).want(200)
		if back.str("task", "key") != made.str("key") || back.num("moved_tasks") != 1 || back.str("task", "labels", 0, "id") != lost {
			t.Errorf("back: %s", back)
		}
		if got := d.ada.get("/v1/tasks/" + child.str("id")).want(200); got.str("key") != "NEXT-2" || got.value("parent_id") != nil {
			t.Errorf("the subtask that stayed: %s", got)
		}
	})
}

// TestChecklists walks through a task's checklist.
func TestChecklists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		made := d.newTask(object{"title": "with steps", "checklist": []string{"first", "second quokka"}})
		list := made.location() + "/checklist"
		added := d.ada.post(list, object{"text": "third", "done": true}, set("Idempotency-Key", "add")).want(201)
		if again := d.ada.post(list, object{"text": "third", "done": true}, set("Idempotency-Key", "add")).want(201); again.str("id") != added.str("id") {
			t.Errorf("added twice: %s", again)
		}
		got := d.ada.get(made.location()).want(200)
		if diff := cmp.Diff(object{"total": 3.0, "done": 1.0}, got.value("checklist")); diff != "" || got.num("version") != 2 {
			t.Errorf("%s\n%s", diff, got)
		}
		var texts []string
		if n := d.pages(t, list+"?limit=2", func(item object) { texts = append(texts, item["text"].(string)) }); n != 2 {
			t.Errorf("%d pages", n)
		}
		if diff := cmp.Diff([]string{"first", "second quokka", "third"}, texts); diff != "" {
			t.Error(diff)
		}
		path := added.location()
		read := d.ada.get(path).want(200)
		d.ada.get(path, set("If-None-Match", read.etag())).want(304)
		changed := d.ada.patch(path, object{"done": false, "position": 1}, set("If-Match", read.etag())).want(200)
		if changed.value("done") != false || changed.num("version") != 2 {
			t.Errorf("changed: %s", changed)
		}
		d.ada.patch(path, object{"text": "late"}, set("If-Match", read.etag())).problem(412, "precondition_failed")
		d.ada.patch(path, object{"text": nil}).problem(400, "invalid_type")
		d.ada.patch(path, object{"text": "two\nlines"}).problem(422, "validation_failed")
		if first := d.ada.get(list+"?limit=1").want(200).str("items", 0, "text"); first != "third" {
			t.Errorf("%q is first", first)
		}
		found := d.ada.get("/v1/workspaces/" + d.workspace + "/tasks?q=quokka").want(200).items()
		if len(found) != 1 || found[0]["id"] != made.str("id") {
			t.Errorf("found by an item: %v", found)
		}
		d.ada.delete(path, set("If-Match", read.etag())).problem(412, "precondition_failed")
		d.ada.delete(path).want(204)
		d.ada.get(path).problem(404, "not_found")
		d.ada.post(list, object{"text": "third", "done": true}, set("Idempotency-Key", "add")).problem(410, "gone")
		for _, where := range []string{made.location() + "/activity", "/v1/workspaces/" + d.workspace + "/export"} {
			if text := string(d.ada.get(where).want(200).plain()); strings.Contains(text, "third") || !strings.Contains(text, "checklist_item.deleted") {
				t.Errorf("%s has the text of a deleted item, or nothing of the deletion", where)
			}
		}

		batch := d.ada.post("/v1/workspaces/"+d.workspace+"/tasks:batch", object{"changes": []object{
			{"op": "create", "project_id": d.project, "task": object{"title": "a", "checklist": slices.Repeat([]string{"x"}, 100)}},
		}}).want(200)
		full := "/v1/tasks/" + batch.str("results", 0, "task_id")
		if batch.num("results", 0, "task", "checklist", "total") != 100 {
			t.Errorf("%s", batch)
		}
		d.ada.post(full+"/checklist", object{"text": "x"}).problem(422, "validation_failed")
		refused := d.ada.post("/v1/projects/"+d.project+"/tasks", object{"title": "a", "checklist": []string{"fine", ""}}).problem(422, "validation_failed")
		if at := refused.str("errors", 0, "pointer"); at != "/checklist/1" {
			t.Errorf("the fault is at %s", at)
		}
		d.ada.post("/v1/projects/"+d.project+"/tasks", object{"title": "a", "checklist": slices.Repeat([]string{"x"}, 101)}).problem(422, "validation_failed")
		d.ada.do(http.MethodPost, list, object{"text": "x", "text2": "y"}).problem(400, "unknown_field")
	})
}
