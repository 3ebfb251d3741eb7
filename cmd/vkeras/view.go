package main

import "github.com/spf13/cobra"

func (t *tool) view() *cobra.Command {
	v := &viewer{pictureInput: pictureInput{tool: t}}
	c := &cobra.Command{
		Use:   "view [PICTURE...]",
		Short: "Show pictures, probabilities and feature maps in a window",
		Long: `View opens a window: a picture, bars of its probabilities, the feature maps of a
block, and the time by block. Left and right walk the pictures, up and down change
the block, the wheel zooms, dragging moves; the cursor shows a channel, a position,
its value, and what it sees of the picture. C shows which pixels can still matter.
Pictures and folders can be dropped on the window.

The window is a program of its own, vkeras-view, which takes the same arguments:
only it needs a window system to build (make view) and to run.`,
		Example: `  vkeras view photos/
  vkeras view --model my_resnet.keras hand.png`,
		RunE: func(c *cobra.Command, args []string) error { return v.run(c, args) },
	}
	v.register(c)
	return c
}
