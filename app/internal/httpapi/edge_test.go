package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	fault := error(nil)
	now := time.Now()
	s := New(Options{Now: func() time.Time { return now }, Checks: []Check{{Name: "database", Fn: func(context.Context) error { return fault }}}})
	health := func() int { return do(s, call{method: "GET", path: "/health"}).Code }
	ready := func() *httptest.ResponseRecorder {
		now = now.Add(2 * time.Second)
		return do(s, call{method: "GET", path: "/ready"})
	}
	if health() != 200 {
		t.Error("/health must not wait for anything")
	}
	wantProblem(t, ready(), 503, apperr.Unavailable)
	s.Open(Live{Authenticator: people{}})
	if w := ready(); w.Code != 200 {
		t.Errorf("/ready: %d %s", w.Code, w.Body)
	}
	fault = apperr.New(apperr.Unavailable, "The database cannot be reached.")
	if w := ready(); !strings.Contains(w.Body.String(), "database: The database cannot be reached.") {
		t.Errorf("/ready: %s", w.Body)
	}
	fault = fmt.Errorf("dial root:password@db: refused")
	if w := ready(); strings.Contains(w.Body.String(), "password") || w.Code != 503 {
		t.Errorf("/ready: %s", w.Body)
	}
	fault = nil
	if w := ready(); w.Code != 200 {
		t.Errorf("/ready after recovery: %d", w.Code)
	}
	s.Drain()
	w := ready()
	wantProblem(t, w, 503, apperr.Unavailable)
	if w.Header().Get("Connection") != "close" {
		t.Error("a stopping server asks its clients to go")
	}
	if health() != 200 {
		t.Error("/health of a process that is stopping")
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxied := New(Options{TrustedProxies: prefixes("10.0.0.0/8")})
	direct := New(Options{})
	for _, test := range []struct {
		s               *Server
		peer, xff, want string
	}{
		{direct, "203.0.113.9:1234", "198.51.100.1", "203.0.113.9"},
		{direct, "[::ffff:203.0.113.9]:1234", "", "203.0.113.9"},
		{proxied, "203.0.113.9:1234", "198.51.100.1", "203.0.113.9"},
		{proxied, "10.1.2.3:1234", "198.51.100.1", "198.51.100.1"},
		{proxied, "10.1.2.3:1234", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{proxied, "10.1.2.3:1234", "198.51.100.1, nonsense", "invalid IP"},
		{proxied, "10.1.2.3:1234", "", "10.1.2.3"},
	} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		if test.xff != "" {
			r.Header.Set("X-Forwarded-For", test.xff)
		}
		if got := test.s.clientAddr(r).String(); got != test.want {
			t.Errorf("peer %s, X-Forwarded-For %q: %s, want %s", test.peer, test.xff, got, test.want)
		}
	}
}
