// Command plan previews a stack on the real engine with a stand-in for AWS, and says what would change: against nothing,
// or against what a git revision of the repository would have deployed. It needs no account, no credentials, no network.
//
//	plan -stack prod [-base REVISION] [-format text|markdown]
//
// It ends with 0 when the preview succeeds, 1 when it fails, 2 on wrong usage.
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

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	flags.SetOutput(stderr)
	stack := flags.String("stack", "", "the stack: dev, prod or another with a Pulumi.<stack>.yaml")
	base := flags.String("base", "", "compare with this git revision instead of with nothing")
	format := flags.String("format", "text", "text or markdown")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *stack == "" || flags.NArg() > 0 || *format != "text" && *format != "markdown" {
		fmt.Fprintln(stderr, "plan: name a stack and a format that there is: plan -stack dev [-base main] [-format text|markdown]")
		return 2
	}
	report, against, err := plan(ctx, *stack, *base, stderr)
	if report != nil {
		p := page{Stack: *stack, Against: against, Report: report, Err: err}
		if *format == "markdown" {
			p.markdown(stdout)
		} else {
			p.text(stdout)
		}
	}
	if err != nil {
		if report == nil || *format == "markdown" {
			fmt.Fprintln(stderr, "plan:", err)
		}
		return 1
	}
	return 0
}

// plan previews the stack. Against says what with: "nothing", or the revision.
func plan(ctx context.Context, stack, base string, log io.Writer) (report *offline.Report, against string, err error) {
	root, err := offline.Root(".")
	if err != nil {
		return nil, "", err
	}
	// The program runs where the engine's language host would run it.
	if err := os.Chdir(filepath.Join(root, "stacks")); err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp("", "task-tracker-plan-")
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	against = "nothing"
	if base != "" {
		if against, err = deployBase(ctx, root, base, stack, dir, log); err != nil {
			return nil, "", err
		}
	}
	s, err := offline.Open(ctx, platform.Deploy, offline.Options{Root: root, Stack: stack, Dir: dir})
	if err != nil {
		return nil, "", err
	}
	defer s.Close()
	report, err = s.Preview(ctx)
	return report, against, err
}
