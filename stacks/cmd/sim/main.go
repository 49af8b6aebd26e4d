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
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := command{program: platform.Deploy, unprotect: platform.ProtectionOff(), enter: offline.Enter, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(c.run(ctx, os.Args[1:]))
}

// command is what a life is made of, and where it is told.
type command struct {
	program        pulumi.RunFunc
	unprotect      map[string]any                  // settings that let the stack be destroyed
	enter          func() (root string, err error) // goes where the program runs, and returns the repository's folder
	stdout, stderr io.Writer
}

func (c command) run(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	flags.SetOutput(c.stderr)
	stack := flags.String("stack", "", "the stack: dev, prod or another with a Pulumi.<stack>.yaml")
	verbose := flags.Bool("v", false, "list every change")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	wrong := ""
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("%q is too much", flags.Arg(0))
	case *stack == "":
		wrong = "name a stack"
	}
	if wrong != "" {
		fmt.Fprintf(c.stderr, "sim: %s: sim -stack dev [-v]\n", wrong)
		return 2
	}
	if err := c.live(ctx, *stack, *verbose); err != nil {
		fmt.Fprintln(c.stderr, "sim:", err)
		return 1
	}
	return 0
}

// step is one of a stack's life; a quiet one must change nothing.
type step struct {
	name  string
	quiet bool
	do    func(context.Context) (*offline.Report, error)
}

func (c command) live(ctx context.Context, stack string, verbose bool) (err error) {
	root, err := c.enter()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "task-tracker-sim-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := offline.Open(ctx, c.program, offline.Options{Root: root, Stack: stack, Dir: dir})
	if err != nil {
		return err
	}
	defer s.Close()

	for _, one := range []step{
		{"preview", false, s.Preview},
		{"up", false, s.Up},
		{"up again", true, s.Up},
		{"refresh", true, s.Refresh},
		{"up, protection off", false, func(ctx context.Context) (*offline.Report, error) {
			if err := s.Set(c.unprotect); err != nil {
				return nil, err
			}
			return s.Up(ctx)
		}},
		{"destroy", false, s.Destroy},
	} {
		if err := c.take(ctx, one, verbose); err != nil {
			return fmt.Errorf("stack %s: %s: %w", stack, one.name, err)
		}
	}
	if left := s.Cloud().Objects(); len(left) > 0 {
		return fmt.Errorf("stack %s: destroy left %d objects in the account, the first is %s %s", stack, len(left), left[0].Token, left[0].ID)
	}
	fmt.Fprintf(c.stdout, "stack %s: all steps as they should be; nothing is left in the account\n", stack)
	return nil
}

// take takes one step and tells what it did, also where it failed.
func (c command) take(ctx context.Context, one step, verbose bool) error {
	report, err := one.do(ctx)
	if report == nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%-20s %7s  %s\n", one.name, report.Took.Round(10*time.Millisecond), report.Tally())
	if verbose || one.quiet {
		for _, change := range report.Changes {
			fmt.Fprintf(c.stdout, "    %-8s %s %s\n", change.Op, change.Type, change.Name)
			for _, k := range change.Keys {
				fmt.Fprintf(c.stdout, "             %s %s\n", k.Kind, k.Path)
			}
		}
	}
	if err == nil && one.quiet && len(report.Changes) > 0 {
		return fmt.Errorf("%d resources changed, none should", len(report.Changes))
	}
	return err
}
