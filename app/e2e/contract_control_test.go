package e2e

import (
	"bytes"
	"net/http"
	"testing"
)

// TestContractCheckSees is the negative control: answers and requests that are not as the contract has them are seen.
func TestContractCheckSees(t *testing.T) {
	t.Parallel()
	d := newOffice(t, options{})
	known, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	path := d.newTask(object{"title": "a task"}).location()
	for name, spoil := range map[string]func(*response){
		"a field is gone":       func(r *response) { r.body = bytes.Replace(r.body, []byte(`"title"`), []byte(`"tilte"`), 1) },
		"a field has no value":  func(r *response) { r.body = bytes.Replace(r.body, []byte(`"a task"`), []byte(`null`), 1) },
		"another priority":      func(r *response) { r.body = bytes.Replace(r.body, []byte(`"none"`), []byte(`"some"`), 1) },
		"no JSON":               func(r *response) { r.body = r.body[1:] },
		"no ETag":               func(r *response) { r.header.Del("ETag") },
		"another media type":    func(r *response) { r.header.Set("Content-Type", "text/plain") },
		"an unknown status":     func(r *response) { r.status, r.raw.StatusCode = 202, 202 },
		"a failure without one": func(r *response) { r.status, r.raw.StatusCode = 404, 404 },
	} {
		res := d.ada.get(path).want(200)
		if spoil(res); len(known.breaches(res.raw.Request, res)) == 0 {
			t.Errorf("%s: not seen", name)
		}
	}
	for _, c := range []struct {
		method, path string
		body         any
		allowed      bool
	}{
		{"GET", "/v1/workspaces?limit=50", nil, true},
		{"GET", "/v1/workspaces?limit=0", nil, false},
		{"GET", "/v1/workspaces?limit=x", nil, false},
		{"GET", "/v1/tasks/x", nil, false},
		{"PATCH", path, object{"title": "b", "due_date": nil}, true},
		{"PATCH", path, object{"title": nil}, false},
		{"PATCH", path, object{"due_date": "tomorrow"}, false},
		{"PATCH", path, object{"surprise": 1}, false},
		{"POST", "/v1/workspaces", object{}, false},
		{"POST", "/v1/workspaces", raw{"text/plain", `{"name":"x"}`}, false},
	} {
		r, err := d.ada.request(c.method, c.path, c.body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/json")
		if allowed, reasons := known.allows(r); allowed != c.allowed {
			t.Errorf("%s %s %v: allowed %v %v", c.method, c.path, c.body, allowed, reasons)
		}
	}
	if _, ok := known.find(http.MethodPut, path); ok {
		t.Error("the contract has a PUT")
	}
}
