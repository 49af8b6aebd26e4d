package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// client speaks to one server with one token; empty: without.
type client struct {
	t     testing.TB
	base  string
	token string
	id    string // the account's, where signUp made it
	http  *http.Client
}

// transport is shared: enough idle connections for 64 clients at once, and no redirect is followed.
var transport = &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true}

func newClient(t testing.TB, base, token string) *client {
	return &client{t: t, base: base, token: token, http: &http.Client{
		Transport: transport, Timeout: 60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// anonymous is a client without a token.
func (s *server) anonymous() *client { return newClient(s.t, s.url, "") }

// as is a client with a token.
func (s *server) as(token string) *client { return newClient(s.t, s.url, token) }

const password = "correct horse battery"

var people atomic.Int64

// email makes an address that nobody has.
func email(name string) string {
	return fmt.Sprintf("%s-%d@example.com", strings.ReplaceAll(strings.ToLower(name), " ", "."), people.Add(1))
}

// signUp makes an account and gives a client with its session. The first one on a server owns the instance.
func (s *server) signUp(name string) *client {
	s.t.Helper()
	res := s.anonymous().post("/v1/signup", object{"email": email(name), "password": password, "name": name}).want(http.StatusCreated)
	c := s.as(res.str("token"))
	c.id = res.str("account", "id")
	return c
}

// withScopes gives a client of the same account with a new personal access token.
func (c *client) withScopes(scopes ...string) *client {
	c.t.Helper()
	res := c.post("/v1/tokens", object{"name": strings.Join(scopes, " "), "scopes": scopes}).want(http.StatusCreated)
	d := newClient(c.t, c.base, res.str("token"))
	d.id = c.id
	return d
}

// bound gives a client of the same account with a new token that is bound to a workspace.
func (c *client) bound(workspace string, scopes ...string) *client {
	c.t.Helper()
	res := c.post("/v1/tokens", object{"name": "bound", "scopes": scopes, "workspace_id": workspace}).want(http.StatusCreated)
	d := newClient(c.t, c.base, res.str("token"))
	d.id = c.id
	return d
}

// object is a JSON object.
type object = map[string]any

// raw is a body that is sent as it is.
type raw struct {
	mediaType string
	body      string
}

// set sets a header of one request; an empty value removes it.
func set(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
			return
		}
		r.Header.Set(name, value)
	}
}

func (c *client) get(path string, edits ...func(*http.Request)) *response {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil, edits...)
}

func (c *client) post(path string, body any, edits ...func(*http.Request)) *response {
	c.t.Helper()
	return c.do(http.MethodPost, path, body, edits...)
}

func (c *client) patch(path string, body any, edits ...func(*http.Request)) *response {
	c.t.Helper()
	return c.do(http.MethodPatch, path, body, edits...)
}

func (c *client) delete(path string, edits ...func(*http.Request)) *response {
	c.t.Helper()
	return c.do(http.MethodDelete, path, nil, edits...)
}

// do sends a request and checks what holds for every answer. body: nil, raw, or something to encode as JSON. path may be
// a whole URL.
func (c *client) do(method, path string, body any, edits ...func(*http.Request)) *response {
	c.t.Helper()
	res, err := c.try(method, path, body, edits...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	for _, fault := range res.faults() {
		c.t.Errorf("%s: %s", res, fault)
	}
	if strings.HasPrefix(path, "/v1/") && method != http.MethodOptions {
		known, err := loadContract()
		if err != nil {
			c.t.Fatal(err)
		}
		for _, breach := range known.breaches(res.raw.Request, res) {
			c.t.Errorf("%s: against the contract: %s", res, breach)
		}
	}
	return res
}

// try is do for tests in which a request may fail, and for other goroutines than the test's.
func (c *client) try(method, path string, body any, edits ...func(*http.Request)) (*response, error) {
	r, err := c.request(method, path, body)
	if err != nil {
		return nil, err
	}
	for _, edit := range edits {
		edit(r)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return &response{t: c.t, method: method, path: path, status: res.StatusCode, header: res.Header, body: content, raw: res}, nil
}

func (c *client) request(method, path string, body any) (*http.Request, error) {
	var reader io.Reader
	mediaType := ""
	switch b := body.(type) {
	case nil:
	case raw:
		reader, mediaType = strings.NewReader(b.body), b.mediaType
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader, mediaType = bytes.NewReader(encoded), "application/json"
		if method == http.MethodPatch {
			mediaType = "application/merge-patch+json"
		}
	}
	address := path
	if strings.HasPrefix(path, "/") {
		address = c.base + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, reader)
	if err != nil {
		return nil, err
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

// response is an answer, read to its end.
type response struct {
	t            testing.TB
	method, path string
	status       int
	header       http.Header
	body         []byte
	raw          *http.Response // its body is read and closed
}

// String says what was asked and answered, for messages.
func (r *response) String() string {
	body := r.body
	if len(body) > 600 {
		body = append(body[:600:600], "…"...)
	}
	return fmt.Sprintf("%s %s → %d %s", r.method, r.path, r.status, bytes.TrimSpace(body))
}

// faults says what is wrong with the answer, whatever was asked.
func (r *response) faults() []string {
	var out []string
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.header.Get("X-Request-Id") == "" {
		fault("no X-Request-Id")
	}
	if r.status < 400 || r.method == http.MethodHead {
		return out
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		fault("Content-Type %q, want application/problem+json", got)
		return out
	}
	var p struct {
		Type, Title, Detail, Code string
		Status                    int
		RequestID                 string `json:"request_id"`
	}
	if err := json.Unmarshal(r.plain(), &p); err != nil {
		fault("problem: %v", err)
		return out
	}
	if p.Status != r.status || p.Code == "" || p.Type != "/problems/"+p.Code || p.Title == "" || p.Detail == "" || p.RequestID != r.header.Get("X-Request-Id") {
		fault("not a whole problem")
	}
	if retry := r.header.Get("Retry-After"); (r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable) && retry == "" {
		fault("no Retry-After")
	}
	if r.status == http.StatusUnauthorized && r.header.Get("WWW-Authenticate") == "" {
		fault("no WWW-Authenticate")
	}
	return out
}

// want ends the test when the status is another one.
func (r *response) want(status int) *response {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s, want %d", r, status)
	}
	return r
}

// problem is want for failures: the status and the problem's code.
func (r *response) problem(status int, code string) *response {
	r.t.Helper()
	r.want(status)
	if got := r.str("code"); got != code {
		r.t.Fatalf("%s, want code %s", r, code)
	}
	return r
}

// plain is the body without its Content-Encoding.
func (r *response) plain() []byte {
	r.t.Helper()
	if r.header.Get("Content-Encoding") != "gzip" {
		return r.body
	}
	unpack, err := gzip.NewReader(bytes.NewReader(r.body))
	if err != nil {
		r.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	body, err := io.ReadAll(unpack)
	if err != nil {
		r.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	return body
}

// decodeObject decodes a JSON object; nil where it is none.
func decodeObject(body []byte) object {
	var v object
	if json.Unmarshal(body, &v) != nil {
		return nil
	}
	return v
}

// value decodes the body and walks into it: names of members, and indices of arrays as int.
func (r *response) value(path ...any) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal(r.plain(), &v); err != nil {
		r.t.Fatalf("%s: %v", r, err)
	}
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			name, _ := step.(string)
			next, ok := at[name]
			if !ok {
				r.t.Fatalf("%s: no %v in %v", r, step, path)
			}
			v = next
		case []any:
			i, isIndex := step.(int)
			if !isIndex || i >= len(at) {
				r.t.Fatalf("%s: no %v in %v", r, step, path)
			}
			v = at[i]
		default:
			r.t.Fatalf("%s: no %v in %v", r, step, path)
		}
	}
	return v
}

// str is value for a string; numbers are written out.
func (r *response) str(path ...any) string {
	r.t.Helper()
	switch v := r.value(path...).(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		r.t.Fatalf("%s: %v is no string but %v", r, path, v)
		return ""
	}
}

// num is value for a whole number.
func (r *response) num(path ...any) int64 {
	r.t.Helper()
	v, ok := r.value(path...).(float64)
	if !ok {
		r.t.Fatalf("%s: %v is no number", r, path)
	}
	return int64(v)
}

// items are the members of a page.
func (r *response) items() []object {
	r.t.Helper()
	list, ok := r.value("items").([]any)
	if !ok {
		r.t.Fatalf("%s: no items", r)
	}
	out := make([]object, len(list))
	for i, item := range list {
		if out[i], ok = item.(object); !ok {
			r.t.Fatalf("%s: item %d is no object", r, i)
		}
	}
	return out
}

// etag is the ETag, which must be there.
func (r *response) etag() string {
	r.t.Helper()
	tag := r.header.Get("ETag")
	if tag == "" {
		r.t.Fatalf("%s: no ETag", r)
	}
	return tag
}

// location is the Location, which must be there.
func (r *response) location() string {
	r.t.Helper()
	at := r.header.Get("Location")
	if at == "" {
		r.t.Fatalf("%s: no Location", r)
	}
	return at
}
