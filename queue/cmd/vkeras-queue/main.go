// Command vkeras-queue is what `vkeras submit`, `work`, `collect` and `queue` hand
// over to: it stands in a module of its own, for NATS is large.
//
// Results go to standard output, everything else to standard error. The exit
// status is 0, 1 for a failed run, 2 for wrong usage, 130 for an interrupt.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	ok          = 0
	failed      = 1
	wrongUsage  = 2
	interrupted = 130 // 128 + SIGINT, as shells count
)

// tool is what the commands share.
type tool struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	quiet          bool
	started        bool // the command line was understood
}

func main() {
	t := &tool{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	if outputClosed() {
		t.stdout = closed{}
	}
	os.Exit(t.run(context.Background(), os.Args[1:]))
}

func (t *tool) run(ctx context.Context, args []string) int {
	out := &output{Writer: t.stdout}
	t.stdout = out
	root := t.root()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	var usage usageError
	var system *os.PathError
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(out.err, syscall.EPIPE): // the reader had enough: head, a pager
		return failed
	case errors.As(out.err, &system):
		fmt.Fprintf(t.stderr, "vkeras: standard output: %s\n", oneLine(system.Err))
		return failed
	case out.err != nil:
		fmt.Fprintf(t.stderr, "vkeras: standard output: %s\n", oneLine(out.err))
		return failed
	case err == nil:
		return ok
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(t.stderr, "vkeras: interrupted")
		return interrupted
	case errors.As(err, &usage) || !t.started:
		fmt.Fprintf(t.stderr, "vkeras: %s\n", oneLine(err))
		fmt.Fprintf(t.stderr, "Usage: %s (more by: %s --help)\n", command.UseLine(), command.CommandPath())
		return wrongUsage
	}
	fmt.Fprintf(t.stderr, "vkeras: %s\n", oneLine(err))
	return failed
}

func (t *tool) root() *cobra.Command {
	c := &cobra.Command{
		Use:           "vkeras", // through which these commands are called
		Short:         "Spread the classifying of pictures over many workers, by NATS JetStream",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.PersistentFlags().BoolVarP(&t.quiet, "quiet", "q", false, "say nothing but results and errors")
	c.SetIn(t.stdin)
	c.SetOut(t.stdout)
	c.SetErr(t.stderr)
	c.AddCommand(t.submit(), t.work(), t.collect(), t.host())
	for _, command := range c.Commands() {
		work := command.RunE
		command.RunE = func(c *cobra.Command, args []string) error {
			t.started = true // cobra has no more to say about the command line
			return work(c, args)
		}
	}
	return c
}

// say tells the user something that is not a result.
func (t *tool) say(format string, a ...any) {
	if !t.quiet {
		fmt.Fprintf(t.stderr, format+"\n", a...)
	}
}

// log is of what goes on for long.
func (t *tool) log() *slog.Logger {
	level := slog.LevelInfo
	if t.quiet {
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(t.stderr, &slog.HandlerOptions{Level: level}))
}

// untilSignal returns a context that an interrupt ends; a second one ends the process.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// usageError is a fault of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
