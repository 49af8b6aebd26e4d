package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// TestDocsAreOffline: the page loads nothing from elsewhere, and its policy would not let it.
func TestDocsAreOffline(t *testing.T) {
	t.Parallel()
	s := New(Options{}) // documentation needs no database
	page := do(s, call{method: "GET", path: "/docs"})
	if page.Code != 200 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	policy := page.Header().Get("Content-Security-Policy")
	for _, directive := range strings.Split(policy, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		if strings.Contains(sources, "http") || strings.Contains(sources, "*") || name == "script-src" && strings.Contains(sources, "unsafe") {
			t.Errorf("the policy lets too much in: %s", directive)
		}
	}
	if n := strings.Count(policy, "'sha256-"); n != strings.Count(page.Body.String(), "<script>") || n == 0 {
		t.Errorf("%d hashes for the page's own scripts", n)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		if !strings.HasPrefix(m[1], "/docs/") {
			t.Errorf("the page loads %s", m[1])
			continue
		}
		asset := do(s, call{method: "GET", path: m[1], header: http.Header{"Accept-Encoding": {"gzip"}}})
		if asset.Code != 200 || asset.Body.Len() == 0 {
			t.Errorf("%s: %d", m[1], asset.Code)
		}
		if head := do(s, call{method: "HEAD", path: m[1]}); head.Code != 200 {
			t.Errorf("HEAD %s: %d", m[1], head.Code)
		}
	}
	wantProblem(t, do(s, call{method: "GET", path: "/docs/../../etc/passwd"}), 404, apperr.NotFound)
	wantProblem(t, do(s, call{method: "GET", path: "/docs/nothing.js"}), 404, apperr.NotFound)
}

func TestOpenAPIDocument(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	w := do(s, call{method: "GET", path: "/openapi.json", header: http.Header{"Accept-Encoding": {"gzip"}}})
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(unpacked)
	if err != nil || !strings.HasPrefix(string(body), `{"openapi":"3.1.`) {
		t.Errorf("%.40q, %v", body, err)
	}
	again := do(s, call{method: "GET", path: "/openapi.json", header: http.Header{"If-None-Match": {w.Header().Get("ETag")}}})
	if again.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", again.Code)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	s := open(t, Options{CORSOrigins: []string{"https://app.example.com"}})
	preflight := func(origin string) http.Header {
		return do(s, call{method: "OPTIONS", path: "/v1/me", header: http.Header{
			"Origin": {origin}, "Access-Control-Request-Method": {"PATCH"}, "Access-Control-Request-Headers": {"authorization,if-match"},
		}}).Header()
	}
	if h := preflight("https://app.example.com"); h.Get("Access-Control-Allow-Origin") != "https://app.example.com" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("an allowed origin: %v", h)
	}
	for _, origin := range []string{"https://evil.example.com", "https://app.example.com.evil.com", "null"} {
		if h := preflight(origin); h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", origin, h)
		}
	}
	w := do(s, call{method: "GET", path: "/v1/me", header: http.Header{"Origin": {"https://app.example.com"}}})
	wantProblem(t, w, 401, apperr.Unauthenticated)
	if exposed := w.Header().Get("Access-Control-Expose-Headers"); !strings.Contains(strings.ToLower(exposed), "etag") {
		t.Errorf("exposed: %q", exposed)
	}
	if h := do(open(t, Options{}), call{method: "GET", path: "/v1/me", header: http.Header{"Origin": {"https://app.example.com"}}}).Header(); h.Get("Access-Control-Allow-Origin") != "" {
		t.Error("without a list, no origin is allowed")
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	w := do(open(t, Options{HTTPS: true}), call{method: "GET", path: "/v1/me"})
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestEventual(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"consistency=eventual": true, `respond-async, Consistency="eventual"`: true, "consistency=eventual; x=y": true,
		"": false, "consistency=strong": false, "eventual": false,
	} {
		w := httptest.NewRecorder()
		r := request("")
		x := &exchange{Context: r.Context(), ResponseWriter: w}
		r = r.WithContext(x)
		r.Header.Set("Prefer", value)
		if got := eventual(r); got != want || (w.Header().Get("Preference-Applied") != "") != want {
			t.Errorf("Prefer: %s: %v, %v", value, got, w.Header())
		}
	}
}
