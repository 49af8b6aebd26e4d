package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/infra/awssim"
	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// ordinary runs the pulumi command as users do, in a project folder, with the stand-in in place of AWS.
type ordinary struct {
	project string
	env     []string
}

// TestTheOrdinaryPreview runs `pulumi preview` on the project as it is in the repository: the engine's language host
// builds and starts the program. It must tell what the inline preview of `make plan` tells.
func TestTheOrdinaryPreview(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	o := copied(t, root)
	cloud, err := awssim.Start(awssim.Options{Seed: "task-tracker"})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	o.env = append(o.env, cloud.Env()...)
	if said, err := o.pulumi(t, "stack", "init", "dev", "--non-interactive"); err != nil {
		t.Fatalf("%v; `make engine` builds the engine\n%s", err, said)
	}
	said, err := o.pulumi(t, "preview", "--stack", "dev", "--non-interactive")
	if err != nil {
		t.Fatalf("%v; `make engine` builds the engine's language host\n%s", err, said)
	}
	summary := regexp.MustCompile(`(?m)^Resources:\n((?:    .*\n)+)`).FindStringSubmatch(said)
	if summary == nil {
		t.Fatalf("no summary:\n%s", said)
	}
	var ordinary []string
	for line := range strings.Lines(summary[1]) {
		ordinary = append(ordinary, strings.TrimSpace(strings.TrimLeft(line, " +-~")))
	}

	code, stdout, stderr := plan(t, root, platform.Deploy, "-stack", "dev")
	if code != 0 {
		t.Fatalf("the inline preview ended with %d: %s\n%s", code, stderr, stdout)
	}
	heading, _, _ := strings.Cut(stdout, "\n")
	if want := "Stack dev against nothing: " + strings.Join(ordinary, ", ") + ", 0 unchanged (…)"; heading != want {
		t.Errorf("the inline preview says    %s\nthe ordinary preview says %s", heading, want)
	}
	for line := range strings.Lines(stdout) {
		if part := strings.Fields(line); part[0] == "+" && !strings.Contains(said, part[3]) {
			t.Errorf("%s is in the inline preview only", part[3])
		}
	}
	if n := len(cloud.Objects()); n != 0 {
		t.Errorf("a preview made %d objects", n)
	}
}

// TestTheOrdinaryPreviewOfAMistake shows what a user sees of a misspelt setting: the same words in both ways.
func TestTheOrdinaryPreviewOfAMistake(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	o := copied(t, root)
	path := filepath.Join(o.project, "Pulumi.dev.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "multiAz:", "multiAzz:", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	want := "task-tracker:platform.database.multiAzz: no such setting; did you mean \"multiAz\"?"
	if said, err := o.pulumi(t, "stack", "init", "dev", "--non-interactive"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	said, err := o.pulumi(t, "preview", "--stack", "dev", "--non-interactive")
	if err == nil || !strings.Contains(said, want) {
		t.Errorf("the ordinary preview ends with %v and lacks %q:\n%s", err, want, said)
	}
	code, stdout, stderr := plan(t, o.project, platform.Deploy, "-stack", "dev")
	if code != 1 || !strings.Contains(stdout, want) {
		t.Errorf("the inline preview ends with %d and lacks %q:\n%s%s", code, want, stdout, stderr)
	}
}

// copied is a copy of the project's settings, whose program stays where it is, with a backend of its own.
func copied(t *testing.T, root string) *ordinary {
	t.Helper()
	o := &ordinary{project: t.TempDir()}
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "Pulumi.yaml" {
			changed := strings.Replace(string(text), "main: stacks/", "main: "+filepath.Join(root, "stacks"), 1)
			if changed == string(text) || !strings.Contains(changed, "runtime: go\n") {
				t.Fatalf("the project is another one:\n%s", text)
			}
			text = []byte(changed)
		}
		if err := os.WriteFile(filepath.Join(o.project, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	state := t.TempDir()
	// The host lists modules with -mod=mod, which may add to go.sum: to a copy.
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, "stacks", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(state, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.env = append(
		os.Environ(), "PULUMI_BACKEND_URL=file://"+state, "PULUMI_CONFIG_PASSPHRASE=offline", "PULUMI_HOME="+filepath.Join(state, "home"),
		"PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true", "GOWORK=off", "GOFLAGS=-modfile="+filepath.Join(state, "go.mod"),
		"CGO_ENABLED=0", "NO_COLOR=1", "TMPDIR="+state,
	)
	return o
}

// pulumi runs the engine's command, and returns what it says.
func (o *ordinary) pulumi(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path := os.Getenv(offline.EngineVariable)
	if path == "" {
		path = "pulumi"
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env = o.project, o.env
	said, err := cmd.CombinedOutput()
	return string(said), err
}
