package enginetest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// root is the repository, testdata the folder of this package.
var root, testdata string

// TestMain runs the tests where the engine's language host would run the program.
func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := offline.Root(".")
	if err == nil {
		root, testdata = dir, filepath.Join(dir, "stacks", "platform", "enginetest", "testdata")
		err = os.Chdir(filepath.Join(root, "stacks"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// bed is a stack on an account of its own.
type bed struct {
	*offline.Stack
	t   *testing.T
	dir string
}

// open starts a stack; its state lives in dir, and may be there already.
func open(t *testing.T, o offline.Options) *bed {
	t.Helper()
	if o.Root == "" {
		o.Root = root
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Tools = root
	s, err := offline.Open(context.Background(), platform.Deploy, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &bed{s, t, o.Dir}
}

// everything is the stack with all that can be switched on.
func everything(t *testing.T) *bed {
	t.Helper()
	return open(t, offline.Options{Root: testdata, Stack: "everything"})
}

// must runs a step that has to go well.
func (b *bed) must(step func(context.Context) (*offline.Report, error)) *offline.Report {
	b.t.Helper()
	report, err := step(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	return report
}

// quiet runs a step that has to change nothing.
func (b *bed) quiet(step func(context.Context) (*offline.Report, error)) {
	b.t.Helper()
	report := b.must(step)
	for _, c := range report.Changes {
		b.t.Errorf("%s: %s %s %s although nothing was to change: %v", report.Step, c.Op, c.Type, c.Name, c.Keys)
	}
}

// state is what the engine knows.
func (b *bed) state() apitype.DeploymentV3 {
	b.t.Helper()
	text, err := b.State(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	var state apitype.DeploymentV3
	if err := json.Unmarshal(text, &state); err != nil {
		b.t.Fatal(err)
	}
	return state
}

// noOrphans fails where something exists in the account that the engine does not know, and so would never delete.
func (b *bed) noOrphans() {
	b.t.Helper()
	known := map[string]bool{}
	for _, r := range b.state().Resources {
		known[string(r.URN)+" "+string(r.ID)] = true
	}
	for _, o := range b.Cloud().Objects() {
		// What was there before the stack is not its own; images stay in their repository on purpose.
		if o.URN != "" && o.Token != image && !known[o.URN+" "+o.ID] {
			b.t.Errorf("orphan: %s %s of %s", o.Token, o.ID, o.URN)
		}
	}
}

const image = "docker-build:index:Image"

// exists lists the URNs of what is in the account, sorted.
func (b *bed) exists() []string {
	var all []string
	for _, o := range b.Cloud().Objects() {
		all = append(all, o.URN)
	}
	slices.Sort(all)
	return all
}

// copied returns the stack in a copy of its folders: what is done there leaves the first as it is.
func (b *bed) copied(t *testing.T, o offline.Options) *bed {
	t.Helper()
	o.Dir = t.TempDir()
	for _, part := range []string{"state", "cloud"} {
		if err := os.CopyFS(filepath.Join(o.Dir, part), os.DirFS(filepath.Join(b.dir, part))); err != nil {
			t.Fatal(err)
		}
	}
	return open(t, o)
}
