package main

import "github.com/spf13/cobra"

// viewer is a `vkeras view` on its way: here to vkeras-view, there to the window.
type viewer struct {
	pictureInput
	model  modelFlags
	device deviceFlags
}

func (v *viewer) register(c *cobra.Command) {
	v.model.register(c)
	v.device.register(c, 1)
	_ = c.Flags().MarkHidden("batch") // one picture
	v.pictureInput.register(c)
	v.registerOutput(c)
}
