package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// Where the requests of TestContract come from and how many there are.
const (
	envSeed     = "TASKTRACKER_TEST_SEED"     // other requests than those of every run
	envRequests = "TASKTRACKER_TEST_REQUESTS" // per engine
)

func setting(t *testing.T, name string, standard int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// playground is what generated requests play with. It is made anew now and then: they break it.
type playground struct {
	*server
	contract           *contract
	ada, eve           *client // the own workspace's owner and a foreign one's, with sessions that nothing is tried on
	owner, viewer      *client // what the requests are made with
	own, foreign, none map[string]string
	address            string // Ada's
}

func newPlayground(t *testing.T, engine store.Engine) *playground {
	p := &playground{server: start(t, options{engine: engine})}
	var err error
	if p.contract, err = loadContract(); err != nil {
		t.Fatal(err)
	}
	p.ada, p.eve, p.viewer = p.signUp("Ada"), p.signUp("Eve"), p.signUp("Vera")
	p.address = p.ada.get("/v1/me").want(200).str("email")
	p.foreign = furnish(t, p.eve, "Foreign")
	p.foreign["cursor"] = p.cursor(p.eve, p.foreign)
	p.renew(t)
	return p
}

func (p *playground) renew(t *testing.T) {
	p.owner = p.ada.withScopes("admin")
	viewer := p.viewer
	p.own, p.none = furnish(t, p.ada, "Own"), randomIDs()
	p.own["cursor"], p.none["cursor"] = p.cursor(p.ada, p.own), "AAAA"
	token := p.ada.post("/v1/workspaces/"+p.own["workspace"]+"/invitations", object{"role": "viewer"}).want(201).str("token")
	viewer.post("/v1/invitations/accept", object{"token": token}).want(200)
}

func (p *playground) cursor(c *client, ids map[string]string) string {
	return c.get("/v1/projects/" + ids["project"] + "/tasks?limit=1").want(200).str("next_cursor")
}

// fill puts identifiers in the place of a text's placeholders.
func (p *playground) fill(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	for whose, ids := range map[string]map[string]string{"own": p.own, "foreign": p.foreign, "random": p.none} {
		for name, id := range ids {
			text = strings.ReplaceAll(text, "{"+whose+"."+name+"}", id)
			text = strings.ReplaceAll(text, "%7B"+whose+"."+name+"%7D", id)
			text = strings.ReplaceAll(text, "{"+strings.ToUpper(whose)+"."+name+"}", strings.ToUpper(id))
		}
	}
	return text
}

// request makes the call real. It can be called twice: what reads the body reads it to its end.
func (p *playground) request(t *testing.T, c call) (*client, string, any, []func(*http.Request)) {
	t.Helper()
	who := map[string]*client{"owner": p.owner, "viewer": p.viewer, "anonymous": p.anonymous()}[c.who]
	filled := c
	filled.query = slices.Clone(c.query)
	for i, q := range filled.query {
		filled.query[i][1] = p.fill(q[1])
	}
	path := p.fill(c.path)
	if len(c.query) > 0 {
		path += "?" + filled.encodedQuery()
	}
	var content any
	if c.body != nil {
		content = raw{c.body.mediaType, p.fill(c.body.body)}
	}
	var edits []func(*http.Request)
	for _, h := range c.headers {
		edits = append(edits, func(r *http.Request) { r.Header.Add(h[0], p.fill(h[1])) })
	}
	return who, path, content, edits
}

// refusals are the codes that say: this is not a request of the contract.
var refusals = []string{"malformed_body", "unknown_field", "invalid_type", "unknown_parameter", "invalid_parameter", "method_not_allowed", "not_acceptable", "unsupported_media_type", "body_too_large"}

// try sends a call and says what is wrong with the answer.
func (p *playground) try(t *testing.T, c call) (status int, breaches []string) {
	t.Helper()
	who, path, content, edits := p.request(t, c)
	res, err := who.try(c.method, path, content, edits...)
	if err != nil {
		// The client does not send everything; a connection that was cut is an answer too, where the body was too large.
		if strings.Contains(err.Error(), "invalid") || slices.Contains(c.tricks, "oversize") {
			return 0, nil
		}
		return 0, []string{err.Error()}
	}
	breaches = res.faults()
	if res.status >= 500 {
		breaches = append(breaches, "the server failed")
	}
	known := c.method != http.MethodOptions && c.method != http.MethodConnect
	if known {
		breaches = append(breaches, p.contract.breaches(res.raw.Request, res)...)
	}
	if op, ok := p.contract.find(c.method, res.raw.Request.URL.Path); ok && known && c.method != http.MethodHead && op.OperationId != "importWorkspace" {
		breaches = append(breaches, p.judge(t, c, res)...)
	}
	for i := range breaches {
		breaches[i] += "\n    " + res.String()
	}
	if res.status == http.StatusUnauthorized && c.who == "owner" || res.status == http.StatusNoContent && ends(c.op) {
		p.signInAgain()
	}
	return res.status, breaches
}

// ends reports whether an operation may end the tokens that requests are made with.
func ends(op operation) bool {
	return slices.Contains([]string{"endSession", "endOtherSessions", "revokeSession", "deleteMe"}, op.OperationId)
}

// signInAgain gives those who are signed out new tokens, and makes anew who is no more.
func (p *playground) signInAgain() {
	if p.ada.get("/v1/me").status == http.StatusUnauthorized {
		p.ada.token = p.anonymous().post("/v1/sessions", object{"email": p.address, "password": password}).want(201).str("token")
	}
	p.owner = p.ada.withScopes("admin")
	if p.viewer.get("/v1/me").status == http.StatusUnauthorized {
		p.viewer = p.signUp("Vera")
	}
}

// judge holds the answer against what the contract says of the request: what it forbids must be refused, and what it
// allows must not be refused as something that it does not know.
func (p *playground) judge(t *testing.T, c call, res *response) []string {
	t.Helper()
	who, path, content, edits := p.request(t, c)
	r, err := who.request(c.method, path, content)
	if err != nil {
		return nil
	}
	for _, edit := range edits {
		edit(r)
	}
	allowed, reasons := p.contract.allows(r)
	switch {
	case !allowed && res.status < 400:
		return []string{fmt.Sprintf("accepts what the contract does not allow: %s", reasons)}
	case allowed && len(c.tricks) == 0 && slices.Contains(refusals, problemCode(res)):
		return []string{"refuses what the contract allows"}
	}
	return nil
}

// TestContract sends requests that are made from openapi.yaml, valid ones and hostile ones, and holds every answer
// against it.
func TestContract(t *testing.T) {
	t.Parallel()
	seed, requests := setting(t, envSeed, 1), setting(t, envRequests, 1500)
	each(t, func(t *testing.T, engine store.Engine) {
		p := newPlayground(t, engine)
		generate := calls(p.contract)
		statuses, failed, breached := map[int]int{}, 0, 0
		for i := range requests {
			if i%60 == 59 {
				p.renew(t)
			}
			c := generate.Example(seed + i)
			status, breaches := p.try(t, c)
			statuses[status/100]++
			if status >= 500 {
				failed++
			}
			if len(breaches) > 0 {
				breached++
				if breached <= 20 {
					t.Errorf("%s=%d, request %d: %s\n  %s", envSeed, seed, i, c, strings.Join(breaches, "\n  "))
				}
			}
		}
		fmt.Printf("contract %s: requests=%d 5xx=%d breaches=%d seed=%d (2xx %d, 3xx %d, 4xx %d, cut off %d)\n",
			engine, requests, failed, breached, seed, statuses[2], statuses[3], statuses[4], statuses[0])
		if statuses[2] < requests/6 {
			t.Errorf("only %d of %d requests were good ones: the generator does not reach far enough", statuses[2], requests)
		}
	})
}
