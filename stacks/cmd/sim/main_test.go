package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// TestMain runs all tests where the program runs: in stacks/.
func TestMain(m *testing.M) {
	if err := offlinetest.Engine("../../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if _, err := offline.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var took = regexp.MustCompile(`\s+([0-9.]+(ms|s|µs))  `)

// sim runs the command on a repository with the small program, whose tag is replaced by other settings.
func sim(t *testing.T, settings string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	root := offlinetest.Repository(t, map[string]string{
		"Pulumi.yaml": "", "Pulumi.dev.yaml": strings.Replace(offlinetest.Settings, "cidr: 10.0.1.0/24, tag: a", settings, 1),
	})
	var out, errs bytes.Buffer
	c := command{
		program: offlinetest.Small, unprotect: map[string]any{"tag": "b"},
		enter: func() (string, error) { return offline.Root(root) }, stdout: &out, stderr: &errs,
	}
	code = c.run(t.Context(), args)
	return code, took.ReplaceAllString(out.String(), " (…) "), errs.String()
}

const usual = "cidr: 10.0.1.0/24, tag: a"

func TestEveryStepIsTold(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := sim(t, usual, "-stack", "dev")
	want := `preview (…) 5 to create, 0 unchanged
up (…) 5 to create, 0 unchanged
up again (…) 5 unchanged
refresh (…) 5 unchanged
up, protection off (…) 1 to update, 4 unchanged
destroy (…) 5 to delete, 0 unchanged
stack dev: all steps as they should be; nothing is left in the account
`
	if code != 0 || stderr != "" {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Error(diff)
	}
}

// TestFailures are lives that go wrong: the step is named, and those before it are told.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, settings, stdout, stderr string }{
		{
			"a second update that changes something", usual + ", restless: true", "    update   aws:ec2/vpc:Vpc part-vpc\n             update tags.Name\n             update tagsAll\n",
			"sim: stack dev: up again: 1 resources changed, none should\n",
		},
		{
			"an object that the destroy leaves", usual + ", keep: true", "    delete   tasktracker:small:Part part",
			"sim: stack dev: destroy left 1 objects in the account, the first is aws:sns/topic:Topic arn:aws:sns:us-east-1:123456789012:part-topic-",
		},
		{
			"a setting that is wrong", usual + ", fault: 'database.storageGiB: 5 is below 20'", "preview (…) ",
			"sim: stack dev: preview: preview failed\n",
		},
		{
			"what only AWS refuses", "tag: a, cidr: 10.9.0.0/24", "    create   aws:sns/topic:Topic part-topic\n",
			"sim: stack dev: up: up failed\npart-subnet (aws:ec2/subnet:Subnet): ",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := sim(t, tt.settings, "-stack", "dev", "-v")
			if code != 1 {
				t.Errorf("ended with %d, want 1", code)
			}
			if !strings.HasPrefix(stderr, tt.stderr) {
				t.Errorf("said %q, want %q", stderr, tt.stderr)
			}
			if !strings.Contains(stdout, tt.stdout) {
				t.Errorf("no line %q:\n%s", tt.stdout, stdout)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{nil, 2, "sim: name a stack: sim -stack dev [-v]\n"},
		{[]string{"dev"}, 2, "sim: \"dev\" is too much: sim -stack dev [-v]\n"},
		{[]string{"-stack", "dev", "prod"}, 2, "sim: \"prod\" is too much: sim -stack dev [-v]\n"},
		{[]string{"-base", "main"}, 2, "flag provided but not defined: -base\nUsage of sim:\n"},
		{[]string{"-h"}, 0, "Usage of sim:\n"},
		{[]string{"-stack", "test"}, 1, "sim: there is no stack \"test\": no Pulumi.test.yaml; there are dev\n"},
		{[]string{"-stack", "../dev"}, 1, "sim: \"../dev\" cannot be a stack's name: "},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := sim(t, usual, tt.args...)
			if code != tt.code || !strings.HasPrefix(stderr, tt.stderr) || stdout != "" {
				t.Errorf("ended with %d, %q, %q; want %d, %q", code, stdout, stderr, tt.code, tt.stderr)
			}
		})
	}
}

// TestOutsideTheRepository says where to run it.
func TestOutsideTheRepository(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	c := command{program: offlinetest.Small, enter: func() (string, error) { return offline.Root("/") }, stdout: &out, stderr: &errs}
	if code := c.run(t.Context(), []string{"-stack", "dev"}); code != 1 || !strings.Contains(errs.String(), "run this in the repository") {
		t.Errorf("ended with %d: %s", code, errs.String())
	}
}

// TestDev takes the real stack through its life.
func TestDev(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	c := command{program: platform.Deploy, unprotect: platform.ProtectionOff(), enter: func() (string, error) { return filepath.Abs("..") }, stdout: &out, stderr: &errs}
	if code := c.run(t.Context(), []string{"-stack", "dev"}); code != 0 {
		t.Fatalf("ended with %d: %s\n%s", code, errs.String(), out.String())
	}
	text := took.ReplaceAllString(out.String(), " (…) ")
	for _, line := range []string{`(?m)^up \(…\) \d{3} to create, 0 unchanged$`, `(?m)^up again \(…\) \d{3} unchanged$`, `(?m)^refresh \(…\) \d{3} unchanged$`, `(?m)^destroy \(…\) \d{3} to delete, 0 unchanged$`} {
		if !regexp.MustCompile(line).MatchString(text) {
			t.Errorf("no line %s:\n%s", line, text)
		}
	}
}
