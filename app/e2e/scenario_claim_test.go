package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// imported is a server with two imported workspaces. Nobody can log in as their owner Olga, as Grace, who is in both, or as
// Hank, who is in the first. Bob is an administrator of the first one and had an account here before.
type imported struct {
	*server
	operator, bob     *client // the operator owns the instance and is in neither
	first, second     string  // the workspaces
	olga, grace, hank string  // addresses
	graceID, hankID   string
	task              string // of the first workspace, by Hank
	secret            string // a task of the second
}

func newImported(t *testing.T, o options) *imported {
	t.Helper()
	there, m := start(t, options{engine: o.engine}), &imported{}
	address := func(c *client) string { return c.get("/v1/me").want(200).str("email") }
	olga, bob, grace, hank := there.signUp("Olga"), there.signUp("Bob"), there.signUp("Grace"), there.signUp("Hank")
	furnish := func(name string, members map[*client]string) (workspace, project string) {
		workspace = olga.post("/v1/workspaces", object{"name": name}).want(201).str("id")
		for c, role := range members {
			invited := olga.post("/v1/workspaces/"+workspace+"/invitations", object{"role": role}).want(201)
			c.post("/v1/invitations/accept", object{"token": invited.str("token")}).want(200)
		}
		return workspace, olga.post("/v1/workspaces/"+workspace+"/projects", object{"key": "KEY", "name": name}).want(201).str("id")
	}
	first, project := furnish("First", map[*client]string{bob: "admin", grace: "viewer", hank: "member"})
	second, other := furnish("Second", map[*client]string{grace: "member"})
	m.task = hank.post("/v1/projects/"+project+"/tasks", object{"title": "By Hank", "assignee_ids": []string{grace.id}}).want(201).str("id")
	m.secret = olga.post("/v1/projects/"+other+"/tasks", object{"title": "Secret"}).want(201).str("id")
	m.first, m.second, m.graceID, m.hankID = first, second, grace.id, hank.id
	m.olga, m.grace, m.hank = address(olga), address(grace), address(hank)
	bobs := address(bob)
	there.stop()

	m.server = start(t, o)
	operators := address(m.signUp("Operator"))
	m.anonymous().post("/v1/signup", object{"email": bobs, "password": password, "name": "Bob"}).want(201)
	m.stop()
	for _, id := range []string{first, second} {
		tool(t, m.opts, strings.NewReader(export(t, there.opts, id)), "import").want(0)
	}
	m.server = start(t, m.opts)
	m.operator, m.bob = m.logIn(operators, password), m.logIn(bobs, password)
	return m
}

func (m *imported) logIn(address, password string) *client {
	m.t.Helper()
	res := m.anonymous().post("/v1/sessions", object{"email": address, "password": password}).want(201)
	c := m.as(res.str("token"))
	c.id = res.str("account", "id")
	return c
}

// invite gives the token of an invitation to a workspace of the client.
func invite(c *client, workspace string, in object) string {
	c.t.Helper()
	return c.post("/v1/workspaces/"+workspace+"/invitations", in).want(201).str("token")
}

// claim signs up with an invitation's token; what is nil is left out.
func (m *imported) claim(address, token string, name any) *response {
	m.t.Helper()
	in := object{"email": address, "password": "a password of the claimer", "invitation_token": token}
	if name != nil {
		in["name"] = name
	}
	return m.anonymous().post("/v1/signup", in)
}

// TestImportedPeopleClaimTheirAccounts has people who came with an import sign up by invitation.
func TestImportedPeopleClaimTheirAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		m := newImported(t, options{engine: engine})
		// Without an invitation the way is named, and no workspace.
		res := m.anonymous().post("/v1/signup", object{"email": m.hank, "password": password, "name": "Hank"}).problem(http.StatusConflict, "already_exists")
		if detail := res.str("detail"); !strings.Contains(detail, "invitation to this address") || strings.Contains(detail, "First") || strings.Contains(detail, m.first) {
			t.Errorf("detail %q", detail)
		}
		bobs := m.bob.get("/v1/me").want(200).str("email")
		same := m.anonymous().post("/v1/signup", object{"email": bobs, "password": password, "name": "X"}).problem(http.StatusConflict, "already_exists")
		if same.str("detail") != res.str("detail") {
			t.Errorf("whether somebody can sign in is told: %q and %q", res.str("detail"), same.str("detail"))
		}
		m.anonymous().post("/v1/sessions", object{"email": m.hank, "password": password}).problem(http.StatusUnauthorized, "unauthenticated")

		// Hank is a member already; his address can be invited all the same, until he has signed in.
		token := invite(m.bob, m.first, object{"role": "viewer", "email": strings.ToUpper(m.hank)})
		claimed := m.claim(m.hank, token, nil).want(201)
		if claimed.str("account", "id") != m.hankID || claimed.str("account", "name") != "Hank" || claimed.num("account", "version") != 2 {
			t.Errorf("claimed: %s", claimed)
		}
		hank := m.as(claimed.str("token"))
		if got := hank.get("/v1/workspaces/" + m.first).want(200); got.str("role") != "member" { // as imported, not as invited
			t.Errorf("his role: %s", got)
		}
		hank.patch("/v1/tasks/"+m.task, object{"title": "Still by Hank"}).want(200)
		m.logIn(m.hank, "a password of the claimer")
		m.claim(m.hank, token, nil).problem(http.StatusConflict, "already_exists")
		m.bob.post("/v1/workspaces/"+m.first+"/invitations", object{"role": "viewer", "email": m.hank}).problem(http.StatusConflict, "already_exists")

		// The instance's owner may let anybody in, into a workspace of their own, too. A given name is taken.
		own := m.operator.post("/v1/workspaces", object{"name": "Front desk"}).want(201).str("id")
		claimed = m.claim(m.grace, invite(m.operator, own, object{"role": "member", "email": m.grace}), "Grace H.").want(201)
		if claimed.str("account", "id") != m.graceID || claimed.str("account", "name") != "Grace H." {
			t.Errorf("claimed: %s", claimed)
		}
		grace := m.as(claimed.str("token"))
		roles := map[any]any{}
		for _, w := range grace.get("/v1/workspaces").want(200).items() {
			roles[w["id"]] = w["role"]
		}
		if len(roles) != 3 || roles[own] != "member" || roles[m.first] != "viewer" || roles[m.second] != "member" {
			t.Errorf("her workspaces: %v", roles)
		}
		// A new person's sign-up needs a name still.
		fault := m.claim(email("new"), invite(m.operator, own, object{"role": "member"}), nil).problem(http.StatusUnprocessableEntity, "validation_failed")
		if fault.str("errors", 0, "pointer") != "/name" {
			t.Errorf("%s", fault)
		}
		// The operator's way stays.
		tool(t, m.opts, strings.NewReader("set on the machine\n"), "user", "password", "--email", m.olga, "--password-stdin").want(0)
		m.logIn(m.olga, "set on the machine").get("/v1/tasks/" + m.secret).want(200)
	})
}

// TestClaimsGiveTheInviterNothing tries to come by somebody's account with an invitation of one's own: its token is seen by
// who makes it.
func TestClaimsGiveTheInviterNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		m := newImported(t, options{engine: engine})
		eve := m.signUp("Eve")
		eves := eve.post("/v1/workspaces", object{"name": "Eve's"}).want(201).str("id")
		bobs := m.bob.post("/v1/workspaces", object{"name": "Bob's"}).want(201).str("id")
		owners := m.operator.post("/v1/workspaces", object{"name": "Operator's"}).want(201).str("id")
		bound := m.operator.bound(owners, "admin")
		for name, c := range map[string]struct{ address, token string }{
			"a stranger of their own workspace":                {m.hank, invite(eve, eves, object{"role": "owner", "email": m.hank})},
			"an administrator of one of two workspaces":        {m.grace, invite(m.bob, m.first, object{"role": "viewer", "email": m.grace})},
			"an administrator of one, by way of their own":     {m.grace, invite(m.bob, bobs, object{"role": "viewer", "email": m.grace})},
			"an administrator of a workspace that it owns":     {m.olga, invite(m.bob, m.first, object{"role": "admin", "email": m.olga})},
			"a token of the instance's owner, bound elsewhere": {m.hank, invite(bound, owners, object{"role": "viewer", "email": m.hank})},
			"a token of an administrator, bound elsewhere":     {m.hank, invite(m.bob.bound(bobs, "admin"), bobs, object{"role": "viewer", "email": m.hank})},
		} {
			res := m.claim(c.address, c.token, "Mallory").problem(http.StatusForbidden, "forbidden")
			if detail := res.str("detail"); !strings.Contains(detail, "administrator of every workspace") || strings.Contains(detail, m.second) {
				t.Errorf("%s: %q", name, detail)
			}
		}
		// One that is to nobody's address opens no account, and one to another address is refused as ever.
		m.claim(m.hank, invite(m.bob, m.first, object{"role": "viewer"}), nil).problem(http.StatusConflict, "already_exists")
		m.claim(m.hank, invite(m.bob, m.first, object{"role": "viewer", "email": email("other")}), nil).problem(http.StatusForbidden, "forbidden")
		// Nor does an account of one's own come in by it.
		eve.post("/v1/invitations/accept", object{"token": invite(m.bob, m.first, object{"role": "viewer", "email": m.hank})}).problem(http.StatusForbidden, "forbidden")

		// An administrator whose rights ended since cannot, with a token from before.
		before := invite(m.bob, bobs, object{"role": "viewer", "email": m.hank})
		tool(t, m.opts, strings.NewReader(password+"\n"), "user", "password", "--email", m.olga, "--password-stdin").want(0)
		m.logIn(m.olga, password).patch("/v1/workspaces/"+m.first+"/members/"+m.bob.id, object{"role": "member"}).want(200)
		m.claim(m.hank, before, nil).problem(http.StatusForbidden, "forbidden")

		// Nothing was changed by any of it.
		m.anonymous().post("/v1/sessions", object{"email": m.hank, "password": "a password of the claimer"}).problem(http.StatusUnauthorized, "unauthenticated")
		m.anonymous().post("/v1/sessions", object{"email": m.grace, "password": "a password of the claimer"}).problem(http.StatusUnauthorized, "unauthenticated")
		for _, member := range m.bob.get("/v1/workspaces/" + m.first + "/members").want(200).items() {
			if who, _ := member["account"].(object); who["name"] == "Mallory" {
				t.Errorf("a refused claim has left its name: %v", member)
			}
		}
		for c, id := range map[*client]string{eve: eves, m.operator: owners} {
			if got := c.get("/v1/workspaces/" + id + "/members").want(200).items(); len(got) != 1 {
				t.Errorf("a refused claim has made members: %v", got)
			}
		}
	})
}

// TestIdentityProviderOpensImportedAccounts signs an imported person in by a JWT.
func TestIdentityProviderOpensImportedAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		i := newIssuer(t)
		m := newImported(t, options{engine: engine, env: i.env()})
		grace := m.as(i.token("grace", object{"email": m.grace, "email_verified": true, "scope": "admin"}))
		if me := grace.get("/v1/me").want(200); me.str("id") != m.graceID || me.str("name") != "Grace" {
			t.Errorf("me: %s", me)
		}
		if got := grace.get("/v1/workspaces").want(200).items(); len(got) != 2 {
			t.Errorf("workspaces: %v", got)
		}
		own := m.operator.post("/v1/workspaces", object{"name": "Own"}).want(201).str("id")
		m.claim(m.grace, invite(m.operator, own, object{"role": "member", "email": m.grace}), nil).problem(http.StatusConflict, "already_exists")
	})
}
