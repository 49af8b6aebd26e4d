package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/task-tracker/task-tracker/app/api"
)

func (d *office) walkAccount(t *testing.T) {
	c := d.signUp("Joan")
	me := c.get("/v1/me").want(200)
	c.get("/v1/me", set("If-None-Match", me.etag())).want(304)
	if me.value("instance_owner") != false {
		t.Errorf("a second owner of the instance: %s", me)
	}
	if got := c.patch("/v1/me", object{"name": "Joan Clarke"}, set("If-Match", me.etag())).want(200).str("name"); got != "Joan Clarke" {
		t.Errorf("name %q", got)
	}
	c.patch("/v1/me", object{"name": "Late"}, set("If-Match", me.etag())).problem(412, "precondition_failed")
	c.patch("/v1/me", object{"password": "another horse battery"}).want(422)
	other := d.anonymous().post("/v1/sessions", object{"email": me.str("email"), "password": password}).want(201).str("token")
	c.patch("/v1/me", object{"password": "another horse battery", "current_password": password}).want(200)
	eventually(t, "a session outlives a new password", func() bool { return d.as(other).get("/v1/me").status == 401 })
	c.get("/v1/me").want(200)
	d.anonymous().post("/v1/sessions", object{"email": me.str("email"), "password": password}).problem(401, "unauthenticated")
	d.anonymous().post("/v1/signup", object{"email": strings.ToUpper(me.str("email")), "password": password, "name": "X"}).problem(409, "already_exists")
}

// walkTransfer moves the workspace to another instance and compares the exports.
func (d *office) walkTransfer(t *testing.T) {
	path := "/v1/workspaces/" + d.workspace + "/export"
	res := d.ada.get(path).want(200)
	lines := bytes.Split(bytes.TrimSpace(res.plain()), []byte("\n"))
	if first, last := decodeObject(lines[0])["type"], decodeObject(lines[len(lines)-1])["type"]; first != "header" || last != "trailer" {
		t.Errorf("the export starts with %v and ends with %v", first, last)
	}
	d.ada.post("/v1/workspaces/import", raw{"application/x-ndjson", string(res.plain())}).want(409)

	other := start(t, options{engine: d.opts.engine})
	eve := other.signUp("Eve")
	body := raw{"application/x-ndjson", string(res.plain())}
	if got := eve.post("/v1/workspaces/import?dry_run=true", body).want(200); got.value("dry_run") != true || got.str("workspace_id") != d.workspace {
		t.Errorf("dry run: %s", got)
	}
	eve.get("/v1/workspaces/"+d.workspace).problem(404, "not_found")
	torn := raw{"application/x-ndjson", string(bytes.Join(lines[:len(lines)-1], []byte("\n"))) + "\n"}
	if got := eve.post("/v1/workspaces/import?dry_run=true", torn); got.status != 400 && got.status != 422 {
		t.Errorf("an export that was cut off: %s", got)
	}
	imported := eve.post("/v1/workspaces/import", body).want(201)
	if imported.location() != "/v1/workspaces/"+d.workspace {
		t.Errorf("Location %s", imported.location())
	}
	other.signUp("Bob").post("/v1/workspaces/import", body).problem(403, "forbidden")
	again := run(t, other.opts, nil, "export", "--workspace", d.workspace)
	if diff := cmp.Diff(kinds(t, res.plain()), kinds(t, again)); diff != "" {
		t.Errorf("the copy differs (-original +copy):\n%s", diff)
	}
}

// kinds counts the lines of an export by their type.
func kinds(t *testing.T, export []byte) map[string]int {
	t.Helper()
	out := map[string]int{}
	for line := range bytes.Lines(export) {
		out[fmt.Sprint(decodeObject(line)["type"])]++
	}
	return out
}

// TestEdge is what surrounds the API: documentation, CORS, compression, methods, unknown paths.
func TestEdge(t *testing.T) {
	t.Parallel()
	const origin = "https://app.example.com"
	d := newOffice(t, options{env: []string{"TASKTRACKER_CORS_ORIGINS=" + origin, "TASKTRACKER_METRICS_ADDR=127.0.0.1:0"}})
	t.Run("openapi.json is the contract", func(t *testing.T) {
		var want, got any
		if err := yaml.Unmarshal(api.SpecYAML, &want); err != nil {
			t.Fatal(err)
		}
		res := d.anonymous().get("/openapi.json").want(200)
		if err := json.Unmarshal(res.body, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plainJSON(t, want), got); diff != "" {
			t.Errorf("(-yaml +served):\n%s", diff)
		}
		d.anonymous().get("/openapi.json", set("If-None-Match", res.etag())).want(304)
	})
	t.Run("docs load nothing from elsewhere", func(t *testing.T) {
		page := d.anonymous().get("/docs").want(200)
		policy := page.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "http") {
			t.Errorf("policy %q", policy)
		}
		loads := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(page.body), -1)
		if len(loads) < 3 {
			t.Errorf("the page loads %v", loads)
		}
		for _, load := range loads {
			address := strings.TrimPrefix(load[1], d.url)
			if strings.Contains(address, "//") || !strings.HasPrefix(address, "/") {
				t.Errorf("the page loads %s", address)
				continue
			}
			d.anonymous().get(address).want(200)
		}
	})
	t.Run("CORS", func(t *testing.T) {
		preflight := func(from string) http.Header {
			return d.anonymous().do("OPTIONS", "/v1/tasks/x", nil, set("Origin", from), set("Access-Control-Request-Method", "PATCH"),
				set("Access-Control-Request-Headers", "authorization,if-match")).header
		}
		if h := preflight(origin); h.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("preflight: %v", h)
		}
		if h := preflight("https://evil.example.com"); h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("preflight from elsewhere: %v", h)
		}
		h := d.ada.get("/v1/me", set("Origin", origin)).want(200).header
		if h.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Etag") && !strings.Contains(h.Get("Access-Control-Expose-Headers"), "ETag") {
			t.Errorf("answer: %v", h)
		}
	})
	t.Run("compression", func(t *testing.T) {
		long := d.newTask(object{"title": "long", "description": strings.Repeat("All work and no play. ", 500)})
		path := long.location()
		packed := d.ada.get(path, set("Accept-Encoding", "gzip")).want(200)
		if packed.header.Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(packed.header.Values("Vary"), ","), "Accept-Encoding") || len(packed.body) > 2000 {
			t.Errorf("%d bytes with %v", len(packed.body), packed.header)
		}
		plain := d.ada.get(path).want(200)
		if plain.header.Get("Content-Encoding") != "" || !bytes.Equal(plain.body, packed.plain()) {
			t.Errorf("not the same: %v", plain.header)
		}
		d.ada.get(path, set("Accept-Encoding", "gzip"), set("If-None-Match", packed.etag())).want(304)
		d.ada.patch(path, object{"title": "longer"}, set("If-Match", packed.etag())).want(200)
	})
	t.Run("methods and paths", func(t *testing.T) {
		if h := d.ada.do("PUT", "/v1/me", object{}).problem(405, "method_not_allowed").raw.Header.Values("Allow"); !strings.Contains(strings.Join(h, ","), "PATCH") {
			t.Errorf("Allow: %v", h)
		}
		d.ada.do("BREW", "/v1/me", nil).problem(405, "method_not_allowed")
		d.ada.do("HEAD", "/v1/me", nil).want(200)
		for _, path := range []string{"/v1", "/v1/", "/v2/me", "/v1/me/", "/v1/nothing", "/metrics", "/docs/nothing.js", "/blobs/x", "/favicon.ico"} {
			if res := d.ada.get(path); res.status != 404 && res.status != 403 {
				t.Errorf("%s", res)
			}
		}
		d.ada.get("/v1/me?verbose=1").problem(400, "unknown_parameter")
		if got := d.ada.get("/v1/me", set("X-Request-Id", "abc-1")).header.Get("X-Request-Id"); got != "abc-1" {
			t.Errorf("X-Request-Id %q", got)
		}
		for _, bad := range []string{strings.Repeat("x", 65), "a b", "ä", `"><script>`} {
			if got := d.ada.get("/v1/me", set("X-Request-Id", bad)).want(200).header.Get("X-Request-Id"); got == bad {
				t.Errorf("X-Request-Id %q was taken", bad)
			}
		}
	})
}

// plainJSON takes the code generator's hints out of a document and gives what encoding/json would.
func plainJSON(t *testing.T, doc any) any {
	t.Helper()
	var strip func(v any) any
	strip = func(v any) any {
		switch at := v.(type) {
		case map[string]any:
			for name, member := range at {
				if strings.HasPrefix(name, "x-") {
					delete(at, name)
					continue
				}
				at[name] = strip(member)
			}
		case []any:
			for i := range at {
				at[i] = strip(at[i])
			}
		}
		return v
	}
	text, err := json.Marshal(strip(doc))
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
