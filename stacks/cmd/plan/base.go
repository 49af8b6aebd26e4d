package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// baseline is the revision that a plan compares with.
type baseline struct {
	revision, commit string
	lacks            string // why there is nothing to compare with; "" where there is something
	note             string // more about that
}

func (b baseline) String() string {
	short := fmt.Sprintf("%s (%.10s)", b.revision, b.commit)
	if strings.HasPrefix(b.commit, b.revision) {
		short = fmt.Sprintf("%.10s", b.commit)
	}
	if b.lacks != "" {
		return "nothing, since " + short + " " + b.lacks
	}
	return short
}

// deployBase brings the stack of o to what a revision of the repository deploys. Its program is kept in .build/base. A revision that cannot be deployed is no
// error: else a change that mends it had no plan.
func deployBase(ctx context.Context, root, revision string, o offline.Options, dir string, log io.Writer) (b baseline, err error) {
	b.revision = revision
	if b.commit, err = resolve(ctx, root, revision); err != nil {
		return b, err
	}
	tree := filepath.Join(dir, "base")
	if _, err := git(ctx, root, "worktree", "add", "--detach", "--quiet", tree, b.commit); err != nil {
		return b, err
	}
	defer func() {
		_, gone := git(context.WithoutCancel(ctx), root, "worktree", "remove", "--force", tree)
		err = errors.Join(err, gone)
	}()
	if b.lacks = lacking(tree, o.Stack); b.lacks != "" {
		return b, nil
	}
	source := filepath.Join(tree, "stacks")
	binary := filepath.Join(root, ".build", "base", b.commit)
	if _, err := os.Stat(binary); err != nil {
		fmt.Fprintf(log, "plan: building the program of %s\n", b)
		if b.note, err = build(ctx, source, binary); err != nil {
			return b, fmt.Errorf("the program of %s: %w", b, err)
		}
		if b.note != "" {
			b.lacks = "does not build"
			return b, nil
		}
	}
	o.Tools, o.Root = root, tree
	s, err := offline.OpenBinary(ctx, binary, source, o)
	if err != nil {
		return b, err
	}
	defer s.Close()
	report, err := s.Up(ctx)
	switch {
	case err == nil:
		return b, nil
	case ctx.Err() == nil && len(report.Failures) > 0:
		b.note = err.Error()
		b.lacks = "cannot be deployed"
		return b, nil
	}
	return b, b.stuck(err)
}

// stuck explains an update that ended for reasons that are not the program's.
func (b baseline) stuck(err error) error {
	if strings.Contains(err.Error(), "pulumi-language-go") {
		return fmt.Errorf("the engine has no language host for Go, which runs the program of %s; `make engine` builds it: pulumi-language-go, beside the engine or on PATH: %w", b, err)
	}
	return fmt.Errorf("the update to %s did not end: %w", b, err)
}

// lacking says which part of the platform a revision has not; "" is none.
func lacking(tree, stack string) string {
	if _, err := os.Stat(filepath.Join(tree, "stacks", "main.go")); err != nil {
		return "has no platform"
	}
	if _, err := os.Stat(filepath.Join(tree, "Pulumi."+stack+".yaml")); err != nil {
		return "has no stack " + stack
	}
	return ""
}

// resolve returns the commit that a revision names.
func resolve(ctx context.Context, root, revision string) (string, error) {
	commit, err := git(ctx, root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	var failed refused
	switch {
	case errors.As(err, &failed) && failed == "git rev-parse: ":
		return "", fmt.Errorf("the repository has no revision %q; fetch it, or name another: BASE=main", revision)
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("a plan against a revision needs git: %w; install it, or plan without BASE", err)
	case err != nil:
		return "", fmt.Errorf("the revision %q cannot be looked up: %w; plan without BASE to compare with nothing", revision, err)
	}
	return commit, nil
}

// unfetched is what go says of modules that are not in its cache where there is no network.
var unfetched = regexp.MustCompile(`dial tcp|module lookup disabled|proxyconnect|no such host|i/o timeout|connection refused`)

// build compiles a program, and forgets those that were compiled long ago. What the compiler has against it is returned as
// text.
func build(ctx context.Context, source, binary string) (faults string, err error) {
	if err := forget(filepath.Dir(binary), time.Now().Add(-24*time.Hour)); err != nil {
		return "", err
	}
	// Nobody sees a binary that is not whole, and two plans may build at once.
	fresh := fmt.Sprintf("%s.%d", binary, os.Getpid())
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", fresh, ".") // without what debuggers want: it is slow to link
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return "", os.Rename(fresh, binary)
	case ctx.Err() != nil:
		return "", ctx.Err()
	case unfetched.Match(out):
		return "", fmt.Errorf("its modules are not in Go's module cache and cannot be fetched: run `go mod download` once in the stacks/ folder of that revision, with a network: %w\n%s", err, out)
	case errors.As(err, &failed):
		return strings.TrimSpace(string(out)), nil
	}
	return "", fmt.Errorf("a plan against a revision needs Go to build it: %w", err)
}

// forget removes what is older than a time from a folder, which is made where it is not there.
func forget(dir string, before time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, one := range all {
		if info, err := one.Info(); err == nil && info.ModTime().Before(before) {
			if err := os.RemoveAll(filepath.Join(dir, one.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// refused is what git says when it does not do what it is told.
type refused string

func (r refused) Error() string { return string(r) }

func git(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return "", refused(fmt.Sprintf("git %s: %s", args[0], strings.TrimSpace(string(failed.Stderr))))
	}
	return strings.TrimSpace(string(out)), err
}
