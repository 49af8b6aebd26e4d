package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// people lets "good" in and refuses everything else, each in its way.
type people struct{}

var someone = auth.Principal{AccountID: uuid.MustParse("01900000-0000-7000-8000-000000000001"), TokenID: uuid.MustParse("01900000-0000-7000-8000-000000000003"), Name: "Ada", Scopes: auth.Scopes()}

func (people) Authenticate(_ context.Context, token string) (auth.Principal, error) {
	switch token {
	case "good":
		return someone, nil
	case "old":
		return auth.Principal{}, apperr.New(apperr.TokenExpired, "The token has expired.")
	case "down":
		return auth.Principal{}, apperr.New(apperr.Unavailable, "The database cannot be reached.")
	}
	return auth.Principal{}, apperr.New(apperr.Unauthenticated, "There is no such token.")
}

// open gives a server whose services are nil: every handler that gets past the kernel panics.
func open(t testing.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	s.Open(Live{Authenticator: people{}, CursorKey: []byte("0123456789abcdef0123456789abcdef")})
	return s
}

type call struct {
	method, path, token, contentType, body string
	header                                 http.Header
	chunked                                bool
}

func do(s http.Handler, c call) *httptest.ResponseRecorder {
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
		if c.chunked {
			body = io.MultiReader(body) // of unknown length
		}
	}
	r := httptest.NewRequestWithContext(context.Background(), c.method, c.path, body)
	for name, values := range c.header {
		r.Header[name] = values
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.contentType != "" {
		r.Header.Set("Content-Type", c.contentType)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// wantProblem fails unless the answer is a whole problem document with that status and code.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code apperr.Code) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
		return
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Errorf("%v in %q", err, w.Body)
		return
	}
	want := problem{
		Type: "/problems/" + string(code), Title: problems[code].title, Status: status, Code: code,
		Detail: p.Detail, Instance: p.Instance, Errors: p.Errors, RequestID: w.Header().Get("X-Request-Id"),
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if p.Detail == "" || p.RequestID == "" {
		t.Errorf("no detail or no request ID: %s", w.Body)
	}
	if (status == http.StatusUnauthorized) != (w.Header().Get("WWW-Authenticate") != "") {
		t.Errorf("WWW-Authenticate: %q", w.Header().Get("WWW-Authenticate"))
	}
	if status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

type routeUnderTest struct{ method, pattern, path string }

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// allRoutes are the routes as the router knows them, with a path that fits each.
func allRoutes(t testing.TB, s *Server) []routeUnderTest {
	t.Helper()
	var out []routeUnderTest
	err := chi.Walk(s.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.Contains(pattern, "*") {
			return nil
		}
		path := placeholder.ReplaceAllStringFunc(pattern, func(name string) string {
			if name == "{number}" {
				return "42"
			}
			return "01900000-0000-7000-8000-000000000002"
		})
		out = append(out, routeUnderTest{method, pattern, path})
		return nil
	})
	if err != nil || len(out) < 60 {
		t.Fatalf("%d routes, %v", len(out), err)
	}
	return out
}

// mediaType is what a route takes; empty where it takes no body.
func (rt routeUnderTest) mediaType() string {
	switch p := policies[rt.method+" "+rt.pattern]; {
	case p.body == bodyNDJSON:
		return "application/x-ndjson"
	case p.body == bodyNone, rt.method != http.MethodPost && rt.method != http.MethodPatch:
		return ""
	}
	return "application/json"
}

// TestEveryRouteFailsWithAProblem drives each route of the router into each failure that the kernel knows.
func TestEveryRouteFailsWithAProblem(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	starting := New(Options{})
	const huge = 1<<20 + 1
	for _, rt := range allRoutes(t, s) {
		t.Run(rt.method+" "+rt.pattern, func(t *testing.T) {
			t.Parallel()
			p := policies[rt.method+" "+rt.pattern]
			media := rt.mediaType()
			with := call{method: rt.method, path: rt.path, token: "good", contentType: media}
			but := func(change func(*call)) call {
				c := with
				change(&c)
				return c
			}
			wantProblem(t, do(s, but(func(c *call) { c.path += "/nothing/here" })), 404, apperr.NotFound)
			w := do(s, but(func(c *call) { c.method = http.MethodPut }))
			wantProblem(t, w, 405, apperr.MethodNotAllowed)
			if !slices.Contains(w.Header().Values("Allow"), rt.method) {
				t.Errorf("Allow: %q", w.Header().Values("Allow"))
			}
			wantProblem(t, do(s, but(func(c *call) { c.path += "?surprise=1" })), 400, apperr.UnknownParameter)
			if p.free {
				return
			}
			wantProblem(t, do(starting, with), 503, apperr.Unavailable)
			if !p.public {
				wantProblem(t, do(s, but(func(c *call) { c.token = "" })), 401, apperr.Unauthenticated)
				wantProblem(t, do(s, but(func(c *call) { c.token = "bad" })), 401, apperr.Unauthenticated)
				wantProblem(t, do(s, but(func(c *call) { c.token = "old" })), 401, apperr.TokenExpired)
				wantProblem(t, do(s, but(func(c *call) { c.token = "down" })), 503, apperr.Unavailable)
			}
			if !p.anyAccept {
				wantProblem(t, do(s, but(func(c *call) { c.header = http.Header{"Accept": {"text/html"}} })), 406, apperr.NotAcceptable)
			}
			if strings.Contains(rt.pattern, "{") {
				path := placeholder.ReplaceAllString(rt.pattern, "nonsense")
				wantProblem(t, do(s, but(func(c *call) { c.path, c.body = path, "{}" })), 400, apperr.InvalidParameter)
			}
			switch media {
			case "":
				wantProblem(t, do(s, with), 500, apperr.Internal) // the services are nil
			case "application/json":
				wantProblem(t, do(s, but(func(c *call) { c.contentType, c.body = "text/plain", "{}" })), 415, apperr.UnsupportedMediaType)
				wantProblem(t, do(s, but(func(c *call) { c.contentType, c.body = "", "{}" })), 415, apperr.UnsupportedMediaType)
				wantProblem(t, do(s, but(func(c *call) { c.body = `{` })), 400, apperr.MalformedBody)
				wantProblem(t, do(s, but(func(c *call) { c.body = `{"surprise":1}` })), 400, apperr.UnknownField)
				wantProblem(t, do(s, but(func(c *call) { c.body = `[]` })), 400, apperr.InvalidType)
				wantProblem(t, do(s, but(func(c *call) { c.body = strings.Repeat(" ", huge) })), 413, apperr.BodyTooLarge)
				wantProblem(t, do(s, but(func(c *call) { c.body, c.chunked = strings.Repeat(" ", huge), true })), 413, apperr.BodyTooLarge)
			case "application/x-ndjson":
				wantProblem(t, do(s, but(func(c *call) { c.contentType, c.body = "text/plain", "{}" })), 415, apperr.UnsupportedMediaType)
			}
		})
	}
}

func TestRateLimitOnEveryRoute(t *testing.T) {
	t.Parallel()
	for _, rt := range allRoutes(t, New(Options{})) {
		p := policies[rt.method+" "+rt.pattern]
		if p.free {
			continue
		}
		s := open(t, Options{RateLimitPrincipal: 1, RateLimitAddress: 1, RateLimitCredentials: 1})
		c := call{method: rt.method, path: rt.path, token: "good", contentType: rt.mediaType(), body: `{"x":`}
		first := do(s, c)
		if first.Code == http.StatusTooManyRequests {
			t.Errorf("%s %s: the first request is one too many", rt.method, rt.pattern)
		}
		if got := first.Header().Get("Ratelimit"); !strings.Contains(got, ";r=0;t=60") {
			t.Errorf("%s %s: RateLimit %q", rt.method, rt.pattern, got)
		}
		w := do(s, c)
		wantProblem(t, w, 429, apperr.RateLimited)
		if w.Header().Get("Retry-After") != "60" || !strings.HasSuffix(w.Header().Get("Ratelimit-Policy"), `;q=1;w=60`) {
			t.Errorf("%s %s: %v", rt.method, rt.pattern, w.Header())
		}
	}
}

func TestAddressLimitCountsOnlyFailures(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := open(t, Options{RateLimitAddress: 2, Now: func() time.Time { return now }})
	good, bad := call{method: "GET", path: "/v1/me?surprise=1", token: "good"}, call{method: "GET", path: "/v1/me", token: "bad"}
	for range 10 {
		wantProblem(t, do(s, good), 400, apperr.UnknownParameter)
	}
	wantProblem(t, do(s, bad), 401, apperr.Unauthenticated)
	wantProblem(t, do(s, bad), 401, apperr.Unauthenticated)
	wantProblem(t, do(s, bad), 429, apperr.RateLimited)
	wantProblem(t, do(s, good), 429, apperr.RateLimited) // guessing costs no lookups any more
	now = now.Add(time.Minute)
	wantProblem(t, do(s, good), 400, apperr.UnknownParameter)
}

func TestPanicsAndAborts(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	reg := prometheus.NewRegistry()
	s := open(t, Options{Log: slog.New(slog.NewJSONHandler(&logged, nil)), Registry: reg, AccessLog: AccessLogAll})
	routes := registrar{s.mux, s}
	routes.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("secret detail") })
	routes.Get("/late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("late")
	})
	w := do(s, call{method: "GET", path: "/panic", token: "good"})
	wantProblem(t, w, 500, apperr.Internal)
	if strings.Contains(w.Body.String(), "secret detail") {
		t.Error("the panic's text reached the client")
	}
	if !strings.Contains(logged.String(), "secret detail") || !strings.Contains(logged.String(), "kernel_test.go") {
		t.Errorf("no panic with its stack in the log: %s", logged.String())
	}
	func() {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("half an answer must end in a cut connection, got %v", err)
			}
		}()
		do(s, call{method: "GET", path: "/late", token: "good"})
	}()
	if n := testutil.ToFloat64(s.metrics.panics); n != 2 {
		t.Errorf("%v panics counted", n)
	}
}

func TestAccessLogAndMetrics(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	reg := prometheus.NewRegistry()
	s := open(t, Options{Log: slog.New(slog.NewJSONHandler(&logged, nil)), Registry: reg, AccessLog: AccessLogAll})
	do(s, call{
		method: "POST", path: "/v1/tokens?surprise=hunter2", token: "good", contentType: "application/json", body: `{"name":"hunter2"}`,
		header: http.Header{"X-Request-Id": {"abc-1"}},
	})
	var line map[string]any
	if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	delete(line, "seconds")
	delete(line, "bytes")
	want := map[string]any{
		"level": "INFO", "msg": "request", "request_id": "abc-1", "method": "POST", "route": "/v1/tokens", "status": 400.0,
		"client": "192.0.2.1", "principal": someone.AccountID.String(), "code": "unknown_parameter",
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Error(diff)
	}
	for _, secret := range []string{"hunter2", "good"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("%q is in the log: %s", secret, logged.String())
		}
	}
	expected := `
# HELP tasktracker_http_requests_total Requests by method, route pattern and status.
# TYPE tasktracker_http_requests_total counter
tasktracker_http_requests_total{method="POST",route="/v1/tokens",status="400"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(expected), "tasktracker_http_requests_total"); err != nil {
		t.Error(err)
	}
	if n := testutil.ToFloat64(s.metrics.inFlight); n != 0 {
		t.Errorf("%v requests in flight", n)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for given, kept := range map[string]bool{
		"abc-DEF_1.2:3": true, "": false, "has space": false, "<script>": false,
		strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "ünï": false,
	} {
		w := do(s, call{method: "GET", path: "/health", header: http.Header{"X-Request-Id": {given}}})
		got := w.Header().Get("X-Request-Id")
		if (got == given) != kept || got == "" {
			t.Errorf("%q became %q", given, got)
		}
	}
}
