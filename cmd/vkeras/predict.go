package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/nn"
)

// predictor is a `vkeras predict` on its way.
type predictor struct {
	arrayFlags
	model  modelFlags
	device deviceFlags
}

func (t *tool) predict() *cobra.Command {
	p := &predictor{arrayFlags: arrayFlags{tool: t}}
	c := &cobra.Command{
		Use:   "predict --input X.npy --output Y.npy",
		Short: "Compute a model's output for tensors in a NumPy file",
		Long: `Predict does what model.predict() does: X.npy holds a batch (N, ...) of the
model's input, NHWC, uint8, float16, float32 or float64, with whatever
preprocessing the model wants already done; Y.npy gets the model's output as
float32. A model that leaves the size of its pictures open gets that of X.npy.

A model of several inputs takes an archive of numpy.savez with an array for each
by name, or --input NAME=X.npy for each; several outputs go to an archive
Y.npz, or those that are wanted to --output NAME=Y.npy. 'vkeras summary' shows
the names.`,
		Example: `  vkeras predict --model my_resnet.keras --input x.npy --output y.npy
  vkeras predict --model two_heads.keras --input x.npy --output kind=kind.npy
  vkeras predict --model siamese.keras --input left=a.npy --input right=b.npy --output y.npy
  vkeras predict --model many.keras --input all.npz --output answers.npz
  python make.py | vkeras predict --input - --output - > y.npy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(p.inputs) == 0 || len(p.outputs) == 0 {
				return usagef("predict needs --input and --output")
			}
			p.model.given = p.size
			m, _, err := p.model.openFor(&p.device)
			if err != nil {
				return err
			}
			defer m.Close()
			return p.run(c.Context(), m.Graph)
		},
	}
	p.model.register(c)
	p.device.register(c, 16)
	c.Flags().StringArrayVarP(&p.inputs, "input", "i", nil, "`[NAME=]FILE`.npy to read, or FILE.npz of all inputs; - for standard input; may be given several times")
	c.Flags().StringArrayVarP(&p.outputs, "output", "o", nil, "`[NAME=]FILE`.npy to write, or FILE.npz of all outputs; - for standard output; may be given several times")
	_ = c.MarkFlagFilename("input", "npy", "npz")
	_ = c.MarkFlagFilename("output", "npy", "npz")
	return c
}

func (p *predictor) run(ctx context.Context, g *nn.Graph) error {
	if slices.Contains(p.outputs, "-") && terminal(p.stdout) != nil {
		return usagef("--output -: standard output is a terminal, and a .npy file is binary")
	}
	sinks, err := p.sinks(g)
	if err != nil {
		return err
	}
	in, closeAll, err := p.sources(ctx, g)
	defer closeAll()
	if err != nil {
		return err
	}
	count := in[0].count
	net, err := p.device.openAll(p.tool, g, count)
	if err != nil {
		return err
	}
	defer net.Close()
	p.say("%d inputs of %s on %s, precision %s", count, shapesOf(g), net.Device(), net.Precision())
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	for from := 0; from < count; from += p.device.batch {
		x := make([]*nn.Tensor, len(in))
		for i, source := range in {
			if x[i], err = source.next(min(p.device.batch, count-from)); err != nil {
				return fmt.Errorf("%s: %w", source.name, err)
			}
		}
		low, high = min(low, slices.Min(x[0].Data)), max(high, slices.Max(x[0].Data))
		out, err := net.RunAll(ctx, x)
		if err != nil {
			return err
		}
		for _, s := range sinks {
			s.add(out)
		}
	}
	if known := applications.Recognise(g); known.Preset != "" && len(in) == 1 {
		if doubt := known.Preset.Doubt(low, high); doubt != "" {
			p.say("vkeras: %s: %s, and %s", in[0].name, doubt, known.Why)
		}
	}
	for _, s := range sinks {
		if err := p.writeFile(ctx, s.file, s.write); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
	}
	return nil
}

// shapesOf names the shapes of the graph's inputs.
func shapesOf(g *nn.Graph) string {
	if len(g.Inputs) == 1 {
		return g.Inputs[0].Shape.String()
	}
	text := ""
	for i, n := range g.Inputs {
		if i > 0 {
			text += ", "
		}
		text += g.InputName(i) + " " + n.Shape.String()
	}
	return text
}
