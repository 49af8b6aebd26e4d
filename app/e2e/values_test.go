package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestWholeNumbers writes integers in the ways that JSON has for them, in each kind of body.
func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newDesk(start(t, options{engine: engine}))
		json := func(body string) raw { return raw{"application/json", body} }
		made := d.post(d.tasksPath(), json(`{"title":"x","estimate":3.0,"position":9007199254740991.0}`)).want(http.StatusCreated)
		if made.num("estimate") != 3 || !strings.Contains(string(made.plain()), `"position":9007199254740991,`) {
			t.Errorf("created %s", made)
		}
		path := "/v1/tasks/" + made.str("id")
		patched := d.patch(path, json(`{"estimate":1e2,"position":-9.007199254740991e15}`)).want(http.StatusOK)
		if patched.num("estimate") != 100 || !strings.Contains(string(patched.plain()), `"position":-9007199254740991,`) {
			t.Errorf("patched %s", patched)
		}
		if cleared := d.patch(path, json(`{"estimate":null}`)).want(http.StatusOK); cleared.value("estimate") != nil {
			t.Errorf("cleared %s", cleared)
		}
		batch := "/v1/workspaces/" + d.workspace + "/tasks:batch"
		change := `{"changes":[{"op":"update","task_id":"` + made.str("id") + `","if_version":%s,"task":{"estimate":%s}}]}`
		d.post(batch, json(fmt.Sprintf(change, "3.0", "20e-1"))).want(http.StatusOK)
		if got := d.get(path).want(http.StatusOK).num("estimate"); got != 2 {
			t.Errorf("estimate %d after the batch, want 2", got)
		}
		for body, pointer := range map[string]string{
			`{"estimate":3.5}`: "/estimate", `{"estimate":1e-1}`: "/estimate", `{"position":0.1}`: "/position", `{"position":1e400}`: "/position",
		} {
			d.patch(path, json(body)).problem(http.StatusBadRequest, "invalid_type").names(pointer, "invalid_type")
		}
		for body, pointer := range map[string]string{
			`{"position":9007199254740992}`: "/position", `{"position":9007199254740992.0}`: "/position", `{"estimate":1000001.0}`: "/estimate",
		} {
			d.patch(path, json(body)).problem(http.StatusUnprocessableEntity, "validation_failed").names(pointer, "out_of_range")
		}
		d.post(batch, json(fmt.Sprintf(change, "3.5", "1"))).problem(http.StatusBadRequest, "invalid_type").names("/changes/0/if_version", "invalid_type")
		d.post(batch, json(fmt.Sprintf(change, "0", "1"))).problem(http.StatusUnprocessableEntity, "validation_failed").names("/changes/0/if_version", "out_of_range")
	})
}

// TestVisibleTexts tries titles, names and texts that show nothing, and such that reorder what is around them.
func TestVisibleTexts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newDesk(start(t, options{engine: engine}))
		task := d.post(d.tasksPath(), object{"title": "x"}).want(http.StatusCreated).str("id")
		const invalid = http.StatusUnprocessableEntity
		for text, code := range map[string]string{
			"\u200b": "required", "\ufeff": "required", "\u2800": "required", "\u115f\u1160": "required", "\u3164 \uffa0": "required", "\u00ad": "required",
			"\ufe0f": "required", "\U000e0041": "required", "\u202e": "required", "txt.\u202eexe": "bidi_control", "a\u2066b\u2069": "bidi_control",
			"a\u2028b": "invalid_character", "a\ufffe": "invalid_character",
		} {
			d.post(d.tasksPath(), object{"title": text}).problem(invalid, "validation_failed").names("/title", code)
			d.patch("/v1/tasks/"+task, object{"title": text}).problem(invalid, "validation_failed").names("/title", code)
			d.post("/v1/workspaces", object{"name": text}).problem(invalid, "validation_failed").names("/name", code)
			d.post("/v1/projects/"+d.project+"/labels", object{"name": text, "color": "#000000"}).problem(invalid, "validation_failed").names("/name", code)
			d.post("/v1/projects/"+d.project+"/statuses", object{"name": text, "category": "todo"}).problem(invalid, "validation_failed").names("/name", code)
			d.post("/v1/tasks/"+task+"/attachments", object{"filename": text, "content_type": "text/plain", "size": 1, "sha256": strings.Repeat("0", 64)}).
				problem(invalid, "validation_failed").names("/filename", code)
			if code == "required" {
				d.post("/v1/tasks/"+task+"/comments", object{"body": text}).problem(invalid, "validation_failed").names("/body", code)
			}
		}
		for _, text := range []string{"👩\u200d👩\u200d👧", "می\u200cخواهم", "שלום\u200f", "\u200eabc", "❤\ufe0f", "\ue000", "🏴\U000e0067\U000e0062\U000e007f"} {
			if got := d.post(d.tasksPath(), object{"title": text}).want(http.StatusCreated).str("title"); got != text {
				t.Errorf("%+q became %+q", text, got)
			}
		}
		d.post("/v1/tasks/"+task+"/comments", object{"body": "\u2067שלום\u2069 and\n\u202eabc\u202c"}).want(http.StatusCreated)
	})
}

// names wants a problem to name an input with the code of its fault.
func (r *response) names(pointer, code string) *response {
	r.t.Helper()
	faults, _ := r.value("errors").([]any)
	for _, fault := range faults {
		if f, _ := fault.(object); f["pointer"] == pointer && f["code"] == code {
			return r
		}
	}
	r.t.Errorf("%s does not name %s with %s", r, pointer, code)
	return r
}
