package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

// env is what a command has of the world.
type env struct {
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
}

// config reads and checks all settings. The error names every fault and means exit code 2.
func (e *env) config() (*config.Config, error) {
	cfg, err := config.Load(e.environ)
	if err != nil {
		return nil, usageError{fmt.Errorf("the environment has faults:\n  %s", strings.ReplaceAll(err.Error(), "\n", "\n  "))}
	}
	return cfg, nil
}

// storeOptions are the database's settings as package store takes them.
func storeOptions(cfg *config.Config) store.Options {
	d := cfg.Database
	return store.Options{URL: d.URL, ReplicaURL: d.ReplicaURL, CAFile: d.CAFile, MaxConns: d.MaxConns}
}

// printJSON writes v, indented, where a script reads it.
func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// isTerminal reports whether a stream is a terminal that somebody looks at.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// count is a number with the noun in its form: 1 task, 2 tasks.
func count[N int | int64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// usageError is a wrong command line or environment: exit code 2.
type usageError struct{ err error }

// Error implements error.
func (u usageError) Error() string { return u.err.Error() }

// Unwrap gives the fault itself.
func (u usageError) Unwrap() error { return u.err }

// exitCode prints what went wrong, once, and says which code stands for it.
func (e *env) exitCode(err error) int {
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintf(e.stderr, "tasktracker: %v\n", err) // nobody is left to tell
	var usage usageError
	if errors.As(err, &usage) || strings.HasPrefix(err.Error(), "unknown command") {
		return 2
	}
	return 1
}

// newRootCmd lists the commands; each has a file of its own.
func newRootCmd(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:           "tasktracker",
		Short:         "Task Tracker: an API for tasks, one binary",
		Long:          "Task Tracker: an API for tasks, one binary.\n\nSettings come from the environment (TASKTRACKER_…); `tasktracker config` prints them.",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate(versionLine())
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newServeCmd(e),
		newMigrateCmd(e),
		newUserCmd(e),
		newTokenCmd(e),
		newSeedCmd(e),
		newExportCmd(e),
		newImportCmd(e),
		newHealthcheckCmd(e),
		newConfigCmd(e),
		newVersionCmd(e),
	)
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// unknownCommand is the fault of naming a command that a group of commands does not have; --help behind it does not make
// it known.
func unknownCommand(root *cobra.Command, args []string) error {
	group, rest, err := root.Find(args)
	if err != nil || group == root || !group.HasSubCommands() {
		return nil // cobra says what is wrong, if anything
	}
	for _, arg := range rest {
		if !strings.HasPrefix(arg, "-") {
			return usageError{fmt.Errorf("unknown command %q: %w", arg, needsSubcommand(group, nil))}
		}
	}
	return nil
}

// noArgs is cobra.NoArgs with our exit code.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args)}
	}
	return nil
}
