package e2e

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestNulls sends null for every field that a PATCH of the contract knows: it clears what the contract lets be null, and
// is refused for everything else.
func TestNulls(t *testing.T) {
	t.Parallel()
	p := newPlayground(t, store.SQLite)
	fields := 0
	for _, op := range p.contract.operations {
		if op.method != http.MethodPatch {
			continue
		}
		schema := op.RequestBody.Content.GetOrZero("application/json").Schema.Schema()
		for name, property := range schema.Properties.FromOldest() {
			fields++
			path := op.path
			for variable, id := range p.own {
				path = strings.ReplaceAll(path, "{"+variable+"}", id)
			}
			res := p.owner.patch(path, object{name: nil})
			switch {
			case slices.Contains(property.Schema().Type, "null"):
				res.want(200)
			case res.status != 400 && res.status != 422:
				t.Errorf("%s %s: null: %s", op, name, res)
			case !strings.Contains(string(res.body), `"pointer":"/`+name+`"`):
				t.Errorf("%s %s: null: the fault is not named: %s", op, name, res)
			}
		}
	}
	if fields < 20 {
		t.Errorf("only %d fields found", fields)
	}
}

// TestTamperedCursors changes each character of a cursor, hands it to other lists and other people, and cuts it.
func TestTamperedCursors(t *testing.T) {
	t.Parallel()
	d := newOffice(t, options{})
	for range 3 {
		d.newTask(object{"title": "one of some"})
	}
	list := "/v1/projects/" + d.project + "/tasks?limit=1"
	cursor := d.ada.get(list).want(200).str("next_cursor")
	d.ada.get(list + "&cursor=" + cursor).want(200)
	for i := range cursor {
		for _, c := range []byte("A_9") {
			if cursor[i] == c {
				continue
			}
			d.ada.get(list+"&cursor="+cursor[:i]+string(c)+cursor[i+1:]).problem(400, "invalid_cursor")
		}
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	for _, forged := range []string{
		cursor[:len(cursor)/2], cursor + cursor, cursor + "=", "%0A" + cursor, cursor + "%0A",
		base64.RawURLEncoding.EncodeToString(sealed[:len(sealed)-16]), base64.RawURLEncoding.EncodeToString(append(sealed[:len(sealed)-16:len(sealed)-16], make([]byte, 16)...)),
		base64.RawURLEncoding.EncodeToString([]byte(`{"ID":"x"}`)), strings.Repeat("A", 2048),
	} {
		d.ada.get(list+"&cursor="+forged).problem(400, "invalid_cursor")
	}
	d.ada.get("/v1/workspaces/"+d.workspace+"/tasks?cursor="+cursor).problem(400, "invalid_cursor")
	d.ada.get("/v1/projects/"+d.project+"/labels?cursor="+cursor).problem(400, "invalid_cursor")
	// Whoever gets hold of a cursor sees no more with it than without.
	d.signUp("Eve").get(list+"&cursor="+cursor).problem(404, "not_found")
	// Another instance has another key.
	other := newOffice(t, options{})
	other.ada.get("/v1/projects/"+other.project+"/tasks?limit=1&cursor="+cursor).problem(400, "invalid_cursor")
}

// TestOversize sends bodies around the limit of 1 MiB, with and without a length, to a route of each kind.
func TestOversize(t *testing.T) {
	t.Parallel()
	d := newOffice(t, options{})
	const limit = 1 << 20
	fill := func(size int) string { return `{"title":"` + strings.Repeat("x", size-len(`{"title":""}`)) + `"}` }
	path := "/v1/projects/" + d.project + "/tasks"
	d.ada.post(path, raw{"application/json", fill(limit)}).problem(422, "validation_failed") // read, and then too long a title
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	for _, size := range []int{limit + 1, 2 * limit, 8 * limit} {
		for _, edits := range [][]func(*http.Request){nil, {chunked}, {set("Idempotency-Key", "big")}, {chunked, set("Idempotency-Key", "big")}} {
			res, err := d.ada.try(http.MethodPost, path, raw{"application/json", fill(size)}, edits...)
			if err != nil { // the server hung up while the client was still sending
				t.Logf("%d bytes: %v", size, err)
				continue
			}
			res.problem(413, "body_too_large")
		}
	}
	d.anonymous().post("/v1/signup", raw{"application/json", fill(limit + 1)}).problem(413, "body_too_large")
	d.ada.patch("/v1/me", raw{"application/json", fill(limit + 1)}).problem(413, "body_too_large")
	d.ada.get("/v1/me").want(200)
}

// TestRawRequests sends what no HTTP client would: each connection gets an answer below 500 or is closed, in time, and
// the server lives on.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	d := newOffice(t, options{})
	auth := "Authorization: Bearer " + d.ada.token + "\r\n"
	for name, text := range map[string]string{
		"nothing":             "\r\n\r\n",
		"noise":               "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"HTTP/0.9":            "GET /v1/me\r\n",
		"HTTP/3.0":            "GET /v1/me HTTP/3.0\r\nHost: x\r\n\r\n",
		"no host":             "GET /v1/me HTTP/1.1\r\n" + auth + "\r\n",
		"two hosts":           "GET /v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + auth + "\r\n",
		"two lengths":         "POST /v1/workspaces HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\n{}\n",
		"length and chunks":   "POST /v1/workspaces HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"negative length":     "POST /v1/workspaces HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Length: -1\r\n\r\n",
		"huge length":         "POST /v1/workspaces HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 9223372036854775807\r\n\r\n{",
		"bad chunk":           "POST /v1/workspaces HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"control in header":   "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\x00b\r\n" + auth + "\r\n",
		"folded header":       "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\n b\r\n" + auth + "\r\n",
		"space before colon":  "GET /v1/me HTTP/1.1\r\nHost : x\r\n\r\n",
		"NUL in the path":     "GET /v1/\x00me HTTP/1.1\r\nHost: x\r\n\r\n",
		"whole URL":           "GET http://evil.example.com/v1/me HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n",
		"asterisk":            "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"dots":                "GET /v1/../v1/me HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n",
		"long line":           "GET /v1/" + strings.Repeat("x", 1<<16) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"many headers":        "GET /v1/me HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 20000) + "\r\n",
		"expect":              "POST /v1/workspaces HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 200-maybe\r\n\r\n{}",
		"upgrade":             "GET /v1/me HTTP/1.1\r\nHost: x\r\n" + auth + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		"HTTP/2 preface":      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"two tokens":          "GET /v1/me HTTP/1.1\r\nHost: x\r\n" + auth + auth + "\r\n",
		"method with a space": "GET  /v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, err := speak(t, d.opts.addr, text); err != nil || status >= 500 && status != 505 && status != 501 {
				t.Errorf("status %d, %v", status, err)
			}
		})
	}
	t.Cleanup(func() {
		if res, err := http.Get(d.url + "/health"); err != nil || res.StatusCode != 200 { //nolint:noctx // the test has ended
			t.Errorf("afterwards: %v, %v", res, err)
		}
	})
}

// speak writes bytes to the server and gives the status of its answer, 0 where it hung up without one.
func speak(t *testing.T, addr, text string) (int, error) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return 0, err
	}
	_, _ = io.WriteString(conn, text) // the server may have hung up before it has read everything
	if half, ok := conn.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // of the connection itself
			return 0, err
		}
		return 0, nil
	}
	status := 0
	if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err != nil {
		if _, err := fmt.Sscanf(line, "HTTP/1.0 %d", &status); err != nil {
			return 0, fmt.Errorf("%q: %w", line, err)
		}
	}
	return status, nil
}
