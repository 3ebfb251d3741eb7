package main

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/internal/startup"
)

func (t *tool) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "vkeras",
		Short: "Keras image classifiers on any Vulkan GPU",
		Long: `vkeras opens what Keras writes (.h5, .weights.h5, .keras; Keras 1, 2 and 3)
and runs it on a GPU by Vulkan, or natively on the CPU, without Python and without conversion.

Without --model it uses a demo model: the course exercise's ResNet50, which
tells six hand signs apart. The environment variable VKERAS_DEVICE stands for a
--device that is not given.`,
		Example: `  vkeras classify hand.png
  vkeras classify --model my_resnet.keras --top 5 photos/
  vkeras summary --model my_resnet.h5
  vkeras devices`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	c.PersistentFlags().BoolVarP(&t.quiet, "quiet", "q", false, "say nothing but results and errors")
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return plainFlagError(err) })
	c.SetIn(t.stdin)
	c.SetOut(t.stdout)
	c.SetErr(t.stderr)
	c.AddCommand(t.classify(), t.predict(), t.summary(), t.models(), t.plan(), t.devices(), t.doctor(), t.kernels(), t.bench(), t.profile(), t.study(), t.validate(), t.maps(), t.heat(), t.explore(), t.view(), t.serve(), t.worker(), t.decode(), t.man(), t.version())
	c.AddCommand(t.queueCommands()...)
	for _, command := range c.Commands() {
		work := command.RunE
		command.RunE = func(c *cobra.Command, args []string) error {
			t.started = true // cobra has no more to say about the command line
			if err := enoughAddresses(c.Name(), startup.AddressSpace()); err != nil {
				return err
			}
			return deviceFromEnvironment(c, func() error { return work(c, args) })
		}
	}
	return c
}

// enoughAddresses returns an error for a command that computes with so few addresses
// that Go's runtime would end with a dump of its own. What is needed was measured with
// the demo model on llvmpipe: Go and drivers reserve far more than they use.
func enoughAddresses(command string, limit int64) error {
	const needed = 2750 << 20
	computing := []string{"bench", "classify", "doctor", "explore", "heat", "maps", "predict", "profile", "serve", "study", "validate", "view", "worker"}
	if limit >= needed || !slices.Contains(computing, command) {
		return nil
	}
	return fmt.Errorf("the address space is limited to %s (ulimit -v); about %s and the model's size are needed", humanize.IBytes(uint64(limit)), humanize.IBytes(needed))
}
