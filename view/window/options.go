package window

import (
	"image"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// Options are what a window shows.
type Options struct {
	Name   string    // of the model
	Graph  *nn.Graph // of one input (H, W, 3) and one output (classes)
	Labels []string  // a class each
	Score  string    // what the output's numbers are: "probability" gets percent signs
	Files  []string  // pictures
	Device gpu.Choice

	// Load reads a picture.
	Load func(file string) (Picture, error)
	// List expands what was dropped on the window, files and folders, to pictures.
	List func(paths []string) ([]string, error)
	// Say tells the user something beside the window.
	Say func(format string, a ...any)
}

// Picture is a picture that was read.
type Picture struct {
	Input *nn.Tensor  // (1, H, W, 3): what the network gets
	Image image.Image // what is drawn
}
