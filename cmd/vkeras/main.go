// Command vkeras runs Keras image classifiers on any Vulkan GPU.
//
// Results go to standard output, everything else to standard error. The exit
// status is 0, 1 for a failed run, 2 for wrong usage, 130 for an interrupt.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	ok          = 0
	failed      = 1
	wrongUsage  = 2
	interrupted = 130 // 128 + SIGINT, as shells count
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	os.Exit(run(ctx, arguments(os.Args[1:]), os.Stdin, os.Stdout, os.Stderr))
}

// run is main with everything that it touches passed in.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	tool := &tool{stdin: stdin, stdout: stdout, stderr: stderr}
	root := tool.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	var status exitStatus
	switch {
	case err == nil:
		return ok
	case errors.As(err, &status): // it has said why
		return int(status)
	case errors.Is(err, syscall.EPIPE): // the reader had enough: head, a pager
		return failed
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "vkeras: interrupted")
		return interrupted
	case errors.As(err, &usage) || !tool.started:
		fmt.Fprintf(stderr, "vkeras: %s\n", oneLine(err))
		fmt.Fprintln(stderr, "Run 'vkeras --help', or 'vkeras COMMAND --help', for usage.")
		return wrongUsage
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintf(stderr, "vkeras: %s\n", oneLine(err))
	}
	return failed
}
