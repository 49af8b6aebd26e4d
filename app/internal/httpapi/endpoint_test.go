package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// TestRequestsWorkedOnAreBounded fills all places: one more waits, and goes on when there is one or is told to come again.
func TestRequestsWorkedOnAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{})
		enough := make(chan struct{})
		routes := registrar{s.mux, s}
		routes.Get("/held", func(w http.ResponseWriter, _ *http.Request) {
			<-enough
			w.WriteHeader(http.StatusNoContent)
		})
		routes.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("in its place") })
		ask := func(path string) *httptest.ResponseRecorder {
			return do(s, call{method: "GET", path: path, token: "good"})
		}
		var wg sync.WaitGroup
		hold := func() {
			wg.Go(func() {
				if w := ask("/held"); w.Code != http.StatusNoContent {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		for range 2 * maxWorking { // a place is given back whatever happens
			wantProblem(t, ask("/panic"), 500, apperr.Internal)
		}
		for range maxWorking {
			hold()
		}
		synctest.Wait()
		begin := time.Now()
		w := ask("/held")
		wantProblem(t, w, 503, apperr.Unavailable)
		if took := time.Since(begin); took != maxWaiting || w.Header().Get("Retry-After") != "1" {
			t.Errorf("refused after %s with Retry-After %q", took, w.Header().Get("Retry-After"))
		}
		if n, m := testutil.ToFloat64(s.metrics.refused), len(s.work); n != 1 || m != maxWorking {
			t.Errorf("%v refused, %d worked on", n, m)
		}
		for _, path := range []string{"/health", "/docs"} {
			if w := ask(path); w.Code != http.StatusOK || time.Since(begin) != maxWaiting {
				t.Errorf("%s has to wait for others: %d", path, w.Code)
			}
		}
		wantProblem(t, do(s, call{method: "GET", path: "/v1/me"}), 401, apperr.Unauthenticated)
		if time.Since(begin) != maxWaiting {
			t.Error("a request that is refused anyway waited for a place")
		}
		hold() // waits, and is served
		synctest.Wait()
		close(enough)
		wg.Wait()
		if len(s.work) != 0 {
			t.Errorf("%d places were not given back", len(s.work))
		}
	})
}

// TestEveryIDMustBeAUUID also catches a path variable that parameterError does not know.
func TestEveryIDMustBeAUUID(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for _, rt := range allRoutes(t, s) {
		for _, name := range placeholder.FindAllString(rt.pattern, -1) {
			path := strings.Replace(rt.pattern, name, "nonsense", 1)
			path = strings.ReplaceAll(path, "{number}", "1")
			path = placeholder.ReplaceAllString(path, someone.AccountID.String())
			w := do(s, call{method: rt.method, path: path, token: "good", contentType: rt.mediaType(), body: "{}"})
			wantProblem(t, w, 400, apperr.InvalidParameter)
			var p problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			want := problemField{Pointer: strings.Trim(name, "{}"), Code: "invalid_parameter", Message: "must be a UUID"}
			if name == "{number}" {
				want.Message = "must be a whole number from 1 to 9007199254740991"
			}
			if len(p.Errors) != 1 || p.Errors[0] != want {
				t.Errorf("%s %s: %+v, want %+v", rt.method, path, p.Errors, want)
			}
		}
	}
}

func TestMethodsAndTheBareAddress(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	w := do(s, call{method: "PUT", path: "/v1/me"})
	wantProblem(t, w, 405, apperr.MethodNotAllowed)
	if !strings.Contains(w.Body.String(), "This path takes GET, HEAD, PATCH, but not PUT.") {
		t.Errorf("405: %s", w.Body)
	}
	wantProblem(t, do(s, call{method: "BREW", path: "/v1/me"}), 405, apperr.MethodNotAllowed)
	wantProblem(t, do(s, call{method: "BREW", path: "/v1/nothing"}), 404, apperr.NotFound)
	for _, method := range []string{"GET", "HEAD"} {
		if w := do(s, call{method: method, path: "/"}); w.Code != http.StatusFound || w.Header().Get("Location") != "/docs" {
			t.Errorf("%s /: %d %v", method, w.Code, w.Header())
		}
	}
}
