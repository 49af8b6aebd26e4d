package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// outcome is how a command ended.
type outcome struct {
	t              testing.TB
	command        string
	stdout, stderr string
	code           int
}

// tool runs a command of the binary, like run, but lets it fail. o needs a database, a directory and an address.
func tool(t testing.TB, o options, stdin io.Reader, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = o.dir, append(environ(o), o.env...), stdin
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &stdout, &stderr, dieWithParent()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("tasktracker %s: %v", strings.Join(args, " "), err)
	}
	return outcome{t, "tasktracker " + strings.Join(args, " "), stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// offline are options for commands on a new, empty database, or on one of the caller's.
func offline(t testing.TB, engine store.Engine) options {
	t.Helper()
	return options{engine: engine, database: testdb.URL(t, engine), dir: t.TempDir(), addr: "127.0.0.1:0"}
}

// want ends the test when the exit code is another one.
func (o outcome) want(code int) outcome {
	o.t.Helper()
	if o.code != code {
		o.t.Fatalf("%s: exit code %d, want %d\n%s%s", o.command, o.code, code, o.stdout, o.stderr)
	}
	return o
}

// says fails the test unless stderr holds every one of the texts.
func (o outcome) says(texts ...string) outcome {
	o.t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.stderr, text) {
			o.t.Errorf("%s: stderr does not say %q:\n%s", o.command, text, o.stderr)
		}
	}
	return o
}

// line fails the test unless stderr is one line, without a stack or a usage text.
func (o outcome) line() outcome {
	o.t.Helper()
	if text := strings.TrimSuffix(o.stderr, "\n"); text == "" || strings.Contains(text, "\n") || !strings.HasPrefix(text, "tasktracker: ") {
		o.t.Errorf("%s: stderr is not one line of ours:\n%s", o.command, o.stderr)
	}
	return o
}

// json decodes stdout.
func (o outcome) json() object {
	o.t.Helper()
	var v object
	if err := json.Unmarshal([]byte(o.stdout), &v); err != nil {
		o.t.Fatalf("%s: %v:\n%s", o.command, err, o.stdout)
	}
	return v
}

// TestPortInUse names the address and what to do, for both listeners, and touches no data.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	addr := taken.Addr().String()
	for _, variable := range []string{"TASKTRACKER_ADDR", "TASKTRACKER_METRICS_ADDR"} {
		o := offline(t, store.SQLite)
		o.env = []string{variable + "=" + addr}
		got := tool(t, o, nil, "serve").want(1).line().says(addr, variable, "another program", "stop it")
		if got.stdout != "" {
			t.Errorf("%s taken: stdout %q", variable, got.stdout)
		}
		if files, _ := filepath.Glob(strings.TrimPrefix(o.database, "sqlite:") + "*"); len(files) != 0 {
			t.Errorf("%s taken: files were made: %v", variable, files)
		}
	}
}

// TestBadConfiguration wants every fault at once, each with its variable, whatever the command.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	o := offline(t, store.SQLite)
	o.env = []string{
		"TASKTRACKER_ADDR=nonsense",
		"TASKTRACKER_LOG_LEVEL=loud",
		"TASKTRACKER_DATABASE_MAX_CONNS=-3",
		"TASKTRACKER_DRAIN_DELAY=forever",
		"TASKTRACKER_BLOB_URL=ftp://elsewhere",
		"TASKTRACKER_DATABSE_URL=sqlite:x.db",
		"TASKTRACKER_DATABASE_REPLICA_URL=mysql://u:hunter2hunter2@replica/db",
		"TASKTRACKER_BOOTSTRAP_TOKEN=short-secret",
		"TASKTRACKER_TRUSTED_PROXIES=0.0.0.0/0",
		"TASKTRACKER_OIDC_AUDIENCE=lonely",
	}
	for _, command := range []string{"serve", "config"} {
		got := tool(t, o, nil, command).want(2).says("the nearest is TASKTRACKER_DATABASE_URL")
		for _, setting := range o.env {
			name, _, _ := strings.Cut(setting, "=")
			got.says(name)
		}
		if strings.Contains(got.stderr, "hunter2") || strings.Contains(got.stderr, "short-secret") {
			t.Errorf("a secret in the message:\n%s", got.stderr)
		}
	}
	unknown := offline(t, store.SQLite)
	unknown.env = []string{"TASKTRACKER_LOGLEVEL=info"}
	tool(t, unknown, nil, "serve").want(2).says("TASKTRACKER_LOGLEVEL", "TASKTRACKER_LOG_LEVEL")
}

// TestBadStorage starts on addresses of files and buckets that cannot be right: exit code 2 with the setting's name and a
// word on it, not a server that says for ever that it is not ready.
func TestBadStorage(t *testing.T) {
	t.Parallel()
	for setting, says := range map[string]string{
		"TASKTRACKER_BLOB_URL=s3://bucket?regoin=eu":           `no parameter "regoin"`,
		"TASKTRACKER_BLOB_URL=s3://bucket/prefix":              "has a path",
		"TASKTRACKER_BLOB_URL=s3://bucket?path_style=maybe":    "true or false",
		"TASKTRACKER_BLOB_URL=s3://bucket?endpoint=minio:9000": "https://HOST",
		"TASKTRACKER_BLOB_URL=s3://Bucket_1":                   "not the name of a bucket",
		"TASKTRACKER_BLOB_URL=s3://bucket?upload=multipart":    "post or put",
		"TASKTRACKER_BLOB_URL=file://var/blobs":                "file:var/blobs",
		"TASKTRACKER_DATABASE_URL=sqlite://var/tasktracker.db": "sqlite:var/tasktracker.db",
		"TASKTRACKER_DATABASE_URL=sqlite://":                   "needs a path",
	} {
		name, _, _ := strings.Cut(setting, "=")
		for _, command := range []string{"serve", "config"} {
			o := offline(t, store.SQLite)
			o.env = []string{setting}
			tool(t, o, nil, command).want(2).says(name, says)
		}
	}
}

// TestSQLitePathAsItIs makes the file that is named, from the working directory too, and finds it again.
func TestSQLitePathAsItIs(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"a%41/t.db", "t%00?x#1.db", "with blank/100%.db"} {
		o := options{database: "sqlite:" + path, dir: t.TempDir()}
		s := start(t, o)
		d := newDesk(s)
		task := d.post(d.tasksPath(), object{"title": "Here"}).want(http.StatusCreated).str("id")
		if _, err := os.Stat(filepath.Join(o.dir, path)); err != nil {
			t.Error(err)
		}
		s.stop()
		d.at(start(t, s.opts)).get("/v1/tasks/" + task).want(http.StatusOK)
		tool(t, s.opts, nil, "migrate", "status").want(0)
	}
}

// TestCommandLine looks at wrong command lines: exit code 2 and a word on what is wrong.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	o := offline(t, store.SQLite)
	tool(t, o, nil, "sreve").want(2).says("sreve")
	tool(t, o, nil, "serve", "now").want(2).says("now")
	tool(t, o, nil, "serve", "--port", "1").want(2).says("--port")
	if help := tool(t, o, nil, "--help").want(0); !strings.Contains(help.stdout, "serve") {
		t.Errorf("help: %q", help.stdout)
	}
	for _, command := range []string{"migrate up", "migrate status", "user create", "user password", "user owner", "token create", "seed", "export", "import", "healthcheck", "config", "version"} {
		help := tool(t, o, nil, append(strings.Fields(command), "--help")...).want(0)
		if !strings.Contains(help.stdout, "tasktracker "+command) {
			t.Errorf("%s --help does not show its usage:\n%s", command, help.stdout)
		}
	}
}

// TestConfigHidesSecrets looks for every secret in all that config prints.
func TestConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	o := offline(t, store.SQLite)
	secrets := []string{"sEcret-primary", "sEcret-replica", "sEcret-admin", "sEcret-bootstrap-token"}
	o.env = []string{
		"TASKTRACKER_DATABASE_URL=mysql://app:" + secrets[0] + "@db.example.com/tasks",
		"TASKTRACKER_DATABASE_REPLICA_URL=mysql://app:" + secrets[1] + "@replica.example.com/tasks",
		"TASKTRACKER_DATABASE_ADMIN_USER=root", "TASKTRACKER_DATABASE_ADMIN_PASSWORD=" + secrets[2],
		"TASKTRACKER_BOOTSTRAP_TOKEN=" + secrets[3],
	}
	for _, args := range [][]string{{"config"}, {"config", "--json"}} {
		got := tool(t, o, nil, args...).want(0)
		for _, secret := range secrets {
			if strings.Contains(got.stdout+got.stderr, secret) {
				t.Errorf("%s prints %s", got.command, secret)
			}
		}
		for _, text := range []string{"TASKTRACKER_DATABASE_URL", "db.example.com", "replica.example.com", "TASKTRACKER_BOOTSTRAP_TOKEN"} {
			if !strings.Contains(got.stdout, text) {
				t.Errorf("%s does not print %s:\n%s", got.command, text, got.stdout)
			}
		}
	}
	parts := offline(t, store.MySQL)
	parts.env = []string{
		"TASKTRACKER_DATABASE_URL=", "TASKTRACKER_DATABASE_HOST=db.example.com:3307", "TASKTRACKER_DATABASE_NAME=tasks",
		"TASKTRACKER_DATABASE_USER=app", "TASKTRACKER_DATABASE_PASSWORD=p@ss/w:rd",
	}
	got := tool(t, parts, nil, "config").want(0)
	if strings.Contains(got.stdout, "p@ss/w:rd") || strings.Contains(got.stdout, "p%40ss") || !strings.Contains(got.stdout, "db.example.com:3307/tasks") {
		t.Errorf("config from parts:\n%s", got.stdout)
	}
}

// TestVersion prints what was built, for people and for scripts.
func TestVersion(t *testing.T) {
	t.Parallel()
	o := offline(t, store.SQLite)
	if got := tool(t, o, nil, "version").want(0); !strings.HasPrefix(got.stdout, "tasktracker ") {
		t.Errorf("version: %q", got.stdout)
	}
	got := tool(t, o, nil, "version", "--json").want(0).json()
	for _, name := range []string{"version", "go", "platform"} {
		if text, _ := got[name].(string); text == "" {
			t.Errorf("version --json has no %s: %v", name, got)
		}
	}
}

// TestHealthcheck is for containers without a shell: 0 while the server answers, with or without a database, else 1.
func TestHealthcheck(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	if got := tool(t, s.opts, nil, "healthcheck").want(0); got.stdout+got.stderr != "" {
		t.Errorf("it prints %q", got.stdout+got.stderr)
	}
	everywhere := s.opts
	_, port, _ := net.SplitHostPort(s.opts.addr)
	everywhere.addr = "0.0.0.0:" + port
	tool(t, everywhere, nil, "healthcheck").want(0)
	s.stop()
	tool(t, s.opts, nil, "healthcheck").want(1).line().says("does not answer")

	odd := http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = odd.Serve(l) }()
	t.Cleanup(func() { _ = odd.Close() })
	other := s.opts
	other.addr = l.Addr().String()
	tool(t, other, nil, "healthcheck").want(1).line().says("404")
}

// sortedKeys is for messages.
func sortedKeys(m object) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
