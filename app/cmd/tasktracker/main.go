package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set when the binary is linked.
var version = "dev"

func main() {
	ctx := untilSignal(context.Background())
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// untilSignal ends with the first signal. The second one ends the process at once, with the exit code that stands for
// it: whoever sends it does not want to wait. The signals stay ours until then: what the system did with them before may
// be to ignore them, as it does to SIGINT in a process that a shell has put into the background.
func untilSignal(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		code := 1
		if s, ok := (<-signals).(syscall.Signal); ok {
			code = 128 + int(s)
		}
		os.Exit(code)
	}()
	return ctx
}

// run runs one command to its end and returns the exit code. A cancelled ctx is a polite request to stop.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	e := &env{environ: environ, stdin: stdin, stdout: stdout, stderr: stderr}
	root := newRootCmd(e)
	root.SetArgs(args)
	if err := unknownCommand(root, args); err != nil {
		return e.exitCode(err)
	}
	return e.exitCode(root.ExecuteContext(ctx))
}
