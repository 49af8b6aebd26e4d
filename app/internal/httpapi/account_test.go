package httpapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// reception is a served API with nobody in it.
type reception struct {
	t   *testing.T
	url string
}

func newReception(t *testing.T) reception {
	t.Helper()
	db := testdb.Open(t, store.SQLite, store.Options{})
	people := store.NewAccounts(db)
	accounts := account.NewService(account.Stores{Accounts: people, Identities: people, Tokens: store.NewTokens(db)}, account.Options{})
	t.Cleanup(accounts.Close)
	s := httpapi.New(httpapi.Options{Loopback: true})
	s.Open(httpapi.Live{
		Authenticator: accounts, CursorKey: []byte("0123456789abcdef0123456789abcdef"),
		Services: httpapi.Services{
			Accounts: accounts, Workspaces: workspace.NewService(store.NewWorkspaces(db), store.NewMembers(db), store.NewInvitations(db)),
		},
	})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return reception{t, server.URL}
}

// reply is what a test looks at of an answer.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// do sends a request, `METHOD /path`, and fails unless the answer has that status.
func (d reception) do(want int, request, token, body string) reply {
	d.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing is lost by it
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	got := reply{status: res.StatusCode, header: res.Header}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &got.body); err != nil {
			d.t.Fatalf("%s: %v in %s", request, err, raw)
		}
	}
	if got.status != want {
		d.t.Fatalf("%s: got %d %s, want %d", request, got.status, raw, want)
	}
	return got
}

const adaBody = `{"email":"Ada@example.com","password":"correct horse battery","name":"Ada"}`

func TestPeopleOverHTTP(t *testing.T) {
	t.Parallel()
	d := newReception(t)
	signup := d.do(201, "POST /v1/signup", "", adaBody)
	if signup.header.Get("Cache-Control") != "no-store" || signup.header.Get("Location") != "/v1/me" || !strings.HasPrefix(signup.text("token"), "tt_") {
		t.Errorf("got %+v", signup)
	}
	if got := d.do(403, "POST /v1/signup", "", adaBody); got.text("code") != "forbidden" {
		t.Errorf("got %v", got.body)
	}
	d.do(401, "POST /v1/sessions", "", `{"email":"ada@example.com","password":"wrong horse battery"}`)
	ada := d.do(201, "POST /v1/sessions", "", `{"email":"ada@example.com","password":"correct horse battery"}`).text("token")
	me := d.do(200, "GET /v1/me", ada, "")
	if me.text("email") != "ada@example.com" || me.body["instance_owner"] != true || me.header.Get("Etag") == "" || me.body["password_hash"] != nil {
		t.Errorf("got %+v", me)
	}
	if got := d.do(200, "PATCH /v1/me", ada, `{"name":"Ada L."}`); got.text("name") != "Ada L." || got.body["version"] != 2.0 {
		t.Errorf("got %v", got.body)
	}

	token := d.do(201, "POST /v1/tokens", ada, `{"name":"ci","scopes":["read"]}`)
	if list := d.do(200, "GET /v1/tokens", ada, ""); len(list.body["items"].([]any)) != 1 {
		t.Errorf("got %v", list.body)
	}
	if got := d.do(403, "POST /v1/workspaces", token.text("token"), `{"name":"Acme"}`); got.text("code") != "insufficient_scope" {
		t.Errorf("got %v", got.body)
	}
	d.do(204, "DELETE /v1/tokens/"+token.text("id"), ada, "")
	d.do(401, "GET /v1/me", token.text("token"), "")

	w := d.do(201, "POST /v1/workspaces", ada, `{"name":"Acme"}`)
	path := w.header.Get("Location")
	if path != "/v1/workspaces/"+w.text("id") || w.text("role") != "owner" {
		t.Errorf("got %+v", w)
	}
	d.do(200, "PATCH "+path, ada, `{"name":"Acme Ltd"}`)
	if list := d.do(200, "GET /v1/workspaces?limit=1", ada, ""); len(list.body["items"].([]any)) != 1 || list.body["next_cursor"] != nil {
		t.Errorf("got %v", list.body)
	}
	invitation := d.do(201, "POST "+path+"/invitations", ada, `{"email":"grace@example.com","role":"member"}`)
	grace := d.do(201, "POST /v1/signup", "", `{"email":"grace@example.com","password":"correct horse battery","name":"Grace","invitation_token":"`+invitation.text("token")+`"}`)
	spare := d.do(201, "POST "+path+"/invitations", ada, `{"role":"viewer"}`)
	if spare.body["email"] != nil {
		t.Errorf("got %v", spare.body)
	}
	d.do(409, "POST /v1/invitations/accept", grace.text("token"), `{"token":"`+spare.text("token")+`"}`)
	d.do(410, "POST /v1/invitations/accept", grace.text("token"), `{"token":"`+invitation.text("token")+`"}`)
	if list := d.do(200, "GET "+path+"/invitations", ada, ""); len(list.body["items"].([]any)) != 2 {
		t.Errorf("got %v", list.body)
	}
	d.do(204, "DELETE "+spare.header.Get("Location"), ada, "")
	graceID, _ := grace.body["account"].(map[string]any)["id"].(string)
	d.do(200, "PATCH "+path+"/members/"+graceID, ada, `{"role":"admin"}`)
	first := d.do(200, "GET "+path+"/members?limit=1", grace.text("token"), "")
	if second := d.do(200, "GET "+path+"/members?limit=1&cursor="+first.text("next_cursor"), grace.text("token"), ""); second.body["items"].([]any)[0].(map[string]any)["role"] != "admin" {
		t.Errorf("got %v", second.body)
	}
	adaID := me.text("id")
	if got := d.do(409, "DELETE "+path+"/members/"+adaID, ada, ""); got.text("code") != "last_owner" {
		t.Errorf("got %v", got.body)
	}
	d.do(204, "DELETE "+path+"/members/"+graceID, grace.text("token"), "")
	d.do(404, "GET "+path, grace.text("token"), "")
	d.do(204, "DELETE /v1/sessions/current", ada, "")
	d.do(401, "GET /v1/me", ada, "")
}

func TestGuessingPasswordsHasToWait(t *testing.T) {
	t.Parallel()
	d := newReception(t)
	d.do(201, "POST /v1/signup", "", adaBody)
	const wrong = `{"email":"ada@example.com","password":"wrong horse battery"}`
	for range 10 {
		d.do(401, "POST /v1/sessions", "", wrong)
	}
	if got := d.do(429, "POST /v1/sessions", "", wrong); got.header.Get("Retry-After") != "1" {
		t.Errorf("got %v", got.header)
	}
}

func TestNullIsNoneWhereTheContractSaysSo(t *testing.T) {
	t.Parallel()
	d := newReception(t)
	ada := d.do(201, "POST /v1/signup", "", adaBody).text("token")
	d.do(201, "POST /v1/tokens", ada, `{"name":"ci","scopes":["read"],"expires_at":null}`)
	w := d.do(201, "POST /v1/workspaces", ada, `{"name":"Acme"}`)
	d.do(201, "POST "+w.header.Get("Location")+"/invitations", ada, `{"role":"member","email":null}`)
}

// Behind a proxy on this machine everybody has a loopback address: the first account is not for the first who comes.
func TestFirstAccountIsNotForProxiedRequests(t *testing.T) {
	t.Parallel()
	d := newReception(t)
	for _, c := range []struct{ host, header, value string }{
		{"tasks.example.com", "", ""},
		{"localhost.example.com:3000", "", ""},
		{"127.0.0.1.example.com", "", ""},
		{"localhost:3000", "X-Forwarded-For", "192.0.2.1"},
		{"localhost:3000", "X-Forwarded-Proto", ""},
		{"localhost:3000", "Forwarded", "for=192.0.2.1"},
		{"[::1]:3000", "Via", "1.1 proxy"},
		{"127.1.2.3", "", ""}, // the last: it makes the account
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v1/signup", strings.NewReader(adaBody))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("Content-Type", "application/json")
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		want := map[bool]int{true: 201, false: 403}[c.host == "127.1.2.3"]
		if res.StatusCode != want {
			t.Errorf("%v: got %d %s, want %d", c, res.StatusCode, body, want)
		}
		if want == 403 && (!strings.Contains(string(body), "bootstrap_token") || !strings.Contains(string(body), "tasktracker user create --owner")) {
			t.Errorf("%v: %s names no way in", c, body)
		}
	}
}

// Members have no version, so that a condition on one cannot hold.
func TestMembersTakeNoIfMatch(t *testing.T) {
	t.Parallel()
	d := newReception(t)
	ada := d.do(201, "POST /v1/signup", "", adaBody)
	token := ada.text("token")
	w := d.do(201, "POST /v1/workspaces", token, `{"name":"Acme"}`)
	id, _ := ada.body["account"].(map[string]any)["id"].(string)
	for _, method := range []string{http.MethodPatch, http.MethodDelete} {
		for tag, want := range map[string]int{`"1-00000000"`: 412, `nonsense`: 412, `*`: 409} { // the last owner stays
			r, err := http.NewRequestWithContext(t.Context(), method, d.url+w.header.Get("Location")+"/members/"+id, strings.NewReader(`{"role":"viewer"}`))
			if err != nil {
				t.Fatal(err)
			}
			if method == http.MethodDelete {
				r.Body, r.ContentLength = http.NoBody, 0
			} else {
				r.Header.Set("Content-Type", "application/json")
			}
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("If-Match", tag)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != want {
				t.Errorf("%s with If-Match %s: got %d, want %d", method, tag, res.StatusCode, want)
			}
		}
	}
}
