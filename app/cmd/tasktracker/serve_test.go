package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is a stream that the test reads while the command writes it.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// running is a serve command of this process.
type running struct {
	url            string
	stdout, stderr *output
	stop           context.CancelFunc
	exit           chan int
}

func start(t *testing.T, environ ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{stdout: &output{}, stderr: &output{}, stop: cancel, exit: make(chan int, 1)}
	dir := t.TempDir()
	environ = append([]string{
		"TASKTRACKER_ADDR=127.0.0.1:0", "TASKTRACKER_METRICS_ADDR=127.0.0.1:0",
		"TASKTRACKER_DATABASE_URL=sqlite:" + filepath.Join(dir, "t.db"), "TASKTRACKER_BLOB_URL=file:" + filepath.Join(dir, "blobs"),
	}, environ...)
	go func() { r.exit <- run(ctx, []string{"serve"}, environ, strings.NewReader(""), r.stdout, r.stderr) }()
	t.Cleanup(func() {
		cancel()
		<-r.exit
	})
	r.url = strings.TrimSuffix(r.find(t, `API\s+(http://\S+)/v1`), "/")
	return r
}

// find waits for a line on stdout.
func (r *running) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for range 1000 {
		if m := re.FindStringSubmatch(r.stdout.String()); m != nil {
			return m[1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %q in %q; stderr %q", pattern, r.stdout, r.stderr)
	return ""
}

func request(t *testing.T, method, url, token, body string) (int, map[string]any, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%v in %q", err, b)
		}
	}
	return resp.StatusCode, v, resp.Header
}

func (r *running) awaitReady(t *testing.T) {
	t.Helper()
	for range 500 {
		if status, _, _ := request(t, "GET", r.url+"/ready", "", ""); status == 200 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("not ready: %s", r.stderr)
}

func TestServe(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.awaitReady(t)
	const person = `{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}`
	status, session, _ := request(t, "POST", r.url+"/v1/signup", "", person)
	token, _ := session["token"].(string)
	if status != 201 || token == "" {
		t.Fatalf("signup: %d %v", status, session)
	}
	status, workspace, header := request(t, "POST", r.url+"/v1/workspaces", token, `{"name":"Acme"}`)
	if status != 201 || workspace["id"] == "" || header.Get("Location") == "" || header.Get("ETag") == "" {
		t.Errorf("workspace: %d %v %v", status, workspace, header)
	}
	metrics := r.find(t, `Metrics\s+(http://\S+)`)
	if status, _, _ := request(t, "GET", metrics, "", ""); status != 200 {
		t.Errorf("metrics: %d", status)
	}
	if status, _, _ := request(t, "GET", r.url+"/metrics", "", ""); status != 404 {
		t.Errorf("metrics on the API's listener: %d", status)
	}
	var out output
	environ := []string{"TASKTRACKER_ADDR=" + strings.TrimPrefix(r.url, "http://")}
	if code := run(t.Context(), []string{"healthcheck"}, environ, strings.NewReader(""), &out, &out); code != 0 {
		t.Errorf("healthcheck: %d %s", code, &out)
	}
	if code := run(t.Context(), []string{"serve"}, environ, strings.NewReader(""), &out, &out); code != 1 ||
		!strings.Contains(out.String(), "another program does; stop it, or set TASKTRACKER_ADDR") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("a port in use: %d %s", code, &out)
	}
	r.stop()
	code := <-r.exit
	r.exit <- code
	if code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
	for _, secret := range []string{token, "correct horse", "ada@example.com"} {
		if strings.Contains(r.stderr.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// TestServeWithoutDatabase: the process lives and says what it lacks, and goes on to wait.
func TestServeWithoutDatabase(t *testing.T) {
	t.Parallel()
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	r := start(t, "TASKTRACKER_DATABASE_URL=mysql://u:hunter2@"+addr+"/tasks", "TASKTRACKER_MIGRATE=auto", "TASKTRACKER_DRAIN_DELAY=0s")
	if status, _, _ := request(t, "GET", r.url+"/health", "", ""); status != 200 {
		t.Errorf("/health: %d", status)
	}
	status, body, _ := request(t, "GET", r.url+"/ready", "", "")
	if detail, _ := body["detail"].(string); status != 503 || !strings.Contains(detail, "database: ") {
		t.Errorf("/ready: %d %v", status, body)
	}
	status, body, header := request(t, "GET", r.url+"/v1/me", "token", "")
	if status != 503 || body["code"] != "unavailable" || header.Get("Retry-After") == "" {
		t.Errorf("/v1/me: %d %v", status, body)
	}
	r.stop()
	code := <-r.exit
	r.exit <- code
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	if log := r.stderr.String() + r.stdout.String(); strings.Contains(log, "hunter2") || !strings.Contains(log, "not ready yet") {
		t.Errorf("log: %s", log)
	}
}

// TestDrain: after the signal /ready fails, requests are answered for the delay, one under way is finished, then the
// listener is gone.
func TestDrain(t *testing.T) {
	t.Parallel()
	r := start(t, "TASKTRACKER_DRAIN_DELAY=500ms")
	r.awaitReady(t)
	// A body that is slow to come keeps a request under way.
	pr, pw := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/signup", pr)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	answered := make(chan int, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		_ = resp.Body.Close()
		answered <- resp.StatusCode
	}()
	_, _ = io.WriteString(pw, `{"email":"ada@example.com",`)
	r.stop()
	time.Sleep(100 * time.Millisecond)
	if status, body, _ := request(t, "GET", r.url+"/ready", "", ""); status != 503 {
		t.Errorf("/ready: %d %v", status, body)
	}
	if status, _, _ := request(t, "GET", r.url+"/v1/me", "", ""); status != 401 {
		t.Errorf("a request in the delay: %d", status)
	}
	time.Sleep(700 * time.Millisecond)
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://")); err == nil {
		_ = conn.Close()
		t.Error("connections are still accepted after the delay")
	}
	_, _ = io.WriteString(pw, `"password":"correct horse battery","name":"Ada"}`)
	_ = pw.Close()
	if status := <-answered; status != 201 {
		t.Errorf("the request under way: %d", status)
	}
	code := <-r.exit
	r.exit <- code
	if code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args, environ []string
		code          int
		out           string
	}{
		{[]string{"version"}, nil, 0, "tasktracker dev (go"},
		{[]string{"--version"}, []string{"TASKTRACKER_ADR=x"}, 0, "tasktracker dev (go"},
		{[]string{"migrate", "down", "--help"}, nil, 2, `unknown command "down"`},
		{[]string{"version", "--json"}, nil, 0, `"version": "dev"`},
		{[]string{"config"}, []string{"TASKTRACKER_BOOTSTRAP_TOKEN=0123456789abcdef"}, 0, "********"},
		{[]string{"config", "--json"}, nil, 0, `"name": "TASKTRACKER_ADDR"`},
		{[]string{"config"}, []string{"TASKTRACKER_ADR=x", "TASKTRACKER_LOG_LEVEL=x"}, 2, "TASKTRACKER_LOG_LEVEL"},
		{[]string{"serve"}, []string{"TASKTRACKER_ADDR=x"}, 2, "TASKTRACKER_ADDR"},
		{[]string{"serve", "now"}, nil, 2, "takes no arguments"},
		{[]string{"serve", "--fast"}, nil, 2, "--fast"},
		{[]string{"sevre"}, nil, 2, "unknown command"},
		{[]string{"healthcheck"}, []string{"TASKTRACKER_ADDR=127.0.0.1:1"}, 1, "does not answer"},
		{[]string{"serve"}, []string{"TASKTRACKER_ADDR=127.0.0.1:0", "TASKTRACKER_METRICS_ADDR=", "TASKTRACKER_DATABASE_URL=sqlite:/proc/nothing/t.db"}, 1, "database folder"},
	} {
		var out output
		code := run(t.Context(), test.args, test.environ, strings.NewReader(""), &out, &out)
		if code != test.code || !strings.Contains(out.String(), test.out) {
			t.Errorf("%v with %v: exit %d, want %d with %q: %s", test.args, test.environ, code, test.code, test.out, &out)
		}
	}
}
