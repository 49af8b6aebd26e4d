package httpapi

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// policy is what the kernel sees to before a route's handler runs. The zero policy is that of most routes: a bearer
// token is needed, POST and PATCH take JSON, POST takes an Idempotency-Key, and no query parameter is known.
type policy struct {
	public      bool     // no token is needed
	credentials bool     // takes a password: the stricter rate limit holds
	secret      bool     // takes no Idempotency-Key: it answers with a secret, or ends whoever asks
	free        bool     // no rate limit: probes and their like
	query       []string // known query parameters; * marks one that may be given several times
	body        body
	anyAccept   bool // answers with something else than JSON
	stream      bool // holds little however much passes through, and may take hours: does not count as worked on
}

// body is what a route takes as its body.
type body int

const (
	bodyByMethod body = iota // JSON for POST, JSON or a merge patch for PATCH, else nothing
	bodyNone
	bodyNDJSON // one document a line, with a limit and deadlines of its own
	bodyOwn    // the handler sees to it
)

var (
	paged = []string{"limit", "cursor"}

	activityFilters = []string{"sort", "since", "limit", "cursor"}

	taskFilters = []string{
		"q", "status*", "category*", "priority*", "assignee", "label", "parent",
		"due_before", "due_after", "updated_after", "sort", "limit", "cursor",
	}
)

// policies lists the routes whose policy is not the usual one. A test holds it against openapi.yaml.
var policies = map[string]policy{
	"GET /":             {public: true, free: true, anyAccept: true},
	"GET /health":       {public: true, free: true},
	"GET /ready":        {public: true, free: true},
	"GET /openapi.json": {public: true, free: true},
	"GET /docs":         {public: true, free: true, anyAccept: true},
	"GET /docs/*":       {public: true, free: true, anyAccept: true},
	"* /blobs/*":        {public: true, free: true, anyAccept: true, body: bodyOwn},

	"POST /v1/signup":    {public: true, credentials: true, secret: true},
	"POST /v1/sessions":  {public: true, credentials: true, secret: true},
	"POST /v1/me/delete": {secret: true},
	"GET /v1/me/export":  {anyAccept: true, stream: true},
	"GET /v1/sessions":   {query: paged},
	"GET /v1/tokens":     {query: paged},
	"POST /v1/tokens":    {secret: true},

	"GET /v1/workspaces":                                 {query: paged},
	"POST /v1/workspaces/import":                         {query: []string{"dry_run"}, body: bodyNDJSON, stream: true},
	"GET /v1/workspaces/{workspace}/export":              {anyAccept: true, stream: true},
	"GET /v1/workspaces/{workspace}/members":             {query: paged},
	"GET /v1/workspaces/{workspace}/service-accounts":    {query: paged},
	"GET /v1/service-accounts/{service_account}/tokens":  {query: paged},
	"POST /v1/service-accounts/{service_account}/tokens": {secret: true},
	"GET /v1/workspaces/{workspace}/invitations":         {query: paged},
	"POST /v1/workspaces/{workspace}/invitations":        {secret: true},
	"GET /v1/workspaces/{workspace}/projects":            {query: []string{"archived", "limit", "cursor"}},
	"GET /v1/workspaces/{workspace}/tasks":               {query: append([]string{"project"}, taskFilters...)},
	"GET /v1/workspaces/{workspace}/activity":            {query: activityFilters},
	"GET /v1/workspaces/{workspace}/changes":             {query: []string{"since", "limit"}},

	"GET /v1/projects/{project}/tasks":    {query: taskFilters},
	"GET /v1/projects/{project}/stats":    {query: []string{"weeks"}},
	"GET /v1/projects/{project}/statuses": {query: paged},
	"GET /v1/projects/{project}/labels":   {query: paged},
	"GET /v1/projects/{project}/activity": {query: activityFilters},

	"GET /v1/tasks/{task}/relations":            {query: paged},
	"GET /v1/tasks/{task}/checklist":            {query: paged},
	"GET /v1/tasks/{task}/comments":             {query: paged},
	"GET /v1/tasks/{task}/attachments":          {query: paged},
	"GET /v1/tasks/{task}/activity":             {query: activityFilters},
	"GET /v1/comments/{comment}/history":        {query: paged},
	"POST /v1/attachments/{attachment}/confirm": {body: bodyNone},
	"GET /v1/attachments/{attachment}/download": {anyAccept: true},
}

// route is one method on one pattern with all that is looked up once instead of at every request.
type route struct {
	policy
	method, pattern string
	takesKey        bool // Idempotency-Key
	bounded         bool // takes one of the places for requests that are worked on
	series          *seriesSet
	parameters      []parameterRule // with the contract's bounds
}

func (s *Server) newRoute(method, pattern string) *route {
	p := policies[method+" "+pattern]
	if p.body == bodyByMethod && method != http.MethodPost && method != http.MethodPatch {
		p.body = bodyNone
	}
	return &route{
		policy: p, method: method, pattern: pattern,
		takesKey: method == http.MethodPost && !p.secret && p.body != bodyOwn,
		bounded:  !p.public && !p.stream,
		series:   s.metrics.forRoute(method, pattern),

		parameters: parameterRules(method, pattern),
	}
}

// registrar hands the generated routes to chi, each wrapped in its endpoint. It knows the pattern when a route is made,
// so that nothing has to find it out at every request.
type registrar struct {
	chi.Router
	s *Server
}

// Group implements chi.Router.
func (g registrar) Group(fn func(chi.Router)) chi.Router {
	fn(g)
	return g
}

// Get implements chi.Router.
func (g registrar) Get(pattern string, h http.HandlerFunc) { g.add(http.MethodGet, pattern, h) }

// Post implements chi.Router.
func (g registrar) Post(pattern string, h http.HandlerFunc) { g.add(http.MethodPost, pattern, h) }

// Put implements chi.Router.
func (g registrar) Put(pattern string, h http.HandlerFunc) { g.add(http.MethodPut, pattern, h) }

// Patch implements chi.Router.
func (g registrar) Patch(pattern string, h http.HandlerFunc) { g.add(http.MethodPatch, pattern, h) }

// Delete implements chi.Router.
func (g registrar) Delete(pattern string, h http.HandlerFunc) { g.add(http.MethodDelete, pattern, h) }

func (g registrar) add(method, pattern string, h http.HandlerFunc) {
	rt := g.s.newRoute(method, pattern)
	g.Router.Method(method, pattern, g.s.endpoint(rt, h))
}

// anyMethod registers a handler that looks at the method itself.
func (g registrar) anyMethod(pattern string, h http.HandlerFunc) {
	rt := g.s.newRoute("*", pattern)
	g.Router.Handle(pattern, g.s.endpoint(rt, h))
}
