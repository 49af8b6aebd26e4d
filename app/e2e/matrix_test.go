package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

// secretMark is in every text of the workspace that strangers must learn nothing of.
const secretMark = "Xanthippe"

// actor is a column of the matrix.
type actor struct {
	name          string
	client        *client // with the token that is tried
	session       *client // of the same account, with all scopes; nil where there is no account
	role          auth.Role
	scope         auth.Scope
	fault         string // the code of the 401 that everything answers
	instanceOwner bool
	bound         bool // to one workspace; the account is a member of both
}

// matrix is a server with two workspaces and everybody who may come to the first one.
type matrix struct {
	*server
	contract             *contract
	ada, eve, visitor    *client
	elsewhere            *client           // a token that is bound to the foreign workspace, of an account that owns both
	author               actor             // a member who has written what others may not change
	own, foreign, random map[string]string // identifiers by the names of the contract's path variables
	actors               []actor
	count                int
	cells, leaks         int
}

func newMatrix(t *testing.T, engine store.Engine) *matrix {
	d := newOffice(t, options{engine: engine})
	m := &matrix{server: d.server, ada: d.ada}
	var err error
	if m.contract, err = loadContract(); err != nil {
		t.Fatal(err)
	}
	m.own = furnish(t, m.ada, secretMark)
	d.workspace = m.own["workspace"]
	m.eve, m.visitor = d.signUp("Eve"), d.signUp("Visitor")
	m.foreign, m.random = furnish(t, m.eve, "Foreign"), randomIDs()
	soon := time.Now().Add(1500 * time.Millisecond).UTC()
	expired := m.ada.post("/v1/tokens", object{"name": "old", "scopes": []string{"admin"}, "expires_at": soon}).want(201).str("token")
	member := func(role auth.Role) actor {
		c := d.join("The "+string(role), string(role))
		return actor{name: string(role), client: c, session: c, role: role, scope: auth.ScopeAdmin}
	}
	scoped := func(scope auth.Scope) actor {
		return actor{"scope " + string(scope), m.ada.withScopes(string(scope)), m.ada, auth.RoleOwner, scope, "", true, false}
	}
	// What binds a token is the token: its account owns both workspaces.
	both := m.signUp("Both")
	for c, id := range map[*client]string{m.ada: m.own["workspace"], m.eve: m.foreign["workspace"]} {
		invited := c.post("/v1/workspaces/"+id+"/invitations", object{"role": "owner"}).want(201)
		both.post("/v1/invitations/accept", object{"token": invited.str("token")}).want(200)
	}
	bound := func(scope auth.Scope) actor {
		return actor{"bound, scope " + string(scope), both.bound(m.own["workspace"], string(scope)), both, auth.RoleOwner, scope, "", false, true}
	}
	m.elsewhere = both.bound(m.foreign["workspace"], "admin")
	program := func(scope auth.Scope) actor {
		c := d.as(m.serviceToken(m.serviceAccount(actor{}), string(scope)).str("token"))
		return actor{name: "service account, scope " + string(scope), client: c, session: c, role: auth.RoleAdmin, scope: scope, bound: true}
	}
	m.actors = []actor{
		{name: "anonymous", client: d.anonymous(), fault: "unauthenticated"},
		{name: "malformed token", client: d.as("tt_" + strings.Repeat("A", 43)), fault: "unauthenticated"},
		{name: "unknown token", client: d.as(account.NewSecret(account.TokenPrefix).Text), fault: "unauthenticated"},
		{name: "expired token", client: d.as(expired), fault: "token_expired"},
		{name: "stranger", client: m.eve, session: m.eve, scope: auth.ScopeAdmin},
		member(auth.RoleViewer), member(auth.RoleMember), member(auth.RoleAdmin), member(auth.RoleOwner),
		{"instance owner", m.ada, m.ada, auth.RoleOwner, auth.ScopeAdmin, "", true, false},
		scoped(auth.ScopeRead), scoped(auth.ScopeWrite), scoped(auth.ScopeAdmin),
		bound(auth.ScopeRead), bound(auth.ScopeAdmin), program(auth.ScopeRead), program(auth.ScopeAdmin),
		{name: "bound elsewhere", client: m.elsewhere, session: both, scope: auth.ScopeAdmin, bound: true},
		{name: "instance owner, bound", client: m.ada.bound(m.own["workspace"], "admin"), session: m.ada, role: auth.RoleOwner, scope: auth.ScopeAdmin, bound: true},
	}
	m.author = member(auth.RoleMember)
	m.own["comment"], m.own["attachment"] = m.comment(m.author), m.attachment(m.author)
	m.own["account"] = m.guest(actor{})
	time.Sleep(time.Until(soon))
	return m
}

// expect is what a route answers to an actor who has that role where the object is: the code of a refusal, or nothing.
func (r route) expect(a actor, role auth.Role) (status int, code string) {
	if a.fault != "" {
		return http.StatusUnauthorized, a.fault
	}
	if r.action == "" {
		return 0, ""
	}
	rule, ok := auth.Table()[r.action]
	switch {
	case !ok:
		return http.StatusTeapot, "not in the table"
	case rule.Role != auth.RoleNone && role == auth.RoleNone:
		return http.StatusNotFound, "not_found"
	case a.bound && rule.Role == auth.RoleNone && r.action != auth.AccountRead && r.action != auth.WorkspaceList:
		return http.StatusForbidden, "forbidden"
	case slices.Index(auth.Scopes(), a.scope) < slices.Index(auth.Scopes(), rule.Scope):
		return http.StatusForbidden, "insufficient_scope"
	case slices.Index(auth.Roles(), role) < slices.Index(auth.Roles(), rule.Role), r.also != nil && !r.also(a):
		return http.StatusForbidden, "forbidden"
	}
	return 0, ""
}

// TestAuthorisationMatrix tries every route of the router as everybody: what is allowed works, what is not answers as
// auth.Table says and changes nothing, and nobody learns whether another workspace's object exists.
func TestAuthorisationMatrix(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		m := newMatrix(t, engine)
		for _, op := range m.routed(t) {
			if op.public() {
				continue
			}
			r, ok := routes[op.OperationId]
			if !ok {
				t.Errorf("%s (%s) is in no row of the matrix", op, op.OperationId)
				continue
			}
			m.saysSo(t, op, r)
			m.row(t, op, op.OperationId, r)
			for _, v := range variants {
				if v.operation == op.OperationId {
					m.row(t, op, op.OperationId+" ("+v.name+")", v.route)
				}
			}
		}
		m.leave(t)
		m.embedded(t, m.eve)
		m.embedded(t, m.elsewhere)
		fmt.Printf("matrix %s: routes=%d cells=%d leaks=%d\n", engine, len(routes), m.cells, m.leaks)
	})
}

// routed are the contract's operations; each must be in the router, and the router has no others but the pages of the
// documentation and the signed links, which take no token.
func (m *matrix) routed(t *testing.T) []operation {
	t.Helper()
	var served []string
	err := chi.Walk(httpapi.New(httpapi.Options{}).Routes(), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if pattern != "/" && !strings.HasPrefix(pattern, "/docs/") && !strings.HasPrefix(pattern, "/blobs/") {
			served = append(served, method+" "+pattern)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, op := range m.contract.operations {
		described = append(described, op.String())
	}
	slices.Sort(served)
	slices.Sort(described)
	if diff := cmp.Diff(described, served); diff != "" {
		t.Fatalf("contract and router differ (-contract +router):\n%s", diff)
	}
	return m.contract.operations
}

var described = regexp.MustCompile("(Role|Scope):\\s+`([a-z]+)`")

// saysSo holds the operation's description against the table.
func (m *matrix) saysSo(t *testing.T, op operation, r route) {
	t.Helper()
	if r.action == "" {
		return
	}
	said := map[string]string{"Role": "", "Scope": ""}
	for _, found := range described.FindAllStringSubmatch(op.Description, -1) {
		said[found[1]] = found[2]
	}
	if op.OperationId == "importWorkspace" { // says it in other words
		return
	}
	rule := auth.Table()[r.action]
	if said["Role"] != string(rule.Role) || said["Scope"] != string(rule.Scope) {
		t.Errorf("%s: the contract says %v, the table says %+v", op.OperationId, said, rule)
	}
}

// row tries one operation as everybody, on the own workspace's object, a foreign one's and on none.
func (m *matrix) row(t *testing.T, op operation, name string, r route) {
	t.Helper()
	// All that the requests need is made before the first of them. One body does for all: none of them is to succeed.
	ids, content := m.prepare(op, r, m.author), r.content(m, m.author)
	before := m.state()
	for _, a := range m.actors {
		if status, code := r.expect(a, a.role); code != "" {
			m.refused(t, name+" as "+a.name, m.ask(op, r, a, ids, content), status, code, a.role)
		}
		m.hidden(t, op, name, r, a, content)
	}
	if diff := cmp.Diff(before, m.state()); diff != "" {
		t.Errorf("%s: a refused request has changed something (-before +after):\n%s", name, diff)
	}
	for _, a := range m.actors {
		if _, code := r.expect(a, a.role); code == "" {
			m.allowed(t, op, name+" as "+a.name, r, a)
		}
	}
}

func (m *matrix) ask(op operation, r route, a actor, ids map[string]string, content any) *response {
	path := op.path
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	m.cells++
	return a.client.do(op.method, path+r.query, content)
}

// prepare gives the identifiers for a request on the own workspace's objects: with a new one where it might go.
func (m *matrix) prepare(op operation, r route, a actor) map[string]string {
	if r.fresh == nil {
		return m.own
	}
	ids := maps.Clone(m.own)
	name, _, _ := strings.Cut(op.path[strings.LastIndex(op.path, "{")+1:], "}")
	ids[name] = r.fresh(m, a)
	return ids
}

func (m *matrix) refused(t *testing.T, cell string, res *response, status int, code string, role auth.Role) {
	t.Helper()
	if res.status != status || problemCode(res) != code {
		t.Errorf("%s: %s, want %d %s", cell, res, status, code)
		if res.status < 400 {
			m.leaks++
		}
	}
	if role == auth.RoleNone && strings.Contains(string(res.plain()), secretMark) {
		t.Errorf("%s: shows what is in the workspace: %s", cell, res)
		m.leaks++
	}
}

func (m *matrix) allowed(t *testing.T, op operation, cell string, r route, a actor) {
	t.Helper()
	switch op.OperationId {
	case "endSession": // it would end the actor's own
		if a.session == a.client && a.bound {
			a.client = m.as(m.serviceToken(m.serviceAccount(a), string(a.scope)).str("token"))
			break
		}
		a.client = a.session.withScopes(string(a.scope))
	case "endOtherSessions", "deleteMe":
		a.client = m.signUp("Passer-by").withScopes(string(a.scope))
	}
	res := m.ask(op, r, a, m.prepare(op, r, a), r.content(m, a))
	want := []int{r.status}
	if r.status == 0 {
		want = []int{200, 201, 204, 302}
	}
	if op.OperationId == "importWorkspace" { // the document is none, but that is looked at
		want = []int{400, 422}
	}
	if !slices.Contains(want, res.status) {
		t.Errorf("%s: %s, want %v", cell, res, want)
	}
}

// hidden tries objects of a workspace that the actor is no member of: the answer is that for an object that never was.
func (m *matrix) hidden(t *testing.T, op operation, name string, r route, a actor, content any) {
	t.Helper()
	if !strings.Contains(op.path, "{") || a.fault != "" {
		return
	}
	ids := m.foreign
	if a.role == auth.RoleNone {
		ids = m.own
	}
	status, code := r.expect(a, auth.RoleNone)
	if code == "" || code == "forbidden" && !a.bound { // a token of another account
		status, code = http.StatusNotFound, "not_found"
	}
	foreign, random := m.ask(op, r, a, ids, content), m.ask(op, r, a, m.random, content)
	m.refused(t, name+" on a foreign object as "+a.name, foreign, status, code, a.role)
	m.alike(t, name+" as "+a.name, foreign, random)
}

// alike reports whatever tells a foreign object from one that does not exist.
func (m *matrix) alike(t *testing.T, cell string, foreign, random *response) {
	t.Helper()
	blank := func(res *response) (http.Header, object) {
		h, doc := res.header.Clone(), decodeObject(res.plain())
		for _, name := range []string{"X-Request-Id", "Date", "Content-Length"} {
			h.Del(name)
		}
		delete(doc, "request_id")
		delete(doc, "instance")
		return h, doc
	}
	h1, doc1 := blank(foreign)
	h2, doc2 := blank(random)
	if diff := cmp.Diff(h1, h2) + cmp.Diff(doc1, doc2); diff != "" || foreign.status != random.status {
		t.Errorf("%s: a foreign object can be told from none (-foreign +none):\n%s\n%s\n%s", cell, foreign, random, diff)
		m.leaks++
	}
}

// leave lets members of each role leave.
func (m *matrix) leave(t *testing.T) {
	t.Helper()
	rule := auth.Table()[auth.MemberLeave]
	for _, a := range m.actors {
		if a.session == nil || a.session == m.ada || a.role == auth.RoleNone || a.bound {
			continue
		}
		path := "/v1/workspaces/" + m.own["workspace"] + "/members/" + a.session.id
		for _, scope := range auth.Scopes() {
			m.cells++
			res := a.session.withScopes(string(scope)).delete(path)
			if allowed := scope == rule.Scope; allowed != (res.status == 204) {
				t.Errorf("leave as %s with scope %s: %s", a.name, scope, res)
			}
		}
		a.session.get("/v1/workspaces/"+m.own["workspace"]).problem(404, "not_found")
	}
}

// embedded has a client of the foreign workspace name the own one's objects inside bodies and filters: they are as unknown
// as what does not exist.
func (m *matrix) embedded(t *testing.T, c *client) {
	t.Helper()
	w, p, task := "/v1/workspaces/"+m.foreign["workspace"], "/v1/projects/"+m.foreign["project"], "/v1/tasks/"+m.foreign["task"]
	try := func(method, path string, body func(ids map[string]string) any, query func(ids map[string]string) string) {
		t.Helper()
		send := func(ids map[string]string) *response {
			m.cells++
			at := path
			if query != nil {
				at += query(ids)
			}
			var content any
			if body != nil {
				content = body(ids)
			}
			return c.do(method, at, content)
		}
		m.alike(t, method+" "+path, send(m.own), send(m.random))
	}
	for field, name := range map[string]string{"status_id": "status", "parent_id": "task", "label_ids": "label", "assignee_ids": "account"} {
		fields := func(ids map[string]string) object {
			if strings.HasSuffix(field, "_ids") {
				return object{"title": "t", field: []string{ids[name]}}
			}
			return object{"title": "t", field: ids[name]}
		}
		try("POST", p+"/tasks", func(ids map[string]string) any { return fields(ids) }, nil)
		try("PATCH", task, func(ids map[string]string) any { return fields(ids) }, nil)
		try("POST", w+"/tasks:batch", func(ids map[string]string) any {
			return object{"changes": []object{{"op": "create", "project_id": m.foreign["project"], "task": fields(ids)}}}
		}, nil)
	}
	for _, change := range []func(ids map[string]string) object{
		func(ids map[string]string) object {
			return object{"op": "create", "project_id": ids["project"], "task": object{"title": "t"}}
		},
		func(ids map[string]string) object {
			return object{"op": "update", "task_id": ids["task"], "task": object{"title": "t"}}
		},
		func(ids map[string]string) object {
			return object{"op": "update", "task_id": ids["task"], "if_version": 99, "task": object{}}
		},
		func(ids map[string]string) object { return object{"op": "delete", "task_id": ids["task"]} },
	} {
		try("POST", w+"/tasks:batch", func(ids map[string]string) any { return object{"changes": []object{change(ids)}} }, nil)
	}
	for _, move := range []func(ids map[string]string) object{
		func(ids map[string]string) object { return object{"project_id": ids["project"]} },
		func(ids map[string]string) object {
			return object{"project_id": m.foreign["target"], "status_id": ids["status"]}
		},
		func(ids map[string]string) object {
			return object{"project_id": m.foreign["target"], "label_ids": []string{ids["label"]}}
		},
	} {
		try("POST", task+"/move", func(ids map[string]string) any { return move(ids) }, nil)
	}
	for _, kind := range []string{"blocks", "relates_to", "duplicates"} {
		try("POST", task+"/relations", func(ids map[string]string) any { return object{"type": kind, "task_id": ids["task"]} }, nil)
	}
	for _, filter := range []string{"project", "status", "label", "parent=task", "assignee=account"} {
		name, kind, ok := strings.Cut(filter, "=")
		if !ok {
			kind = name
		}
		query := func(ids map[string]string) string { return "?" + name + "=" + ids[kind] }
		try("GET", w+"/tasks", nil, query)
		if name != "project" {
			try("GET", p+"/tasks", nil, query)
		}
	}
	for _, path := range []string{"/v1/workspaces", "/v1/me", w + "/tasks?q=" + secretMark, w + "/activity", w + "/members", w + "/projects", w + "/export"} {
		m.cells++
		if res := c.get(path).want(200); strings.Contains(string(res.body), secretMark) {
			t.Errorf("%s shows another workspace", res)
			m.leaks++
		}
	}
}
