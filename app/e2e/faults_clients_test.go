package e2e

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// dial opens a plain connection to the server, with a receive buffer of that many bytes where not 0.
func (s *server) dial(buffer int) *net.TCPConn {
	s.t.Helper()
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if buffer == 0 {
			return nil
		}
		controlErr := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer) })
		return errors.Join(err, controlErr)
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := d.DialContext(ctx, "tcp", s.opts.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// untilClosed reads until the server ends the connection and returns what it said and how long that took.
func untilClosed(t testing.TB, c net.Conn, limit time.Duration) (string, time.Duration) {
	t.Helper()
	begin := time.Now()
	_ = c.SetReadDeadline(begin.Add(limit))
	said, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is still open after %s", limit)
	}
	return string(said), time.Since(begin)
}

// metric reads one value without labels from the server's /metrics.
func metric(t testing.TB, address, name string) float64 {
	t.Helper()
	res, err := http.Get("http://" + address + "/metrics") //nolint:noctx // local
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// freeAddr is an address of this machine that nobody listens on now.
func freeAddr(t testing.TB) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// TestSlowClients keeps the server busy with clients that send their header or their body slowly. Each is put off by a
// time-out, all others are served meanwhile, and nothing of them remains.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	metrics := freeAddr(t)
	s := start(t, options{env: []string{"TASKTRACKER_METRICS_ADDR=" + metrics}})
	d := newDesk(s)
	transport.CloseIdleConnections()
	time.Sleep(200 * time.Millisecond)
	before := metric(t, metrics, "go_goroutines")

	const clients = 20
	var wg sync.WaitGroup
	for range clients {
		header, body := s.dial(0), s.dial(0)
		wg.Go(func() {
			go drip(header, "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: "+strings.Repeat("a", 1000), 500*time.Millisecond)
			if _, took := untilClosed(t, header, 20*time.Second); took < 3*time.Second || took > 12*time.Second {
				t.Errorf("a slow header's connection ended after %s", took)
			}
		})
		wg.Go(func() {
			_, _ = fmt.Fprintf(body, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n", d.tasksPath(), d.token)
			go drip(body, `{"title": "`+strings.Repeat("a", 400), 500*time.Millisecond)
			if said, took := untilClosed(t, body, 50*time.Second); took < 25*time.Second || took > 40*time.Second || !strings.HasPrefix(said, "HTTP/1.1 4") {
				t.Errorf("a slow body's connection ended after %s: %.100q", took, said)
			}
		})
	}
	// Meanwhile everybody else is served.
	slowest := time.Duration(0)
	for range 20 {
		begin := time.Now()
		d.get("/v1/me").want(http.StatusOK)
		slowest = max(slowest, time.Since(begin))
		time.Sleep(50 * time.Millisecond)
	}
	if slowest > 2*time.Second {
		t.Errorf("beside slow clients a request took %s", slowest)
	}
	t.Logf("slow_clients=%d slowest_other_ms=%d", 2*clients, slowest.Milliseconds())
	wg.Wait()
	if n := len(d.tasks()); n != 0 {
		t.Errorf("%d tasks were made of half a body", n)
	}
	settle(t, metrics, before)
}

// TestSlowReader asks for megabytes and reads none of them: the write time-out ends that, and other requests are served
// meanwhile.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	metrics := freeAddr(t)
	s := start(t, options{env: []string{"TASKTRACKER_METRICS_ADDR=" + metrics}})
	d := newDesk(s)
	long := strings.Repeat("A slow reader's long text. ", 2400) // 64 KiB
	for i := range 100 {
		d.post(d.tasksPath(), object{"title": fmt.Sprint("Long ", i), "description": long}).want(http.StatusCreated)
	}
	transport.CloseIdleConnections()
	before := metric(t, metrics, "go_goroutines")
	begin := time.Now()
	for _, path := range []string{d.tasksPath() + "?limit=100", "/v1/workspaces/" + d.workspace + "/export"} {
		c := s.dial(4 << 10)
		_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", path, d.token)
	}
	time.Sleep(2 * time.Second)
	if n := sessions(t, metrics); n != 2 {
		t.Fatalf("%.0f requests are under way after 2 s, want 2: the answers fit into the buffers, and the test proves nothing", n)
	}
	d.post(d.tasksPath(), object{"title": "Beside it"}).want(http.StatusCreated)
	for sessions(t, metrics) > 0 {
		if time.Since(begin) > 100*time.Second {
			t.Fatalf("%.0f requests are still being answered to readers who do not read", sessions(t, metrics))
		}
		time.Sleep(500 * time.Millisecond)
	}
	t.Logf("both slow readers were put off after %s", time.Since(begin).Round(time.Second))
	settle(t, metrics, before)
}

// sessions is how many requests the server is at, but for those for its metrics.
func sessions(t testing.TB, metrics string) float64 {
	return metric(t, metrics, "tasktracker_http_requests_in_flight")
}

// slack is what the goroutines may grow by without being a leak: those of net/http's connections under way, and one for
// each connection that MySQL's pools keep (8 for requests, 4 for imports, 2 for exports). A leak shows as forty or more,
// since that is how often each kind of client goes away.
const slack = 8 + 8 + 4 + 2

// settle waits until the server has no more goroutines than before, give or take those of a connection or two.
func settle(t *testing.T, metrics string, before float64) {
	t.Helper()
	transport.CloseIdleConnections()
	var now float64
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if now = metric(t, metrics, "go_goroutines"); now <= before+slack {
			t.Logf("goroutines: before=%.0f after=%.0f", before, now)
			return
		}
	}
	t.Errorf("goroutines: before=%.0f after=%.0f", before, now)
}

// drip writes text byte by byte until it is at its end or the connection is.
func drip(c net.Conn, text string, pause time.Duration) {
	for i := range len(text) {
		if _, err := c.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// TestHugeHeaders are refused with 431 or a closed connection, and cost nobody else anything.
func TestHugeHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	for name, request := range map[string]string{
		"one header":   "GET /health HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"many headers": "GET /health HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-Many: a\r\n", 100_000) + "\r\n",
		"target":       "GET /health?" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		c := s.dial(0)
		go func() { _, _ = io.WriteString(c, request) }()
		said, _ := untilClosed(t, c, 10*time.Second)
		if said != "" && !strings.HasPrefix(said, "HTTP/1.1 431 ") {
			t.Errorf("%s: %.100q", name, said)
		}
	}
	for name, request := range map[string]string{
		"not HTTP":    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"no host":     "GET /health HTTP/1.1\r\n\r\n",
		"two lengths": "POST /v1/signup HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"smuggling":   "POST /v1/signup HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	} {
		c := s.dial(0)
		_, _ = io.WriteString(c, request+"\r\n\r\n")
		if said, _ := untilClosed(t, c, 10*time.Second); said != "" && !strings.HasPrefix(said, "HTTP/1.1 4") && !strings.HasPrefix(said, "HTTP/1.1 501 ") {
			t.Errorf("%s: %.100q", name, said)
		}
	}
	s.anonymous().get("/health").want(http.StatusOK)
}

// TestClientsGoAway breaks connections in the middle of requests and of answers. Nothing half-done remains, no goroutine
// and no upload either.
func TestClientsGoAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		metrics := freeAddr(t)
		s := start(t, options{engine: engine, env: []string{"TASKTRACKER_METRICS_ADDR=" + metrics}})
		d := newDesk(s)
		task := d.post(d.tasksPath(), object{"title": "Whole"}).want(http.StatusCreated).str("id")
		transport.CloseIdleConnections()
		before := metric(t, metrics, "go_goroutines")
		head := func(method, path, rest string) string {
			return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n", method, path, d.token, rest)
		}
		var wg sync.WaitGroup
		for range 40 {
			for _, request := range []string{
				head("POST", d.tasksPath(), "Content-Type: application/json\r\nContent-Length: 500\r\n") + `{"title": "Half`,
				head("POST", d.tasksPath(), "Content-Type: application/json\r\nIdempotency-Key: half\r\nContent-Length: 500\r\n") + `{"title": "Half`,
				head("POST", d.tasksPath(), "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") + "10\r\n{\"title\": \"Half",
				head("GET", "/v1/workspaces/"+d.workspace+"/export", ""),
				head("GET", d.tasksPath()+"?limit=100", ""),
				head("POST", "/v1/workspaces/import", "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n") +
					"46\r\n" + `{"type":"header","format":"tasktracker.workspace","version":1}` + "\n",
			} {
				c := s.dial(0)
				wg.Go(func() {
					_, _ = io.WriteString(c, request)
					time.Sleep(10 * time.Millisecond)
					_ = c.SetLinger(0) // a reset, as of a client that crashed
					_ = c.Close()
				})
			}
		}
		wg.Wait()
		d.abandonUpload(s, task)
		for _, task := range d.tasks() {
			if title := task["title"]; title != "Whole" {
				t.Errorf("a request that was cut off made a task %q", title)
			}
		}
		if n := len(d.get("/v1/workspaces").want(http.StatusOK).items()); n != 1 {
			t.Errorf("%d workspaces, want 1", n)
		}
		d.post(d.tasksPath(), object{"title": "After"}, set("Idempotency-Key", "half")).want(http.StatusCreated)
		settle(t, metrics, before)
	})
}

// abandonUpload breaks an upload off in the middle; a second one then works.
func (d desk) abandonUpload(s *server, task string) {
	t := s.t
	t.Helper()
	content := []byte(strings.Repeat("attachment ", 1000))
	sum := sha256.Sum256(content)
	res := d.post("/v1/tasks/"+task+"/attachments", object{
		"filename": "a.txt", "content_type": "text/plain", "size": len(content), "sha256": hex.EncodeToString(sum[:]),
	}).want(http.StatusCreated)
	target := strings.TrimPrefix(res.str("upload", "url"), s.url)
	c := s.dial(0)
	_, _ = fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", target, len(content), content[:5000])
	time.Sleep(20 * time.Millisecond)
	_ = c.SetLinger(0)
	_ = c.Close()
	confirm := "/v1/attachments/" + res.str("attachment", "id") + "/confirm"
	if got := d.post(confirm, nil); got.status < 400 || got.status >= 500 {
		t.Errorf("half an upload was confirmed: %s", got)
	}
	s.anonymous().do(http.MethodPut, res.str("upload", "url"), raw{"text/plain", string(content)}).want(http.StatusNoContent)
	d.post(confirm, nil).want(http.StatusOK)
}
