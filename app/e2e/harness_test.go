package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if binary = os.Getenv("TASKTRACKER_TEST_BINARY"); binary != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "tasktracker-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "tasktracker")
	build := exec.Command("go", "build", "-o", binary, "../cmd/tasktracker") //nolint:noctx // ends by itself
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: cannot build the binary:", err)
		return 1
	}
	return m.Run()
}

// noteSources looks at all that the binary is built from. Go remembers results of tests by the files that the tests look
// at: without this, a test of yesterday's binary would pass for one of today's. What TestMain looks at does not count.
var noteSources = sync.OnceFunc(func() {
	for _, root := range []string{"../api", "../cmd", "../internal"} {
		_ = filepath.WalkDir(root, func(path string, _ os.DirEntry, _ error) error {
			_, _ = os.Stat(path)
			return nil
		})
	}
})

// each runs a test once per engine, as subtests `sqlite` and `mysql`, in parallel.
func each(t *testing.T, fn func(t *testing.T, engine store.Engine)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, engine)
		})
	}
}

// options say how a server is started. The zero value is a new SQLite database without rate limits.
type options struct {
	engine   store.Engine // SQLite where empty
	database string       // TASKTRACKER_DATABASE_URL; a new database of the engine where empty
	dir      string       // working directory, attachments in it; a new one where empty
	addr     string       // a free port of 127.0.0.1 where empty
	env      []string     // more settings, `TASKTRACKER_SIGNUP=open`; they win over those of start
	noWait   bool         // do not wait for /ready, only for the open port
	errorsOK bool         // the log may hold lines of level ERROR
}

// server is one process of `tasktracker serve`.
type server struct {
	t    testing.TB
	opts options // with database, dir and addr filled in: start(t, s.opts) starts it again on its data
	url  string  // http://127.0.0.1:PORT
	cmd  *exec.Cmd
	logs *logBuffer

	exited  chan struct{} // closed when the process has ended
	exitErr error
	ended   bool // by stop, kill or wait: the cleanup has nothing to do
}

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 45 * time.Second
)

// start starts a server and waits until it is ready. At the test's end it is stopped by SIGTERM, must then exit with 0,
// and must have logged no error.
func start(t testing.TB, o options) *server {
	t.Helper()
	if o.engine == "" {
		o.engine = store.SQLite
	}
	if o.database == "" {
		o.database = testdb.URL(t, o.engine)
	}
	if o.dir == "" {
		o.dir = t.TempDir()
	}
	if o.addr == "" {
		o.addr = "127.0.0.1:0"
	}
	s := &server{t: t, opts: o, logs: newLogBuffer(), exited: make(chan struct{})}
	s.cmd = exec.Command(binary, "serve") //nolint:noctx // it is stopped by its pid
	s.cmd.Dir, s.cmd.Env = o.dir, append(environ(o), o.env...)
	s.cmd.Stderr, s.cmd.SysProcAttr = s.logs, dieWithParent()
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start the server: %v", err)
	}
	go func() {
		s.exitErr = s.cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(s.cleanup)
	select {
	case addr := <-s.logs.address:
		s.url = "http://" + addr
		s.opts.addr = addr
	case <-s.exited:
		s.ended = true
		t.Fatalf("the server ended at its start: %v\n%s", s.exitErr, s.logs)
	case <-time.After(startTimeout):
		t.Fatalf("the server does not listen\n%s", s.logs)
	}
	if !o.noWait {
		s.waitReady(startTimeout)
	}
	return s
}

func environ(o options) []string {
	noteSources()
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TASKTRACKER_") })
	return append(env,
		"TASKTRACKER_ADDR="+o.addr, "TASKTRACKER_METRICS_ADDR=", "TASKTRACKER_DATABASE_URL="+o.database,
		"TASKTRACKER_MIGRATE=auto", "TASKTRACKER_BLOB_URL=file:"+filepath.Join(o.dir, "blobs"), "TASKTRACKER_DRAIN_DELAY=0s",
		"TASKTRACKER_RATE_LIMIT_PRINCIPAL=0", "TASKTRACKER_RATE_LIMIT_ADDRESS=0", "TASKTRACKER_RATE_LIMIT_CREDENTIALS=0",
		"TASKTRACKER_SIGNUP=open", "TASKTRACKER_ACCESS_LOG=errors")
}

// run runs another command of the binary on the server's settings and returns what it printed to stdout.
func run(t testing.TB, o options, stdin io.Reader, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = o.dir, append(environ(o), o.env...), stdin
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tasktracker %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return out
}

// waitReady waits for /ready to answer 200.
func (s *server) waitReady(timeout time.Duration) {
	s.t.Helper()
	last := ""
	for end := time.Now().Add(timeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-s.exited:
			s.t.Fatalf("the server ended before it was ready: %v\n%s", s.exitErr, s.logs)
		default:
		}
		res, err := http.Get(s.url + "/ready") //nolint:noctx // local, and the loop has an end
		if err != nil {
			last = err.Error()
			continue
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
		last = string(body)
	}
	s.t.Fatalf("the server is not ready: %s\n%s", last, s.logs)
}

// stop sends SIGTERM and waits for the end, which must be exit code 0 without an ERROR in the log.
func (s *server) stop() {
	s.t.Helper()
	s.ended = true
	s.signal(syscall.SIGTERM)
	if err := s.wait(stopTimeout); err != nil {
		s.t.Errorf("the server did not end well: %v\n%s", err, s.logs)
	}
	s.checkLog()
}

// kill sends SIGKILL and waits for the end.
func (s *server) kill() {
	s.t.Helper()
	s.ended = true
	s.signal(syscall.SIGKILL)
	<-s.exited
}

func (s *server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal %v: %v", sig, err)
	}
}

// wait waits for the process to end by itself and returns how it did: nil for exit code 0.
func (s *server) wait(timeout time.Duration) error {
	select {
	case <-s.exited:
		s.ended = true
		return s.exitErr
	case <-time.After(timeout):
		s.ended = true
		_ = s.cmd.Process.Kill()
		<-s.exited
		return fmt.Errorf("still running after %s", timeout)
	}
}

func (s *server) checkLog() {
	s.t.Helper()
	if s.opts.errorsOK {
		return
	}
	for _, line := range s.logs.lines() {
		if line["level"] == "ERROR" {
			s.t.Errorf("the server logged an error: %v", line)
		}
	}
}

func (s *server) cleanup() {
	if !s.ended {
		s.stop()
	}
	if s.t.Failed() && testing.Verbose() {
		s.t.Logf("log of %s:\n%s", s.url, s.logs)
	}
}

// logBuffer collects a server's log and finds the address in it.
type logBuffer struct {
	mu      sync.Mutex
	text    []byte
	found   bool
	address chan string
}

func newLogBuffer() *logBuffer { return &logBuffer{address: make(chan string, 1)} }

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if !b.found {
		for _, line := range parseLog(b.text) {
			if addr, ok := line["address"].(string); ok && line["msg"] == "listening" {
				b.found = true
				b.address <- addr
				break
			}
		}
	}
	return len(p), nil
}

// String is the whole log.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

// lines are the log's lines so far; what is no JSON is left out.
func (b *logBuffer) lines() []map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return parseLog(b.text)
}

func parseLog(text []byte) []map[string]any {
	var out []map[string]any
	for line := range bytes.Lines(text) {
		var v map[string]any
		if bytes.HasSuffix(line, []byte("\n")) && json.Unmarshal(line, &v) == nil {
			out = append(out, v)
		}
	}
	return out
}
