package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// deployBase brings the stack in dir to what a revision of the repository deploys, and says what that is.
func deployBase(ctx context.Context, root, revision, stack, dir string, log io.Writer) (against string, err error) {
	commit, err := git(ctx, root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("the repository has no revision %q; fetch it, or name another: BASE=main", revision)
	}
	short := fmt.Sprintf("%s (%.10s)", revision, commit)
	tree := filepath.Join(dir, "base")
	if _, err := git(ctx, root, "worktree", "add", "--detach", "--quiet", tree, commit); err != nil {
		return "", err
	}
	defer func() {
		_, gone := git(context.WithoutCancel(ctx), root, "worktree", "remove", "--force", tree)
		err = errors.Join(err, gone)
	}()
	if _, err := os.Stat(filepath.Join(tree, "stacks", "main.go")); err != nil {
		return short + ", which has no platform: nothing", nil
	}
	if _, err := os.Stat(filepath.Join(tree, "Pulumi."+stack+".yaml")); err != nil {
		return short + ", which has no stack " + stack + ": nothing", nil
	}
	fmt.Fprintf(log, "plan: building the program of %s\n", short)
	binary := filepath.Join(dir, "base-program")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = filepath.Join(tree, "stacks")
	build.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the program of %s does not build: %w\n%s", short, err, out)
	}
	s, err := offline.OpenBinary(ctx, binary, build.Dir, offline.Options{Root: tree, Tools: root, Stack: stack, Dir: dir})
	if err != nil {
		return "", err
	}
	defer s.Close()
	if _, err := s.Up(ctx); err != nil {
		return "", fmt.Errorf("%s cannot be deployed, so there is nothing to compare with: %w", short, err)
	}
	return short, nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(failed.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}
