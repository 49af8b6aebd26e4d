// Command sim takes a stack through its life on the real engine with a stand-in for AWS: up, up again without a change,
// refresh without a change, destroy until nothing is left. It reports every step and needs no account.
//
//	sim -stack dev [-v]
//
// It ends with 0 when every step did what it must, 1 when one did not, 2 on wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	stack := flags.String("stack", "", "the stack: dev, prod or another with a Pulumi.<stack>.yaml")
	verbose := flags.Bool("v", false, "list every change")
	if err := flags.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	if *stack == "" || flags.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "sim: name a stack: sim -stack dev")
		os.Exit(2)
	}
	if err := run(ctx, *stack, *verbose, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sim:", err)
		os.Exit(1)
	}
}

// life is what a stack goes through; a quiet step must change nothing.
type life struct {
	name  string
	quiet bool
	do    func(context.Context) (*offline.Report, error)
}

func run(ctx context.Context, stack string, verbose bool, w io.Writer) (err error) {
	root, err := offline.Root(".")
	if err != nil {
		return err
	}
	// The program runs where the engine's language host would run it.
	if err := os.Chdir(filepath.Join(root, "stacks")); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "task-tracker-sim-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := offline.Open(ctx, platform.Deploy, offline.Options{Root: root, Stack: stack, Dir: dir})
	if err != nil {
		return err
	}
	defer s.Close()

	steps := []life{
		{"preview", false, s.Preview},
		{"up", false, s.Up},
		{"up again", true, s.Up},
		{"refresh", true, s.Refresh},
		{"up, protection off", false, func(ctx context.Context) (*offline.Report, error) {
			if err := s.Set(platform.ProtectionOff()); err != nil {
				return nil, err
			}
			return s.Up(ctx)
		}},
		{"destroy", false, s.Destroy},
	}
	for _, step := range steps {
		report, err := step.do(ctx)
		if err != nil {
			return fmt.Errorf("stack %s: %s: %w", stack, step.name, err)
		}
		fmt.Fprintf(w, "%-20s %7s  %s\n", step.name, report.Took.Round(10*time.Millisecond), report.Tally())
		if verbose || step.quiet {
			for _, c := range report.Changes {
				fmt.Fprintf(w, "    %-8s %s %s\n", c.Op, c.Type, c.Name)
				for _, k := range c.Keys {
					fmt.Fprintf(w, "             %s %s\n", k.Kind, k.Path)
				}
			}
		}
		if step.quiet && len(report.Changes) > 0 {
			return fmt.Errorf("stack %s: %s: %d resources changed, none should", stack, step.name, len(report.Changes))
		}
	}
	if left := s.Cloud().Objects(); len(left) > 0 {
		return fmt.Errorf("stack %s: destroy left %d objects in the account, the first is %s %s", stack, len(left), left[0].Token, left[0].ID)
	}
	fmt.Fprintf(w, "stack %s: all steps as they should be; nothing is left in the account\n", stack)
	return nil
}
