package offline

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
)

func nothing(*pulumi.Context) error { return nil }

func nowhere(string) (string, error) { return "", errors.New("not on PATH") }

// fake is an engine that is a shell script.
func fake(t *testing.T, dir, script string) string {
	t.Helper()
	path := filepath.Join(dir, "bin", "pulumi")
	offlinetest.Script(t, path, "#!/bin/sh\n"+script)
	return path
}

func TestEngineThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := engine(t.TempDir(), "", nowhere)
	offlinetest.WantError(t, err, "there is no Pulumi engine", ".tools/bin/pulumi", "on PATH", "`make engine` builds", EngineVariable)

	root := t.TempDir()
	wayOut := "; unset " + EngineVariable + ", and `make " + root + "/.tools/bin/pulumi` builds the pinned one"
	named := filepath.Join(t.TempDir(), "bin", "pulumi")
	_, err = engine(root, named, nowhere)
	offlinetest.WantError(t, err, "there is no Pulumi engine at "+named+" ("+EngineVariable+"): no such file"+wayOut)

	for _, path := range []string{"/opt/pulumi", "/opt/bin/pulumi-3.255"} {
		_, err = engine(root, path, nowhere)
		offlinetest.WantError(t, err, path+" ("+EngineVariable+") cannot be the engine: it must be a file called bin/pulumi"+wayOut)
	}
}

func TestEngineThatDoesNotRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	_, err := engine(root, fake(t, t.TempDir(), "exit 3"), nowhere)
	offlinetest.WantError(t, err, "("+EngineVariable+") does not run: ", "exit status 3; unset "+EngineVariable+", and `make "+root+"/.tools/bin/pulumi`")

	fake(t, filepath.Join(root, ".tools"), "exit 4")
	_, err = engine(root, "", nowhere)
	offlinetest.WantError(t, err, root+"/.tools/bin/pulumi (the repository's own) does not run: ", "exit status 4; remove it, and `make engine` builds it anew")
}

// TestEngineThatIsTooOld is on PATH, where `make engine` would leave it.
func TestEngineThatIsTooOld(t *testing.T) {
	t.Parallel()
	root, answer := t.TempDir(), "echo v3.100.0"
	path := fake(t, t.TempDir(), answer)
	_, err := engine(root, "", func(string) (string, error) { return path, nil })
	offlinetest.WantError(t, err, path+" (on PATH) is v3.100.0; v"+oldest.String()+" or later is needed: `make "+root+"/.tools/bin/pulumi` builds the pinned one, which is used instead")

	fake(t, filepath.Join(root, ".tools"), "echo nonsense")
	_, err = engine(root, "", nowhere)
	offlinetest.WantError(t, err, "(the repository's own) is v0.0.0; v"+oldest.String()+" or later is needed: remove it")
}

func TestOrderOfEngines(t *testing.T) {
	t.Parallel()
	answer := "echo v" + oldest.String()
	root := t.TempDir()
	named, own, onPath := fake(t, t.TempDir(), answer), fake(t, filepath.Join(root, ".tools"), answer), fake(t, t.TempDir(), answer)
	path := func(string) (string, error) { return onPath, nil }
	for want, find := range map[string][2]string{named: {root, named}, own: {root, ""}, onPath: {t.TempDir(), ""}} {
		broken := want + ".broken"
		if _, err := engine(find[0], find[1], path); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if err := os.Rename(want, broken); err != nil {
			t.Fatal(err)
		}
		offlinetest.Script(t, want, "#!/bin/sh\nexit 9\n")
		_, err := engine(find[0], find[1], path)
		offlinetest.WantError(t, err, want, "exit status 9")
		if err := os.Rename(broken, want); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEngineThatEndsEarly does not wait for events of an engine that has none to tell.
func TestEngineThatEndsEarly(t *testing.T) {
	t.Parallel()
	tools := t.TempDir()
	fake(t, filepath.Join(tools, ".tools"), `case " $* " in *" version "*) echo v`+oldest.String()+` ;; *" preview "*|*" up "*) echo "out of memory" >&2; exit 137 ;; esac`)
	root := offlinetest.Repository(t, map[string]string{"Pulumi.dev.yaml": "config: {}"})
	s, err := Open(t.Context(), nothing, Options{Root: root, Tools: tools, Stack: "dev", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	over := make(chan struct{})
	go func() {
		defer close(over)
		report, err := s.Preview(t.Context())
		offlinetest.WantError(t, err, "preview: ", "out of memory")
		if report == nil || report.Tally() != "0 unchanged" {
			t.Errorf("the report is %+v", report)
		}
	}()
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Fatal("the step does not end")
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	root := offlinetest.Repository(t, map[string]string{"Pulumi.yaml": "", "stacks/cmd/plan/main.go": ""})
	for _, dir := range []string{"", "stacks", "stacks/cmd/plan"} {
		if got, err := Root(filepath.Join(root, dir)); err != nil || got != root {
			t.Errorf("Root(%s) = %s, %v", dir, got, err)
		}
	}
	_, err := Root("/")
	offlinetest.WantError(t, err, "no Pulumi.yaml in / or above it; run this in the repository")
}
