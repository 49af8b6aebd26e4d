package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// curlJSON are the headers of `curl --json`.
func curlJSON(r *http.Request) {
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
}

// TestFirstTask is the first task as README tells it, on a server as `make run` starts it: with rate limits, and sign-up
// by invitation only.
func TestFirstTask(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		s := start(t, options{engine: engine, env: []string{
			"TASKTRACKER_RATE_LIMIT_PRINCIPAL=6000", "TASKTRACKER_RATE_LIMIT_ADDRESS=600", "TASKTRACKER_RATE_LIMIT_CREDENTIALS=30",
			"TASKTRACKER_SIGNUP=invite", "TASKTRACKER_ACCESS_LOG=true",
		}})
		anyone := s.anonymous()
		first := anyone.post("/v1/signup", raw{"", `{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}`}, curlJSON).want(201)
		if first.value("account", "instance_owner") != true {
			t.Error("the first account does not own the instance")
		}
		session := anyone.post("/v1/sessions", raw{"", `{"email":"ada@example.com","password":"correct horse battery"}`}, curlJSON).want(201)
		ada := s.as(session.str("token"))
		w := ada.post("/v1/workspaces", raw{"", `{"name":"Acme"}`}, curlJSON).want(201).str("id")
		p := ada.post("/v1/workspaces/"+w+"/projects", raw{"", `{"key":"OPS","name":"Operations"}`}, curlJSON).want(201).str("id")
		task := ada.post("/v1/projects/"+p+"/tasks", raw{"", `{"title":"Rotate the keys","priority":"high"}`}, curlJSON).want(201)
		if task.str("key") != "OPS-1" || task.str("status", "category") == "" || task.str("author", "name") != "Ada" {
			t.Errorf("the first task: %s", task)
		}
		found := ada.get("/v1/workspaces/" + w + "/tasks?q=keys&sort=-updated_at").want(200)
		if items := found.items(); len(items) != 1 || items[0]["id"] != task.str("id") || found.value("next_cursor") != nil {
			t.Errorf("the search: %s", found)
		}

		anyone.post("/v1/signup", object{"email": "eve@example.com", "password": password, "name": "Eve"}).problem(403, "forbidden")
		anyone.post("/v1/sessions", object{"email": "ada@example.com", "password": "wrong horse battery"}).problem(401, "unauthenticated")
		anyone.post("/v1/sessions", object{"email": "nobody@example.com", "password": password}).problem(401, "unauthenticated")
		for name, prefix := range map[string]string{"RateLimit": `"principal";r=59`, "RateLimit-Policy": `"principal";q=6000;w=60`} {
			if got := found.header.Get(name); !strings.HasPrefix(got, prefix) {
				t.Errorf("%s: %q, want %s…", name, got, prefix)
			}
		}
		for _, secret := range []string{password, session.str("token"), "Rotate the keys", "ada@example.com"} {
			if strings.Contains(s.logs.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}

// TestRateLimits drives each of the limits to its end.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	s := start(t, options{env: []string{
		"TASKTRACKER_RATE_LIMIT_PRINCIPAL=20", "TASKTRACKER_RATE_LIMIT_ADDRESS=10", "TASKTRACKER_RATE_LIMIT_CREDENTIALS=3",
	}})
	ada := s.signUp("Ada")
	limited := func(what string, most int, request func() *response) {
		t.Helper()
		for range most {
			if res := request(); res.status == http.StatusTooManyRequests {
				res.problem(429, "rate_limited")
				if res.header.Get("Retry-After") == "" || res.header.Get("RateLimit") == "" {
					t.Errorf("%s: headers %v", what, res.header)
				}
				return
			}
		}
		t.Errorf("%s: no 429 after %d requests", what, most)
	}
	limited("principal", 30, func() *response { return ada.get("/v1/me") })
	limited("credentials", 10, func() *response {
		return s.anonymous().post("/v1/sessions", object{"email": email("x"), "password": password})
	})
	limited("address", 20, func() *response { return s.as("tt_nonsense").get("/v1/me") })
	s.anonymous().get("/health").want(200) // never limited
}
