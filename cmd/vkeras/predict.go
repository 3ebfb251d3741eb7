package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

func (t *tool) predict() *cobra.Command {
	var model modelFlags
	var device deviceFlags
	var input, output string
	c := &cobra.Command{
		Use:   "predict --input X.npy --output Y.npy",
		Short: "Compute a model's output for tensors in a NumPy file",
		Long: `Predict does what model.predict() does: X.npy holds a batch (N, ...) of the
model's input, NHWC, float16, float32 or float64, with whatever preprocessing
the model wants already done; Y.npy gets the model's output as float32.`,
		Example: `  vkeras predict --model my_resnet.keras --input x.npy --output y.npy
  python make.py | vkeras predict --input - --output - > y.npy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if input == "" || output == "" {
				return usagef("predict needs --input and --output")
			}
			m, _, err := model.openFor(&device)
			if err != nil {
				return err
			}
			defer m.Close()
			return t.predictFile(c.Context(), m.Graph, &device, input, output)
		},
	}
	model.register(c)
	device.register(c, 16)
	c.Flags().StringVarP(&input, "input", "i", "", "`FILE`.npy to read, - for standard input")
	c.Flags().StringVarP(&output, "output", "o", "", "`FILE`.npy to write, - for standard output")
	_ = c.MarkFlagFilename("input", "npy")
	_ = c.MarkFlagFilename("output", "npy")
	return c
}

func (t *tool) predictFile(ctx context.Context, g *nn.Graph, device *deviceFlags, input, output string) error {
	if output == "-" && terminal(t.stdout) != nil {
		return usagef("--output -: standard output is a terminal, and a .npy file is binary")
	}
	source, name := t.stdin, "standard input"
	if input != "-" {
		f, err := os.Open(input)
		if err != nil {
			return err
		}
		defer f.Close()
		source, name = f, input
	}
	x, err := openNPY(source, g)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	e, err := device.open(t, g, x.count)
	if err != nil {
		return err
	}
	defer e.Close()
	t.say("%d inputs of %v on %s, precision %s", x.count, g.Inputs[0].Shape, e.Device(), e.Precision())
	var y []float32
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	for from := 0; from < x.count; from += device.batch {
		batch, err := x.next(min(device.batch, x.count-from))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		low, high = min(low, slices.Min(batch.Data)), max(high, slices.Max(batch.Data))
		out, err := e.Run(ctx, batch)
		if err != nil {
			return err
		}
		y = append(y, out.Data...)
	}
	if known := resnet.Recognise(g); known.Preset != "" {
		if doubt := known.Preset.Doubt(low, high); doubt != "" {
			t.say("vkeras: %s: %s, and %s", name, doubt, known.Why)
		}
	}
	return t.writeFile(ctx, output, func(w io.Writer) error { return npy.Write(w, g.Outputs[0].Shape.Batch(x.count), y) })
}

// batches reads a .npy file's images piece by piece.
type batches struct {
	*npy.Array
	count int // images
}

// openNPY reads the header and holds it to the model's input.
func openNPY(r io.Reader, g *nn.Graph) (*batches, error) {
	a, err := npy.NewReader(bufio.NewReaderSize(r, 1<<20))
	if err != nil {
		return nil, err
	}
	want := g.Inputs[0].Shape
	if len(a.Shape) != len(want)+1 || !a.Shape[1:].Equal(want) {
		return nil, fmt.Errorf("expected shape (N, %s, found %v", want.String()[1:], a.Shape)
	}
	if a.Shape[0] < 1 {
		return nil, fmt.Errorf("the batch has %d images", a.Shape[0])
	}
	return &batches{a, a.Shape[0]}, nil
}

// next returns the next n images.
func (x *batches) next(n int) (*nn.Tensor, error) {
	t := nn.NewTensor(x.Shape[1:].Batch(n)...)
	return t, x.Read(t.Data)
}
