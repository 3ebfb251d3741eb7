//go:build !window

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// viewerName is the program that opens windows.
const viewerName = "vkeras-view"

// arguments returns the tool's arguments.
func arguments(args []string) []string { return args }

// run hands over to vkeras-view.
func (v *viewer) run(c *cobra.Command, args []string) error {
	program, err := findBeside(viewerName, "`make view` builds it (vkeras maps and vkeras heat need no window)")
	if err != nil {
		return err
	}
	var all []string
	c.Flags().Visit(func(f *pflag.Flag) { all = append(all, fmt.Sprintf("--%s=%s", f.Name, f.Value)) })
	run := exec.CommandContext(c.Context(), program, append(append(all, "--"), args...)...)
	run.Stdin, run.Stdout, run.Stderr = v.stdin, v.stdout, v.stderr
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	var exit *exec.ExitError
	if err := run.Run(); errors.As(err, &exit) {
		return errReported // by the viewer
	} else if err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	return nil
}
