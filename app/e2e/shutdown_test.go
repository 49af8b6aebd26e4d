package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestDrain follows one stop through its steps: readiness fails first, requests are served on, then the port closes,
// then those under way are finished, and the exit code is 0.
func TestDrain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		s := start(t, options{engine: engine, env: []string{"TASKTRACKER_DRAIN_DELAY=2s"}})
		d := newDesk(s)
		underWay := s.dial(0) // a request whose body takes its time
		body := `{"title": "Finished in time"}`
		_, _ = fmt.Fprintf(underWay, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			d.tasksPath(), d.token, len(body), body[:10])
		keptAlive := s.dial(0)
		ask := func() *http.Response {
			t.Helper()
			_, _ = fmt.Fprintf(keptAlive, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(keptAlive), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			return res
		}
		if res := ask(); res.Close {
			t.Error("a connection is closed while nothing is wrong")
		}
		begin := time.Now()
		s.signal(syscall.SIGTERM)
		for s.anonymous().get("/ready").status == http.StatusOK {
			if time.Since(begin) > time.Second {
				t.Fatal("/ready is still 200 a second after SIGTERM")
			}
		}
		s.anonymous().get("/ready").problem(http.StatusServiceUnavailable, "unavailable")
		s.anonymous().get("/health").want(http.StatusOK)
		d.post(d.tasksPath(), object{"title": "Taken after SIGTERM"}).want(http.StatusCreated)
		if res := ask(); res.StatusCode != http.StatusOK || !res.Close {
			t.Errorf("a kept connection while draining: status %d, asked to leave: %v", res.StatusCode, res.Close)
		}
		closed := waitRefused(t, s.opts.addr, 10*time.Second)
		if after := closed.Sub(begin); after < 1900*time.Millisecond || after > 6*time.Second {
			t.Errorf("the port closed %s after SIGTERM, want some 2s", after)
		}
		select {
		case <-s.exited:
			t.Fatalf("it ended with a request under way: %v", s.exitErr)
		default:
		}
		_, _ = io.WriteString(underWay, body[10:])
		res, err := http.ReadResponse(bufio.NewReader(underWay), nil)
		if err != nil {
			t.Fatalf("the request under way: %v", err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusCreated {
			t.Errorf("the request under way: %s", res.Status)
		}
		if err := s.wait(10 * time.Second); err != nil {
			t.Errorf("exit: %v", err)
		}
		if n := len(d.at(start(t, s.opts)).tasks()); n != 2 {
			t.Errorf("%d tasks, want 2", n)
		}
		wantOrder(t, s.logs.lines(), "stopping", "stopped")
	})
}

// waitRefused returns when connections are first refused.
func waitRefused(t testing.TB, addr string, within time.Duration) time.Time {
	t.Helper()
	var d net.Dialer
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		c, err := d.DialContext(t.Context(), "tcp", addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return time.Now()
		}
		if err == nil {
			_ = c.Close()
		}
	}
	t.Fatalf("%s still takes connections after %s", addr, within)
	return time.Time{}
}

func wantOrder(t *testing.T, lines []map[string]any, messages ...string) {
	t.Helper()
	for _, line := range lines {
		if len(messages) > 0 && line["msg"] == messages[0] {
			messages = messages[1:]
		}
	}
	if len(messages) > 0 {
		t.Errorf("the log does not say %q, or not in this order", messages)
	}
}

// TestCutOff ends a request that does not end by itself: the time-out is kept, and the exit code is still 0.
func TestCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, options{env: []string{"TASKTRACKER_SHUTDOWN_TIMEOUT=2s"}})
	d := newDesk(s)
	c := s.dial(0)
	_, _ = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", d.tasksPath(), d.token)
	time.Sleep(100 * time.Millisecond)
	begin := time.Now()
	s.signal(syscall.SIGTERM)
	if err := s.wait(15 * time.Second); err != nil {
		t.Errorf("exit: %v", err)
	}
	if took := time.Since(begin); took < 1900*time.Millisecond || took > 8*time.Second {
		t.Errorf("it took %s, want some 2s", took)
	}
}

// TestSecondSignal does not wait: whoever signals twice is in a hurry. Nothing that was answered is lost by it.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := start(t, options{env: []string{"TASKTRACKER_DRAIN_DELAY=60s"}})
		d := newDesk(s)
		d.post(d.tasksPath(), object{"title": "Answered"}).want(http.StatusCreated)
		s.signal(sig)
		s.awaitDraining()
		begin := time.Now()
		s.signal(sig)
		err := s.wait(10 * time.Second)
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("%v twice: it took %s", sig, took)
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Success() {
			t.Errorf("%v twice: exit %v, want a failure: it was not done", sig, err)
		}
		s.opts.env = nil
		if n := len(d.at(start(t, s.opts)).tasks()); n != 1 {
			t.Errorf("%v twice: %d tasks, want 1", sig, n)
		}
	}
}

func (s *server) awaitDraining() {
	s.t.Helper()
	for range 200 {
		if s.anonymous().get("/ready").status == http.StatusServiceUnavailable {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("/ready does not fail after the signal")
}

// balancer is a load balancer as small as can be: it asks each target's /ready every 100 ms and sends requests only to
// those that answer 200. It never tries a request twice.
type balancer struct {
	*httptest.Server
	next    atomic.Int64
	mu      sync.Mutex
	targets map[string]*httputil.ReverseProxy // by URL
	ready   []string
}

func newBalancer(t *testing.T) *balancer {
	b := &balancer{targets: map[string]*httputil.ReverseProxy{}}
	b.Server = httptest.NewServer(b)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			b.ask()
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		b.Close()
	})
	return b
}

func (b *balancer) add(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		w.Header().Set("X-Balancer", err.Error())
		w.WriteHeader(http.StatusBadGateway)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.targets[address] = proxy
}

func (b *balancer) ask() {
	b.mu.Lock()
	var all []string
	for address := range b.targets {
		all = append(all, address)
	}
	b.mu.Unlock()
	var ready []string
	for _, address := range all {
		res, err := http.Get(address + "/ready") //nolint:noctx // local
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			ready = append(ready, address)
		}
	}
	b.mu.Lock()
	b.ready = ready
	b.mu.Unlock()
}

// ServeHTTP implements http.Handler.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	var proxy *httputil.ReverseProxy
	if n := len(b.ready); n > 0 {
		proxy = b.targets[b.ready[int(b.next.Add(1))%n]]
	}
	b.mu.Unlock()
	if proxy == nil {
		w.Header().Set("X-Balancer", "no target is ready")
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	proxy.ServeHTTP(w, r)
}

func (b *balancer) waitReady(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		b.mu.Lock()
		have := len(b.ready)
		b.mu.Unlock()
		if have >= n {
			return
		}
	}
	t.Fatalf("the balancer does not see %d ready targets", n)
}

// TestRollingRestart replaces two processes behind a load balancer, one after the other, under load: no request fails.
// TASKTRACKER_TEST_ROLLS says how often; 4 where unset.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	rolls := 4
	if v := os.Getenv("TASKTRACKER_TEST_ROLLS"); v != "" {
		var err error
		if rolls, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	database := testdb.URL(t, store.MySQL)
	o := options{engine: store.MySQL, database: database, dir: t.TempDir(), env: []string{"TASKTRACKER_DRAIN_DELAY=1s"}}
	pair := []*server{start(t, o), start(t, o)}
	b := newBalancer(t)
	b.add(t, pair[0].url)
	b.add(t, pair[1].url)
	b.waitReady(t, 2)
	d := newDesk(pair[0])
	d.base = b.URL

	var stop atomic.Bool
	var sent, created, failed atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := 0; !stop.Load(); k++ {
				sent.Add(1)
				res, err := d.try(http.MethodPost, d.tasksPath(), object{"title": fmt.Sprint("roll ", i, " ", k)})
				switch {
				case err != nil:
					failed.Add(1)
					t.Errorf("request: %v", err)
				case res.status != http.StatusCreated:
					failed.Add(1)
					t.Errorf("request: %s %s", res, res.header.Get("X-Balancer"))
				default:
					created.Add(1)
				}
				if failed.Load() > 20 {
					return
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	for roll := range rolls {
		old := pair[roll%2]
		old.stop()
		pair[roll%2] = start(t, old.opts) // on the same address
		b.waitReady(t, 2)
	}
	stop.Store(true)
	wg.Wait()
	there := int64(len(d.tasks()))
	t.Logf("rolls=%d requests=%d failed=%d", rolls, sent.Load(), failed.Load())
	if failed.Load() != 0 || there != created.Load() {
		t.Errorf("failed=%d, acknowledged=%d, there=%d", failed.Load(), created.Load(), there)
	}
	if strings.Contains(pair[0].logs.String(), "requests were cut off") {
		t.Error("requests were cut off")
	}
}
