package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// seedSmall fills a new database and returns its options and what seed printed.
func seedSmall(t *testing.T, engine store.Engine, number string) (options, object) {
	t.Helper()
	o := offline(t, engine)
	out := tool(t, o, nil, "seed", "--projects", "2", "--tasks", "120", "--comments", "60", "--seed", number, "--json").want(0).json()
	for _, name := range []string{"workspace_id", "token", "password", "owner_email"} {
		if text, _ := out[name].(string); text == "" {
			t.Fatalf("seed --json has no %s: %v", name, sortedKeys(out))
		}
	}
	return o, out
}

// export returns the workspace of that name as export writes it.
func export(t *testing.T, o options, workspace string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "workspace.ndjson")
	got := tool(t, o, nil, "export", "--workspace", workspace, "-o", file, "--json").want(0).json()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got["bytes"] != float64(len(content)) {
		t.Errorf("export --json: %v bytes, the file has %d", got["bytes"], len(content))
	}
	if piped := tool(t, o, nil, "export", "--workspace", workspace).want(0); piped.stdout != string(content) {
		t.Error("export to stdout and to a file differ")
	}
	return string(content)
}

// TestSeedIsDeterministic makes the same workspace on both engines, and another one from another seed. Only the owner,
// whose account is made by the way, differs.
func TestSeedIsDeterministic(t *testing.T) {
	t.Parallel()
	lite, _ := seedSmall(t, store.SQLite, "7")
	my, _ := seedSmall(t, store.MySQL, "7")
	other, _ := seedSmall(t, store.SQLite, "8")
	a, b, c := withoutOwner(t, export(t, lite, "Demo")), withoutOwner(t, export(t, my, "Demo")), withoutOwner(t, export(t, other, "Demo"))
	if len(a) < 200 {
		t.Fatalf("only %d lines", len(a))
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("SQLite and MySQL (-, +):\n%.2000s", diff)
	}
	if cmp.Equal(a, c) {
		t.Error("another seed gives the same workspace")
	}
	tool(t, lite, nil, "seed", "--projects", "2", "--tasks", "120", "--comments", "60", "--seed", "7").want(1).line().says("--seed")
}

var ownerLine = regexp.MustCompile(`(?m)^\{"type":"account","id":"([^"]+)","email":"owner@example\.com".*$`)

// withoutOwner gives an export's lines without what is the owner's own, and without the trailer.
func withoutOwner(t *testing.T, text string) []string {
	t.Helper()
	found := ownerLine.FindStringSubmatch(text)
	if found == nil {
		t.Fatal("the export names no owner")
	}
	text = ownerLine.ReplaceAllString(text, "the owner")
	text = strings.ReplaceAll(text, found[1], "OWNER")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[:len(lines)-1]
}

// TestMoveBetweenEngines moves a workspace SQLite → MySQL → SQLite: three exports, byte for byte the same.
func TestMoveBetweenEngines(t *testing.T) {
	t.Parallel()
	first, seeded := seedSmall(t, store.SQLite, "1")
	id := seeded["workspace_id"].(string)
	s := start(t, first)
	d := desk{client: s.as(seeded["token"].(string)), workspace: id}
	task := d.get("/v1/workspaces/"+id+"/tasks?limit=1").want(http.StatusOK).str("items", 0, "id")
	d.upload(s, task).want(http.StatusNoContent)
	attachment := d.get("/v1/tasks/"+task+"/attachments").want(http.StatusOK).str("items", 0, "id")
	d.post("/v1/attachments/"+attachment+"/confirm", nil).want(http.StatusOK)
	comment := d.post("/v1/tasks/"+task+"/comments", object{"body": "Zwölf Boxkämpfer \u2028 🥊 \\ \" <b>"}).want(http.StatusCreated).str("id")
	d.patch("/v1/comments/"+comment, object{"body": "Edited"}).want(http.StatusOK)
	s.stop()

	original := export(t, first, id)
	second, third := offline(t, store.MySQL), offline(t, store.SQLite)
	imported := tool(t, second, strings.NewReader(original), "import", "--json").want(0).json()
	if imported["workspace_id"] != id {
		t.Errorf("import --json: %v", imported)
	}
	onMySQL := export(t, second, id)
	file := writeFile(t, filepath.Join(t.TempDir(), "moved.ndjson"), onMySQL)
	tool(t, third, nil, "import", file).want(0)
	back := export(t, third, id)
	if onMySQL != original || back != original {
		t.Errorf("the exports differ: %d, %d, %d bytes\n%.2000s", len(original), len(onMySQL), len(back),
			cmp.Diff(strings.Split(original, "\n"), strings.Split(onMySQL, "\n")))
	}
	t.Logf("SQLite→MySQL→SQLite: bytes=%d lines=%d identical=%v", len(original), strings.Count(original, "\n"), back == original)
	tool(t, third, nil, "import", file).want(1).line().says("already")
	if again := export(t, third, id); again != original {
		t.Error("an import that was refused changed the workspace")
	}

	moved := start(t, third) // and it can be worked with
	tool(t, third, strings.NewReader(password+"\n"), "user", "password", "--email", "owner@example.com", "--password-stdin").want(0)
	session := moved.anonymous().post("/v1/sessions", object{"email": "owner@example.com", "password": password}).want(http.StatusCreated)
	c := moved.as(session.str("token"))
	link := c.get("/v1/attachments/" + attachment + "/download").want(http.StatusFound).location()
	if got := moved.anonymous().get(link).want(http.StatusOK); !bytes.Equal(got.body, bytes.Repeat([]byte("x"), 600_000)) {
		t.Error("the attachment's bytes are not those that were uploaded")
	}
}

// TestBadImports changes nothing for files that are cut off, altered or nonsense, and says in which line the fault is.
func TestBadImports(t *testing.T) {
	t.Parallel()
	source, seeded := seedSmall(t, store.SQLite, "3")
	id := seeded["workspace_id"].(string)
	good := export(t, source, id)
	lines := strings.SplitAfter(good, "\n")
	alter := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	taskLine := 0
	for i, line := range lines {
		if strings.HasPrefix(line, `{"type":"task"`) {
			taskLine = i
			break
		}
	}
	title := regexp.MustCompile(`"title":"[^"]*"`).FindString(lines[taskLine])
	each(t, func(t *testing.T, engine store.Engine) {
		o := offline(t, engine)
		tool(t, o, nil, "migrate", "up").want(0)
		for name, bad := range map[string]struct {
			text string
			says []string
		}{
			"empty":           {"", []string{"line 1"}},
			"no trailer":      {strings.Join(lines[:len(lines)-2], ""), []string{"line "}},
			"cut in mid-line": {good[:len(good)*2/3], []string{"line "}},
			"a title altered": {alter(title, `"title":"Another"`), []string{"line ", "sha256"}},
			"a line missing":  {strings.Replace(good, lines[len(lines)-5], "", 1), []string{"line "}},
			"no JSON":         {alter(lines[taskLine], "not JSON\n"), []string{"line "}},
			"a title empty":   {alter(title, `"title":""`), []string{"line ", "title"}},
			"unknown field":   {alter(title, `"surprise":1,`+title), []string{"line ", "surprise"}},
			"a later version": {alter(`"version":1`, `"version":99`), []string{"line 1", "version"}},
			"after the end":   {good + "{}\n", []string{"line "}},
		} {
			got := tool(t, o, strings.NewReader(bad.text), "import").want(1).line().says(bad.says...)
			if len(got.stderr) > 1000 {
				t.Errorf("%s: a message of %d bytes", name, len(got.stderr))
			}
			tool(t, o, nil, "export", "--workspace", id).want(1).line()
		}
		dry := tool(t, o, strings.NewReader(good), "import", "--dry-run", "--json").want(0).json()
		if dry["dry_run"] != true {
			t.Errorf("--dry-run --json: %v", dry)
		}
		tool(t, o, nil, "export", "--workspace", id).want(1).line()
		if left, _ := filepath.Glob(filepath.Join(o.dir, "blobs", "workspace", "*")); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
		// No account was made either: whoever signs up now is the first.
		c := start(t, o).signUp("First")
		if owner := c.get("/v1/me").want(http.StatusOK).value("instance_owner"); owner != true {
			t.Errorf("instance_owner is %v after imports that failed", owner)
		}
		tool(t, o, strings.NewReader(good), "import").want(0)
		if export(t, o, id) != good {
			t.Error("the good file, imported in the end, is not what was exported")
		}
	})
}
