package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/validate"
)

// inputFlags say what the network is run on.
type inputFlags struct {
	files          []string
	seed           uint64
	preset, filter string
	decoder        string
	exif           bool

	failed bool // some of the pictures could not be read, which has been said
}

func (f *inputFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVarP(&f.files, "input", "i", nil, "`FILE`.npy with a batch of the model's input; once for each input of the model")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of the random input")
	c.Flags().StringVar(&f.preset, "preset", "", "scaling of pixel values, as for classify (default: by the model)")
	c.Flags().StringVar(&f.filter, "resize", string(pictures.Nearest), "how to resize pictures, as for classify")
	c.Flags().BoolVar(&f.exif, "exif", false, "turn pictures upright by their EXIF orientation")
	registerDecoder(c, &f.decoder)
	_ = c.MarkFlagFilename("input", "npy")
}

// read returns the input, and says what it is: the pictures, the files, the
// judge's own where it has the inputs, else random values.
func (f *inputFlags) read(ctx context.Context, t *tool, g *nn.Graph, model string, files []string, judge validate.Judge) ([]*nn.Tensor, string, error) {
	if len(files) > 0 {
		return f.pictures(ctx, t, g, model, files)
	}
	if len(f.files) > 0 {
		in, err := f.arrays(ctx, g)
		return in, strings.Join(f.files, ", "), err
	}
	if a, ok := judge.(validate.Arrays); ok {
		in := a.Inputs(g)
		if in == nil {
			return nil, "", usagef("%s holds outputs and no input: pass the same --input x.npy that Keras had, or the pictures", a)
		}
		_, err := g.CheckInputs(in)
		return in, "the input in " + a.String(), err
	}
	return f.random(g)
}

// pictures prepares pictures as classify does.
func (f *inputFlags) pictures(ctx context.Context, t *tool, g *nn.Graph, model string, args []string) ([]*nn.Tensor, string, error) {
	if !classify.TakesPictures(g) {
		return nil, "", fmt.Errorf("%s: its input is no picture (H, W, 3): pass --input x.npy", model)
	}
	files, failed, err := t.listed(classify.ListPictures(args))
	if err != nil {
		return nil, "", err
	}
	f.failed = failed
	k := &pictureInput{tool: t, preset: f.preset, filter: f.filter, exif: f.exif, decoder: f.decoder, maxPixels: pictures.DefaultMaxPixels}
	reader, err := k.reader(g, model)
	if err != nil {
		return nil, "", err
	}
	var x *nn.Tensor
	for _, file := range files {
		one, err := reader.Batch(ctx, []string{file})
		switch {
		case ctx.Err() != nil:
			return nil, "", ctx.Err()
		case err != nil:
			f.failed = true
			fmt.Fprintf(t.stderr, "vkeras: %s\n", shown(oneLine(err)))
		case x == nil:
			x = one
		default:
			x.Data = append(x.Data, one.Data...)
			x.Shape[0]++
		}
	}
	if x == nil {
		return nil, "", errReported
	}
	return []*nn.Tensor{x}, fmt.Sprintf("%d pictures (--resize %s, --preset %s)", x.Shape[0], reader.Pictures.Filter, reader.Pictures.Preset), nil
}

func (f *inputFlags) arrays(ctx context.Context, g *nn.Graph) ([]*nn.Tensor, error) {
	if len(f.files) != len(g.Inputs) {
		return nil, usagef("the model has %d inputs: pass --input as often, in their order", len(g.Inputs))
	}
	in := make([]*nn.Tensor, len(f.files))
	for i, name := range f.files {
		var err error
		if in[i], err = validate.OpenArray(ctx, name); err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		if err := g.CheckInput(i, in[i]); err != nil {
			return nil, fmt.Errorf("--input %s: %w", name, err)
		}
	}
	_, err := g.CheckInputs(in)
	return in, err
}

// random returns two images: of random pixels, scaled as the model's pictures are,
// where that is known; else normally distributed.
func (f *inputFlags) random(g *nn.Graph) ([]*nn.Tensor, string, error) {
	preset, err := f.randomPreset(g)
	if err != nil {
		return nil, "", err
	}
	if preset == "" {
		return validate.RandomInputs(g, f.seed, nil), fmt.Sprintf("normally distributed (--seed %d)", f.seed), nil
	}
	return validate.RandomInputs(g, f.seed, preset.Apply), fmt.Sprintf("random pixels (--seed %d, --preset %s)", f.seed, preset), nil
}

// randomPreset returns the scaling of random pixels, "" where they are none.
func (f *inputFlags) randomPreset(g *nn.Graph) (pictures.Preset, error) {
	if !classify.TakesPictures(g) {
		return "", nil
	}
	if f.preset == "" {
		return applications.Recognise(g).Preset, nil
	}
	preset, err := pictures.ParsePreset(f.preset)
	if err != nil || !slices.Contains(pictures.Presets(), preset) {
		return "", usagef("--preset: %w", err)
	}
	return preset, nil
}
