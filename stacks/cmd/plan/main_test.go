package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
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

var took = regexp.MustCompile(`\(([0-9.]+(ms|s|µs))\b`)

// plan runs the command on a repository.
func plan(t *testing.T, root string, program pulumi.RunFunc, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := command{program: program, enter: func() (string, error) { return offline.Root(root) }, stdout: &out, stderr: &errs}
	code = c.run(t.Context(), args)
	return code, took.ReplaceAllString(out.String(), "(…"), errs.String()
}

// small is a repository with the small program and a dev stack.
func small(t *testing.T) (root string) {
	t.Helper()
	return offlinetest.Repository(t, map[string]string{"Pulumi.yaml": "name: task-tracker\nruntime: go\n", "Pulumi.dev.yaml": offlinetest.Settings})
}

// baseFiles are the module of the small program, as an older revision has it.
func baseFiles(t *testing.T) map[string]string {
	t.Helper()
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	module := strings.NewReplacer(
		"module github.com/task-tracker/task-tracker/stacks\n", "module github.com/task-tracker/task-tracker/stacks/base\n",
		"=> ../infra", "=> "+filepath.Join(here, "..", "infra"),
	).Replace(read("go.mod"))
	return map[string]string{
		"stacks/go.mod": module + "\nrequire github.com/task-tracker/task-tracker/stacks v0.0.0\nreplace github.com/task-tracker/task-tracker/stacks => " + here + "\n",
		"stacks/go.sum": read("go.sum"),
		"stacks/main.go": `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
)

func main() { pulumi.Run(offlinetest.Small) }
`,
	}
}

// run runs git in a repository, with no settings but the test's.
func run(t *testing.T, root string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "git", append([]string{"-C", root, "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits all files of a repository under a tag.
func commit(t *testing.T, root, tag string) {
	t.Helper()
	run(t, root, "add", "--all")
	run(t, root, "commit", "--quiet", "--allow-empty", "--message", tag)
	run(t, root, "tag", tag)
}

func TestAgainstNothing(t *testing.T) {
	t.Parallel()
	root := small(t)
	code, stdout, stderr := plan(t, root, offlinetest.Small, "-stack", "dev")
	want := `Stack dev against nothing: 5 to create, 0 unchanged (…)
  + create   aws:ec2/subnet:Subnet part-subnet
  + create   aws:ec2/vpc:Vpc part-vpc
  + create   aws:sns/topic:Topic part-topic
  + create   pulumi:pulumi:Stack task-tracker-dev
  + create   tasktracker:small:Part part
`
	if code != 0 || stderr != "" {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Error(diff)
	}
	code, stdout, stderr = plan(t, root, offlinetest.Small, "-stack", "dev", "-format", "markdown")
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "### Stack `dev` against nothing\n\n**5 to create, 0 unchanged** (…, offline: a stand-in for AWS)\n\n| | Resource | Name |\n") {
		t.Errorf("ended with %d: %s\n%s", code, stderr, stdout)
	}
}

// TestFailedPreview is on the page in both formats, and on standard error where that page is a file's.
func TestFailedPreview(t *testing.T) {
	t.Parallel()
	root := small(t)
	settings := strings.Replace(offlinetest.Settings, "tag: a", "tag: a, typo: mapPublicIpOnLaunche", 1)
	offlinetest.Write(t, root, map[string]string{"Pulumi.dev.yaml": settings})
	cause := "part-subnet (aws:ec2/subnet:Subnet): "
	code, stdout, stderr := plan(t, root, offlinetest.Small, "-stack", "dev")
	if code != 1 || stderr != "" || !strings.Contains(stdout, "FAILED\npreview failed\n"+cause) {
		t.Errorf("ended with %d: %s\n%s", code, stderr, stdout)
	}
	code, stdout, stderr = plan(t, root, offlinetest.Small, "-stack", "dev", "-format", "markdown")
	if code != 1 || !strings.Contains(stderr, cause) || !strings.Contains(stdout, "**The preview failed.** Until then: **") || !strings.Contains(stdout, "```text\npreview failed\n"+cause) {
		t.Errorf("ended with %d: %s\n%s", code, stderr, stdout)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	root := small(t)
	const usage = ": plan -stack dev [-base main] [-format text|markdown]\n"
	for _, tt := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{nil, 2, "plan: name a stack" + usage},
		{[]string{"dev"}, 2, "plan: \"dev\" is too much" + usage},
		{[]string{"-stack", "dev", "-base", "main", "prod"}, 2, "plan: \"prod\" is too much" + usage},
		{[]string{"-stack", "dev", "-format", "html"}, 2, "plan: there is no format \"html\"" + usage},
		{[]string{"-stak", "dev"}, 2, "flag provided but not defined: -stak\nUsage of plan:\n"},
		{[]string{"-h"}, 0, "Usage of plan:\n"},
		{[]string{"-stack", "test"}, 1, "plan: there is no stack \"test\": no Pulumi.test.yaml; there are dev\n"},
		{[]string{"-stack", "test", "-base", "main"}, 1, "plan: there is no stack \"test\": no Pulumi.test.yaml; there are dev\n"},
		{[]string{"-stack", "dev", "-base", "main"}, 1, "plan: the revision \"main\" cannot be looked up: git rev-parse: fatal: not a git repository"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := plan(t, root, offlinetest.Small, tt.args...)
			if code != tt.code || !strings.HasPrefix(stderr, tt.stderr) || stdout != "" {
				t.Errorf("ended with %d, %q, %q; want %d, %q", code, stdout, stderr, tt.code, tt.stderr)
			}
		})
	}
}

// TestAgainstRevisions compares one working tree with revisions of all kinds.
func TestAgainstRevisions(t *testing.T) {
	t.Parallel()
	root := offlinetest.Repository(t, map[string]string{"README.md": ""})
	run(t, root, "init", "--quiet", "--initial-branch", "main")
	commit(t, root, "without-platform")
	files := baseFiles(t)
	files["Pulumi.yaml"] = "name: task-tracker\nruntime: go\n"
	offlinetest.Write(t, root, files)
	commit(t, root, "without-stack")
	setting := func(old, changed, tag string) {
		offlinetest.Write(t, root, map[string]string{"Pulumi.dev.yaml": strings.Replace(offlinetest.Settings, old, changed, 1)})
		commit(t, root, tag)
	}
	setting("10.0.1.0/24", "10.9.0.0/24", "refused")
	setting("10.0.1.0/24, tag: a", "10.0.2.0/24, tag: b", "other-settings")
	offlinetest.Write(t, root, map[string]string{"stacks/main.go": "package main\n\nfunc main() { nonsense() }\n"})
	commit(t, root, "does-not-build")
	offlinetest.Write(t, root, files)
	setting("", "", "same")

	kept := filepath.Join(root, ".build", "base")
	offlinetest.Write(t, root, map[string]string{".build/base/old": "", ".build/base/new": ""})
	if err := os.Chtimes(filepath.Join(kept, "old"), time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	all := "5 to create, 0 unchanged"
	for _, tt := range []struct{ base, heading, tally, more string }{
		{"without-platform", "nothing, since without-platform (0000000000) has no platform", all, ""},
		{"without-stack", "nothing, since without-stack (0000000000) has no stack dev", all, ""},
		{"does-not-build", "nothing, since does-not-build (0000000000) does not build", all, "undefined: nonsense"},
		{"refused", "nothing, since refused (0000000000) cannot be deployed", all, "part-subnet (aws:ec2/subnet:Subnet): "},
		{"HEAD^0", "HEAD^0 (0000000000)", "5 unchanged", ""},
		{
			"other-settings", "other-settings (0000000000)", "1 to update, 1 to replace, 3 unchanged",
			"  ± replace  aws:ec2/subnet:Subnet part-subnet [~cidrBlock: 10.0.2.0/24 → 10.0.1.0/24 (replaces)]\n  ~ update   aws:ec2/vpc:Vpc part-vpc [~tags.Name: b → a, ~tagsAll]\n",
		},
	} {
		t.Run(tt.base, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := plan(t, root, offlinetest.Small, "-stack", "dev", "-base", tt.base)
			if code != 0 {
				t.Fatalf("ended with %d: %s\n%s", code, stderr, stdout)
			}
			if tt.base == "HEAD^0" {
				if code, again, stderr := plan(t, root, offlinetest.Small, "-stack", "dev", "-base", "HEAD"); code != 0 || stderr != "" || !strings.Contains(again, tt.tally) {
					t.Errorf("the second plan ended with %d, and built again: %s\n%s", code, stderr, again)
				}
			}
			heading := "Stack dev against " + strings.Replace(tt.heading, "0000000000", run(t, root, "rev-parse", tt.base)[:10], 1) + ": " + tt.tally + " (…)\n"
			if !strings.HasPrefix(stdout, heading) || !strings.Contains(stdout, tt.more) {
				t.Errorf("want %s%s\ngot  %s", heading, tt.more, stdout)
			}
		})
	}
	t.Cleanup(func() {
		var programs []string
		for _, one := range []string{"old", "new", "HEAD", "refused", "does-not-build"} {
			name := one
			if one != "old" && one != "new" {
				name = run(t, root, "rev-parse", one)
			}
			if _, err := os.Stat(filepath.Join(kept, name)); err == nil {
				programs = append(programs, one)
			}
		}
		if diff := cmp.Diff([]string{"new", "HEAD", "refused"}, programs); diff != "" {
			t.Errorf("the programs that are kept: %s", diff)
		}
		if left := run(t, root, "worktree", "list", "--porcelain"); strings.Count(left, "worktree ") != 1 {
			t.Errorf("a plan left its base behind:\n%s", left)
		}
	})
	for _, revision := range []string{"gone", "--help", "main:README.md"} {
		code, stdout, stderr := plan(t, root, offlinetest.Small, "-stack", "dev", "-base", revision)
		want := fmt.Sprintf("plan: the repository has no revision %q; fetch it, or name another: BASE=main\n", revision)
		if code != 1 || stdout != "" || stderr != want {
			t.Errorf("%s: ended with %d: %q, want %q", revision, code, stderr, want)
		}
	}
}

// stopper ends a plan when it says something.
type stopper struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (s *stopper) Write(text []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(text)
}

// TestInterrupt stops a plan while it builds its base. It leaves nothing behind in the repository.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	root := small(t)
	run(t, root, "init", "--quiet", "--initial-branch", "main")
	offlinetest.Write(t, root, baseFiles(t))
	commit(t, root, "base")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &stopper{stop: stop}
	c := command{program: offlinetest.Small, enter: func() (string, error) { return offline.Root(root) }, stdout: io.Discard, stderr: log}
	if code := c.run(ctx, []string{"-stack", "dev", "-base", "base"}); code != 1 || !strings.Contains(log.String(), context.Canceled.Error()) {
		t.Errorf("ended with %d: %s", code, log.String())
	}
	if left := run(t, root, "worktree", "list", "--porcelain"); strings.Count(left, "worktree ") != 1 {
		t.Errorf("the base is still there:\n%s", left)
	}
	if left, err := os.ReadDir(filepath.Join(root, ".build", "base")); err != nil || len(left) > 0 {
		t.Errorf("half a program is left: %v %v", left, err)
	}
}

// TestModulesThatAreMissing is a machine that has never been online.
func TestModulesThatAreMissing(t *testing.T) {
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOPROXY", "off")
	root := offlinetest.Repository(t, baseFiles(t))
	_, err := build(context.Background(), filepath.Join(root, "stacks"), filepath.Join(root, "program"))
	offlinetest.WantError(t, err, "its modules are not in Go's module cache and cannot be fetched", "`go mod download`", "module lookup disabled by GOPROXY=off")
}

// TestLanguageHostThatIsMissing is a machine with the engine alone. An inline preview needs no language host; a base does.
func TestLanguageHostThatIsMissing(t *testing.T) {
	t.Parallel()
	b := baseline{revision: "main", commit: "0123456789abcdef"}
	cause := errors.New("error: failed to load language plugin go: no language plugin 'pulumi-language-go' found in the workspace or on your $PATH")
	offlinetest.WantError(t, b.stuck(cause), "no language host for Go", "main (0123456789)", "`make engine` builds it", cause.Error())
	offlinetest.WantError(t, b.stuck(errors.New("exit status 137")), "the update to main (0123456789) did not end: exit status 137")
	b.revision = "0123456789abcdef"
	if b.String() != "0123456789" {
		t.Errorf("a commit that is named by itself is said twice: %s", b)
	}
}
