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

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := command{program: platform.Deploy, enter: offline.Enter, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(c.run(ctx, os.Args[1:]))
}

// command is what a plan is made of, and where it is printed.
type command struct {
	program        pulumi.RunFunc
	enter          func() (root string, err error) // goes where the program runs, and returns the repository's folder
	stdout, stderr io.Writer
}

func (c command) run(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	flags.SetOutput(c.stderr)
	stack := flags.String("stack", "", "the stack: dev, prod or another with a Pulumi.<stack>.yaml")
	base := flags.String("base", "", "compare with this git revision instead of with nothing")
	format := flags.String("format", "text", "text or markdown")
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
	case *format != "text" && *format != "markdown":
		wrong = fmt.Sprintf("there is no format %q", *format)
	}
	if wrong != "" {
		fmt.Fprintf(c.stderr, "plan: %s: plan -stack dev [-base main] [-format text|markdown]\n", wrong)
		return 2
	}
	p, err := c.plan(ctx, *stack, *base)
	if p != nil {
		if *format == "markdown" {
			p.markdown(c.stdout)
		} else {
			p.text(c.stdout)
		}
	}
	if err != nil {
		if p == nil || *format == "markdown" {
			fmt.Fprintln(c.stderr, "plan:", err)
		}
		return 1
	}
	return 0
}

// plan previews the stack. The page is there also where the preview failed.
func (c command) plan(ctx context.Context, stack, base string) (p *page, err error) {
	root, err := c.enter()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "task-tracker-plan-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	o := offline.Options{Root: root, Stack: stack, Dir: filepath.Join(dir, "stack")}
	if err := offline.Ready(o); err != nil {
		return nil, err
	}
	p = &page{Stack: stack, Against: "nothing"}
	if base != "" {
		b, err := deployBase(ctx, root, base, o, dir, c.stderr)
		if err != nil {
			return nil, err
		}
		p.Against, p.Note = b.String(), b.note
		if b.lacks != "" {
			o.Dir = filepath.Join(dir, "empty") // what a failed base left behind does not count
		}
	}
	s, err := offline.Open(ctx, c.program, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	p.Report, p.Err = s.Preview(ctx)
	return p, p.Err
}
