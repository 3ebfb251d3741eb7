package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
)

// queueName is the program that has what needs NATS: module queue of this repository.
const queueName = "vkeras-queue"

// queueCommands returns the commands that are handed over to vkeras-queue, with all
// that the user wrote, --help included.
func (t *tool) queueCommands() []*cobra.Command {
	var list []*cobra.Command
	for _, c := range []struct{ name, short string }{
		{"submit", "Put pictures on a queue, for vkeras work to classify"},
		{"work", "Classify the pictures of a queue"},
		{"collect", "Write the answers that a queue has"},
		{"queue", "Host the queue that vkeras submit, work and collect use"},
	} {
		command := &cobra.Command{
			Use: c.name, Short: c.short, DisableFlagParsing: true,
			RunE: func(_ *cobra.Command, args []string) error {
				return t.handOver(append([]string{c.name}, args...))
			},
		}
		command.SetHelpFunc(func(*cobra.Command, []string) {
			if err := t.handOver([]string{c.name, "--help"}); err != nil {
				t.say("vkeras: %s", oneLine(err))
			}
		})
		list = append(list, command)
	}
	return list
}

// handOver becomes vkeras-queue, so that signals and the status are its own; where
// a process cannot become another, it starts one and waits.
func (t *tool) handOver(args []string) error {
	program, err := findBeside(queueName, "`make build` builds it, or `go install github.com/vkeras/vkeras/queue/cmd/vkeras-queue@latest`")
	if err != nil {
		return err
	}
	out, wrapped := t.stdout.(*results)
	if t.stdin == os.Stdin && wrapped && out.Writer == os.Stdout && t.stderr == os.Stderr && runtime.GOOS != "windows" {
		err := syscall.Exec(program, append([]string{queueName}, args...), os.Environ())
		return fmt.Errorf("run %s: %w", program, err)
	}
	run := exec.Command(program, args...) // an interrupt reaches it too
	run.Stdin, run.Stdout, run.Stderr = t.stdin, t.stdout, t.stderr
	var exit *exec.ExitError
	if err := run.Run(); errors.As(err, &exit) {
		return exitStatus(exit.ExitCode())
	} else if err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	return nil
}
