package offline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/infra/awssim"
	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
)

// setup opens a stack of the small program on the real engine, with an account of its own.
func setup(t *testing.T, faults ...awssim.Fault) *Stack {
	t.Helper()
	tools, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	root := offlinetest.Repository(t, map[string]string{"Pulumi.dev.yaml": offlinetest.Settings})
	s, err := Open(t.Context(), offlinetest.Small, Options{Root: root, Tools: tools, Stack: "dev", Dir: t.TempDir(), Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// lines are a report's changes: operation, name, and the properties with their kind.
func lines(r *Report) []string {
	out := []string{}
	for _, c := range r.Changed() {
		line := c.Op + " " + c.Name
		for _, k := range c.Keys {
			line += fmt.Sprintf(" %s %s", k.Kind, k.Path)
			if k.Replace {
				line += "!"
			}
		}
		out = append(out, line)
	}
	return out
}

func mustDo(t *testing.T, do func(context.Context) (*Report, error), tally string, changes ...string) {
	t.Helper()
	r, err := do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Step + ": " + r.Tally(); got != tally {
		t.Errorf("%s; want %s", got, tally)
	}
	if diff := cmp.Diff(append([]string{}, changes...), lines(r)); diff != "" {
		t.Errorf("%s: %s", r.Step, diff)
	}
	if r.Took <= 0 {
		t.Errorf("%s took %s", r.Step, r.Took)
	}
}

// TestLife takes a stack through all steps: its three resources, the component and the stack itself.
func TestLife(t *testing.T) {
	t.Parallel()
	s := setup(t)
	created := []string{"create part-subnet", "create part-vpc", "create part-topic"}
	mustDo(t, s.Preview, "preview: 5 to create, 0 unchanged", created...)
	if n := len(s.Cloud().Objects()); n != 0 {
		t.Errorf("a preview made %d objects", n)
	}
	mustDo(t, s.Up, "up: 5 to create, 0 unchanged", created...)
	mustDo(t, s.Up, "up: 5 unchanged")
	mustDo(t, s.Preview, "preview: 5 unchanged")
	mustDo(t, s.Refresh, "refresh: 5 unchanged")

	if err := s.Set(map[string]any{"tag": "b", "cidr": "10.0.2.0/24"}); err != nil {
		t.Fatal(err)
	}
	changed := []string{"replace part-subnet update cidrBlock!", "update part-vpc update tags.Name update tagsAll"}
	mustDo(t, s.Preview, "preview: 1 to update, 1 to replace, 3 unchanged", changed...)
	mustDo(t, s.Up, "up: 1 to update, 1 to replace, 3 unchanged", changed...)

	if err := s.Cloud().Change(func(all []*awssim.Object) []*awssim.Object {
		return all[:len(all)-1]
	}); err != nil {
		t.Fatal(err)
	}
	mustDo(t, s.Refresh, "refresh: 1 to delete, 4 unchanged", "delete part-subnet")
	mustDo(t, s.Up, "up: 1 to create, 4 unchanged", "create part-subnet")
	mustDo(t, s.Destroy, "destroy: 5 to delete, 0 unchanged", "delete part-subnet", "delete part-vpc", "delete part-topic")
	if left := s.Cloud().Objects(); len(left) != 0 {
		t.Errorf("destroy left %v", left[0])
	}
}

// TestStepsAreKept finds the stack again in its folder.
func TestStepsAreKept(t *testing.T) {
	t.Parallel()
	s := setup(t)
	mustDo(t, s.Up, "up: 5 to create, 0 unchanged", "create part-subnet", "create part-vpc", "create part-topic")
	s.Close()
	again, err := Open(t.Context(), offlinetest.Small, s.options)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	mustDo(t, again.Up, "up: 5 unchanged")
	state, err := again.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := string(state); !strings.Contains(text, "part-subnet") || !strings.Contains(text, "(a secret of the stack)") || strings.Contains(text, "c2VjcmV0") {
		t.Errorf("the state is not this stack's, or it has the real secret: %s", text)
	}
	entries, err := os.ReadDir(s.options.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"cloud", "home", "state", "work"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestFailingCreate names the resource and the cloud's words, and nothing of the engine's noise. The next update finishes.
func TestFailingCreate(t *testing.T) {
	t.Parallel()
	s := setup(t, awssim.Fault{Type: "aws:ec2/subnet:Subnet"})
	r, err := s.Up(t.Context())
	offlinetest.WantError(t, err, "up failed\n", "part-subnet (aws:ec2/subnet:Subnet): ", "InternalFailure", "an injected fault")
	for _, noise := range []string{"<{%", "\x1b[", "stdout:", "code: "} {
		if strings.Contains(err.Error(), noise) {
			t.Errorf("the error has %q: %v", noise, err)
		}
	}
	if !strings.Contains(r.Tally(), "to create") || len(r.Failures) == 0 {
		t.Errorf("the report of the failed step is %+v", r)
	}
	mustDo(t, s.Up, "up: 1 to create, 4 unchanged", "create part-subnet")
}

// TestRefused is what the provider refuses in a preview, and what AWS refuses in an update.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if err := s.Set(map[string]any{"typo": "mapPublicIpOnLaunche"}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Preview(t.Context())
	offlinetest.WantError(t, err, "preview failed\n", "part-subnet (aws:ec2/subnet:Subnet): ", "mapPublicIpOnLaunche")
	if err := s.Set(map[string]any{"cidr": "10.9.0.0/24"}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Up(t.Context())
	offlinetest.WantError(t, err, "up failed\n", "part-subnet (aws:ec2/subnet:Subnet): ", "10.9.0.0/24", "10.0.0.0/16")
}

// TestProgramThatFails shows the program's own error, once.
func TestProgramThatFails(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if err := s.Set(map[string]any{"fault": "database.storageGiB: 5 is below 20"}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Preview(t.Context())
	offlinetest.WantError(t, err, "preview failed\ndatabase.storageGiB: 5 is below 20")
	if n := strings.Count(err.Error(), "storageGiB"); n != 1 {
		t.Errorf("said %d times: %v", n, err)
	}
}
