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
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/internal/outfile"
	"github.com/vkeras/vkeras/internal/startup"
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
	var stdout io.Writer = os.Stdout
	for stream := range 3 {
		if startup.Closed(stream) {
			outfile.Lose(stream)
		}
	}
	if startup.Closed(1) {
		stdout = closed{}
	}
	os.Exit(run(ctx, arguments(os.Args[1:]), os.Stdin, stdout, os.Stderr))
}

// run is main with everything that it touches passed in.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &results{Writer: stdout}
	tool := &tool{stdin: stdin, stdout: out, stderr: stderr}
	root := tool.root()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	var usage usageError
	var status exitStatus
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(out.err, syscall.EPIPE): // the reader had enough: head, a pager
		return failed
	case out.err != nil:
		fmt.Fprintf(stderr, "vkeras: standard output: %s\n", oneLine(withoutPath(out.err)))
		return failed
	case err == nil:
		return ok
	case errors.As(err, &status): // it has said why
		return int(status)
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "vkeras: interrupted")
		return interrupted
	case errors.As(err, &usage) || !tool.started:
		fmt.Fprintf(stderr, "vkeras: %s\n", oneLine(err))
		hintDashes(stderr, command, args)
		fmt.Fprintf(stderr, "Usage: %s (more by: %s --help)\n", command.UseLine(), command.CommandPath())
		return wrongUsage
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintf(stderr, "vkeras: %s\n", oneLine(err))
		hintDashes(stderr, command, args)
	}
	return failed
}

// hintDashes tells how to name files that look like flags.
func hintDashes(stderr io.Writer, command *cobra.Command, args []string) {
	for i, a := range args {
		if a == "--" {
			return
		}
		if i > 0 && takesValue(command, args[i-1]) {
			continue
		}
		if _, err := os.Lstat(a); err == nil && len(a) > 1 && a[0] == '-' {
			fmt.Fprintf(stderr, "vkeras: %s was taken for a flag; the file of that name is ./%s\n", shown(a), shown(a))
		}
	}
}

// takesValue reports whether an argument is a flag whose value is the next argument.
func takesValue(command *cobra.Command, arg string) bool {
	f := command.Flags().Lookup(strings.TrimPrefix(arg, "--"))
	if len(arg) == 2 && arg[0] == '-' {
		f = command.Flags().ShorthandLookup(arg[1:])
	}
	return strings.HasPrefix(arg, "-") && f != nil && f.NoOptDefVal == ""
}
