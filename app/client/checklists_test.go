package client

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var itemID = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a09")

func item(text string) string {
	return `{"id":"` + itemID.String() + `","task_id":"` + taskID.String() + `","text":"` + text + `","done":true,"position":-5,"version":2}`
}

// sent decodes the body of the nth request.
func (b *testBundle) sent(t *testing.T, n int) (body map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(b.seen[n].body), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func TestChecklist(t *testing.T) {
	t.Parallel()
	b := setup(t,
		answer(200, `{"items":[`+item("a")+`],"next_cursor":"c1"}`), answer(200, `{"items":[`+item("b")+`],"next_cursor":null}`),
		problem(503, CodeUnavailable), answer(201, item("c")), answer(200, item("d")), answer(200, item("e")), answer(204, ""))
	items, err := Collect(b.Checklist(t.Context(), taskID), 0)
	if err != nil || len(items) != 2 || items[0].Text != "a" || items[1].Text != "b" || !items[1].Done || items[1].Position != -5 || items[1].TaskID != taskID {
		t.Errorf("%v %+v", err, items)
	}
	if made, err := b.CreateChecklistItem(t.Context(), taskID, ChecklistItemCreate{Text: "c", Position: new(int64(7))}); err != nil || made.Text != "c" {
		t.Errorf("%v %+v", err, made)
	}
	if read, err := b.ChecklistItem(t.Context(), itemID); err != nil || read.Text != "d" || read.Version != 2 {
		t.Errorf("%v %+v", err, read)
	}
	if changed, err := b.UpdateChecklistItem(t.Context(), itemID, ChecklistItemPatch{Done: new(true)}, IfVersion(1)); err != nil || changed.Text != "e" {
		t.Errorf("%v %+v", err, changed)
	}
	if err := b.DeleteChecklistItem(t.Context(), itemID); err != nil {
		t.Error(err)
	}
	var asked []string
	for _, s := range b.seen {
		asked = append(asked, s.method+" "+s.uri)
	}
	list, one := "/v1/tasks/"+taskID.String()+"/checklist", "/v1/checklist-items/"+itemID.String()
	want := []string{"GET " + list, "GET " + list + "?cursor=c1", "POST " + list, "POST " + list, "GET " + one, "PATCH " + one, "DELETE " + one}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"text": "c", "position": 7.0}, b.sent(t, 3)); diff != "" {
		t.Errorf("creation (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"done": true}, b.sent(t, 5)); diff != "" || b.seen[5].header.Get("If-Match") != `"1"` {
		t.Errorf("change with If-Match %s (-want +got):\n%s", b.seen[5].header.Get("If-Match"), diff)
	}
	if key := b.seen[2].header.Get("Idempotency-Key"); key == "" || key != b.seen[3].header.Get("Idempotency-Key") {
		t.Errorf("the creation was tried with the keys %q and %q", key, b.seen[3].header.Get("Idempotency-Key"))
	}
}

func TestMoveTask(t *testing.T) {
	t.Parallel()
	b := setup(t, problem(503, CodeUnavailable), answer(200, `{"task":`+task("moved")+`,"moved_tasks":3,"unmapped_labels":["bug","ui"]}`, "Idempotency-Replayed", "true"))
	var m Meta
	got, err := b.MoveTask(t.Context(), taskID, TaskMove{ProjectID: projectID, WithSubtasks: new(false), LabelIDs: &[]uuid.UUID{}}, IfVersion(2), WithMeta(&m))
	if err != nil || got.Task.Title != "moved" || got.MovedTasks != 3 || !m.Replayed {
		t.Fatalf("%v %+v", err, got)
	}
	if diff := cmp.Diff([]string{"bug", "ui"}, got.UnmappedLabels); diff != "" {
		t.Error(diff)
	}
	r := b.seen[1]
	if r.method != "POST" || r.uri != "/v1/tasks/"+taskID.String()+"/move" || r.header.Get("If-Match") != `"2"` || r.header.Get("Idempotency-Key") == "" {
		t.Errorf("sent %s %s %v", r.method, r.uri, r.header)
	}
	if diff := cmp.Diff(map[string]any{"project_id": projectID.String(), "with_subtasks": false, "label_ids": []any{}}, b.sent(t, 1)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}
