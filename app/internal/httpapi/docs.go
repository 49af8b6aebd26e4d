package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/task-tracker/task-tracker/app/api"
)

// specDoc is openapi.json with its entity tag.
type specDoc struct {
	body []byte
	tag  string
}

func newSpecDoc() specDoc {
	body := api.SpecJSON()
	return specDoc{body: body, tag: etag(1, body)}
}

// GetOpenAPI answers with the contract as JSON. It is converted when it is first asked for, not at the start.
func (s *Server) GetOpenAPI(w http.ResponseWriter, r *http.Request) {
	doc := s.spec()
	w.Header()["Etag"] = []string{doc.tag}
	if noneMatch(r, doc.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.send(w, r, http.StatusOK, "application/json", doc.body)
}

// docs is the documentation page with its scripts and styles, all inside the binary.
type docs struct {
	page   []byte
	policy []string
	assets http.Handler
}

// newDocs renders the page once and makes the policy that lets its own scripts run and nothing else: scripts only from
// here or with these hashes, and no connection but to this service.
func newDocs() docs {
	ui := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Task Tracker API", SwaggerJSON: "/openapi.json", BasePath: "/docs/",
		SettingsUI: map[string]string{"docExpansion": `"none"`},
	})
	out := &recorder{header: http.Header{}}
	ui.ServeHTTP(out, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/docs/"}})
	page := out.body.Bytes()
	return docs{page: page, assets: ui, policy: []string{
		"default-src 'none'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
			"script-src 'self'" + scriptHashes(page) + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	}}
}

// GetDocs answers with the documentation page.
func (s *Server) GetDocs(w http.ResponseWriter, r *http.Request) {
	d := s.docs()
	w.Header()["Content-Security-Policy"] = d.policy
	s.send(w, r, http.StatusOK, "text/html; charset=utf-8", d.page)
}

// docsAsset answers with the page's scripts and styles, which are stored compressed.
func (s *Server) docsAsset(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/docs/" {
		s.GetDocs(w, r)
		return
	}
	out := &recorder{header: http.Header{}}
	s.docs().assets.ServeHTTP(out, r)
	switch out.status {
	case 0: // HEAD
		out.status = http.StatusOK
	case http.StatusOK, http.StatusNotModified:
	default:
		s.notFound(w, r)
		return
	}
	for _, name := range []string{"Content-Type", "Content-Encoding", "Etag", "Vary"} {
		if v := out.header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body.Bytes()) // a client that has gone is no fault of ours
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
}

// Header implements http.ResponseWriter.
func (o *recorder) Header() http.Header { return o.header }

// WriteHeader implements http.ResponseWriter.
func (o *recorder) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
}

// Write implements http.ResponseWriter.
func (o *recorder) Write(b []byte) (int, error) {
	o.WriteHeader(http.StatusOK)
	return o.body.Write(b)
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

func scriptHashes(page []byte) string {
	out := ""
	for _, m := range inlineScript.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[1])
		out += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return out
}
