package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// desk is an instance as its operator sees it.
type desk struct {
	t       *testing.T
	environ []string
	dir     string
}

func newDesk(t *testing.T, engine store.Engine) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{t, []string{"TASKTRACKER_DATABASE_URL=" + testdb.URL(t, engine), "TASKTRACKER_BLOB_URL=file:" + filepath.Join(dir, "blobs")}, dir}
	d.run(0, "migrate", "up")
	return d
}

// run runs a command and returns what it printed.
func (d *desk) run(code int, args ...string) (stdout, stderr string) {
	d.t.Helper()
	return d.runWith(code, strings.NewReader(""), args...)
}

func (d *desk) runWith(code int, stdin io.Reader, args ...string) (stdout, stderr string) {
	d.t.Helper()
	var out, errs bytes.Buffer
	if got := run(d.t.Context(), args, d.environ, stdin, &out, &errs); got != code {
		d.t.Fatalf("%s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	if code != 0 && !strings.Contains("\n"+errs.String(), "\ntasktracker: ") {
		d.t.Errorf("%s: says %q", strings.Join(args, " "), errs.String())
	}
	return out.String(), errs.String()
}

// runJSON runs a command with --json and reads what it printed.
func (d *desk) runJSON(args ...string) map[string]any {
	d.t.Helper()
	out, _ := d.run(0, append(args, "--json")...)
	var v map[string]any
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		d.t.Fatalf("%s: %v in %s", strings.Join(args, " "), err, out)
	}
	return v
}

// refuses runs a command that must fail and say all that.
func (d *desk) refuses(code int, says string, args ...string) {
	d.t.Helper()
	if _, stderr := d.run(code, args...); !strings.Contains(stderr, says) {
		d.t.Errorf("%s: says %q, want %q", strings.Join(args, " "), stderr, says)
	}
}

func bothEngines(t *testing.T, fn func(t *testing.T, engine store.Engine)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, engine)
		})
	}
}

func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, engine store.Engine) {
		d := newDesk(t, engine)
		if v := d.runJSON("migrate", "up", "--wait", "1s"); len(v["applied"].([]any)) != 0 || v["schema_version"].(float64) < 20 {
			t.Errorf("%v", v)
		}
		if v := d.runJSON("migrate", "status"); v["pending"].(float64) != 0 || len(v["migrations"].([]any)) < 20 {
			t.Errorf("%v", v)
		}
		if out, _ := d.run(0, "migrate", "up"); !strings.Contains(out, "nothing to do") {
			t.Errorf("%s", out)
		}
		d.refuses(2, "--ensure-user", "migrate", "up", "--ensure-user")
	})
	away := &desk{t: t, environ: []string{"TASKTRACKER_DATABASE_URL=mysql://app:hunter2@127.0.0.1:1/tasks"}}
	start := time.Now()
	_, stderr := away.run(1, "migrate", "up", "--wait", "600ms")
	if !strings.Contains(stderr, "waiting for the database mysql://app:") || !strings.Contains(stderr, "connection refused") || strings.Contains(stderr, "hunter2") || time.Since(start) < 500*time.Millisecond {
		t.Errorf("after %s: %s", time.Since(start), stderr)
	}
	away.refuses(2, "needs one of: status, up", "migrate")
}

func TestUserAndTokenCommands(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, engine store.Engine) {
		d := newDesk(t, engine)
		ada := d.runJSON("user", "create", "--email", "Ada@Example.com", "--name", "Ada")
		if ada["instance_owner"] != true || ada["email"] != "ada@example.com" || len(ada["password"].(string)) < 20 {
			t.Errorf("%v", ada)
		}
		out, _ := d.runWith(0, strings.NewReader("correct horse battery\n"), "user", "create", "--email", "bob@example.com", "--name", "Bob", "--password-stdin")
		if strings.Contains(out, "correct") || strings.Contains(out, "owns") {
			t.Errorf("%s", out)
		}
		d.refuses(1, "e-mail", "user", "create", "--email", "ada@example.com", "--name", "Ada")
		d.refuses(1, "email: must be", "user", "create", "--email", "nobody", "--name", "N")
		d.refuses(1, "owner already", "user", "create", "--email", "eve@example.com", "--name", "Eve", "--owner")
		d.refuses(2, "--email, --name", "user", "create")
		d.refuses(1, "no account with the e-mail address nobody@example.com", "user", "password", "--email", "nobody@example.com")
		if v := d.runJSON("user", "password", "--email", "bob@example.com"); len(v["password"].(string)) < 20 {
			t.Errorf("%v", v)
		}
		token := d.runJSON("token", "create", "--email", "bob@example.com", "--name", "ci", "--scopes", "read,write", "--expires", "90d")
		if !strings.HasPrefix(token["token"].(string), "tt_") || token["expires_at"] == nil || len(token["scopes"].([]any)) != 2 {
			t.Errorf("%v", token)
		}
		if v := d.runJSON("token", "create", "--email", "bob@example.com", "--name", "ci", "--expires", "never"); v["expires_at"] != nil {
			t.Errorf("%v", v)
		}
		d.refuses(1, "scopes", "token", "create", "--email", "bob@example.com", "--name", "ci", "--scopes", "root")
		d.refuses(1, "no account with", "token", "create", "--email", "nobody@example.com", "--name", "ci")
		d.refuses(2, "--expires", "token", "create", "--email", "bob@example.com", "--name", "ci", "--expires", "soon")
	})
}

func TestSeedExportImportCommands(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, engine store.Engine) {
		d := newDesk(t, engine)
		seeded := d.runJSON("seed", "--tasks", "300", "--comments", "100", "--workspace", "Acme", "--owner", "olga@example.com")
		if !strings.HasPrefix(seeded["token"].(string), "tt_") || seeded["password"] == "" || seeded["tasks"].(float64) != 300 {
			t.Errorf("%v", seeded)
		}
		d.refuses(1, "Choose another --seed", "seed", "--tasks", "300", "--comments", "100")
		d.refuses(2, "projects: is 0", "seed", "--projects", "0")
		file := filepath.Join(d.dir, "acme.ndjson")
		exported := d.runJSON("export", "--workspace", "Acme", "-o", file)
		if exported["workspace_id"] != seeded["workspace_id"] {
			t.Errorf("%v", exported)
		}
		whole, err := os.ReadFile(file)
		if err != nil || float64(len(whole)) != exported["bytes"].(float64) {
			t.Fatalf("%d bytes, %v: %v", len(whole), exported, err)
		}
		if out, _ := d.run(0, "export", "--workspace", seeded["workspace_id"].(string)); out != string(whole) {
			t.Error("the export to stdout differs")
		}
		d.refuses(1, `no workspace with the id or name "Nope"`, "export", "--workspace", "Nope")
		d.refuses(2, "--workspace", "export")
		d.refuses(2, "--output", "export", "--workspace", "Acme", "--json")
		d.refuses(1, "line 2: workspace: The workspace is there already", "import", file)
		d.refuses(1, "no such file", "import", file+".gone")

		other := newDesk(t, store.SQLite)
		if v := other.runJSON("import", "--dry-run", file); v["dry_run"] != true {
			t.Errorf("%v", v)
		}
		other.refuses(1, "no workspace", "export", "--workspace", "Acme")
		if out, _ := other.runWith(0, bytes.NewReader(whole), "import"); !strings.Contains(out, "Nobody owns this instance yet") {
			t.Errorf("%s", out)
		}
		if out, _ := other.run(0, "export", "--workspace", "Acme"); out != string(whole) {
			t.Error("the workspace has changed on its way")
		}
		other.refuses(2, "needs --name", "user", "create", "--owner", "--email", "eve@example.com")
		other.refuses(1, "e-mail", "user", "create", "--email", "olga@example.com", "--name", "Olga")
		if out, _ := other.run(0, "user", "create", "--owner", "--email", "Olga@example.com"); !strings.Contains(out, "was here already and owns") || strings.Contains(out, "password  ") {
			t.Errorf("%s", out)
		}
		other.refuses(1, "has an owner already", "user", "create", "--owner", "--email", "olga@example.com")
		if _, stderr := other.runWith(1, bytes.NewReader(whole[:len(whole)-10]), "import", "-"); !strings.Contains(stderr, "line ") {
			t.Errorf("%s", stderr)
		}
	})
}
