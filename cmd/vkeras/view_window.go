//go:build window

package main

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/view/window"
)

// init keeps main on the process's first thread, the only one on which macOS lets
// windows be opened.
func init() { runtime.LockOSThread() }

// arguments returns the tool's arguments: of vkeras-view, whose one command is
// view.
func arguments(args []string) []string { return append([]string{"view"}, args...) }

func (v *viewer) run(c *cobra.Command, args []string) error {
	o, err := v.windowOptions(c.Context(), args)
	if err != nil {
		return err
	}
	return explain(window.Run(c.Context(), o))
}

// windowOptions reads the model and says what the window shows.
func (v *viewer) windowOptions(ctx context.Context, args []string) (window.Options, error) {
	var o window.Options
	if v.device.name == engine.Reference {
		return o, usagef("--device %s: a window needs a Vulkan device", engine.Reference)
	}
	files, _, err := v.listed(classify.ListPictures(args))
	if err != nil {
		return o, err
	}
	model, name, err := v.model.open()
	if err != nil {
		return o, err
	}
	if err := v.prepare(model, name); err != nil {
		return o, err
	}
	v.tell()
	return window.Options{
		Name: name, Graph: v.Graph, Labels: v.Labels, Score: v.Score, Files: files,
		Device: gpu.Choice{Name: v.device.name, RequireGPU: v.device.requireGPU},
		Load:   func(file string) (window.Picture, error) { return v.load(ctx, file) }, List: classify.ListPictures, Say: v.say,
	}, nil
}

// load reads a picture for the network and for the window.
func (v *viewer) load(ctx context.Context, file string) (window.Picture, error) {
	picture, err := v.Whole(ctx, file)
	if err != nil {
		return window.Picture{}, hint(err)
	}
	x := picture.Input
	return window.Picture{Input: &nn.Tensor{Shape: x.Shape.Batch(1), Data: x.Data}, Image: picture.Image}, nil
}
