package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/sbinet/npyio"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vkeras/vkeras/nn"
)

func (t *tool) predict() *cobra.Command {
	var model modelFlags
	var device deviceFlags
	var input, output string
	c := &cobra.Command{
		Use:   "predict --input X.npy --output Y.npy",
		Short: "Compute a model's output for tensors in a NumPy file",
		Long: `Predict does what model.predict() does: X.npy holds a batch (N, ...) of the
model's input, NHWC, float32 or float64, with whatever preprocessing the model
wants already done; Y.npy gets the model's output as float32.`,
		Example: `  vkeras predict --model my_resnet.keras --input x.npy --output y.npy
  python make.py | vkeras predict --input - --output - > y.npy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if input == "" || output == "" {
				return usagef("predict needs --input and --output")
			}
			m, _, err := model.open()
			if err != nil {
				return err
			}
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
	if f, ok := t.stdout.(*os.File); ok && output == "-" && term.IsTerminal(int(f.Fd())) {
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
	t.say("%d inputs of %v on %s", x.count, g.Inputs[0].Shape, e)
	var y []float32
	for from := 0; from < x.count; from += device.batch {
		batch, err := x.read(min(device.batch, x.count-from))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out, err := e.Run(ctx, batch)
		if err != nil {
			return err
		}
		y = append(y, out.Data...)
	}
	write := func(w io.Writer) error { return writeNPY(w, g.Outputs[0].Shape.Batch(x.count), y) }
	if output == "-" {
		return write(t.stdout)
	}
	return replaceFile(output, write)
}

// npy reads a batch from a .npy file piece by piece, so that what is allocated
// follows what is there, not what the header claims.
type npy struct {
	r     io.Reader
	count int      // images
	shape nn.Shape // of one
	width int      // bytes an element
}

// openNPY reads the header and holds it to the model's input.
func openNPY(r io.Reader, g *nn.Graph) (*npy, error) {
	r = bufio.NewReaderSize(r, 1<<20)
	file, err := npyio.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("not a .npy file: %w", err)
	}
	d := file.Header.Descr
	want := g.Inputs[0].Shape
	x := &npy{r: r, shape: want}
	switch d.Type {
	case "<f4":
		x.width = 4
	case "<f8":
		x.width = 8
	default:
		return nil, fmt.Errorf("expected float32 or float64 (<f4, <f8), found dtype %s", d.Type)
	}
	if d.Fortran {
		return nil, errors.New("the array is in Fortran order: save numpy.ascontiguousarray(x)")
	}
	if len(d.Shape) != len(want)+1 || !nn.Shape(d.Shape[1:]).Equal(want) {
		return nil, fmt.Errorf("expected shape (N, %s, found %v", want.String()[1:], nn.Shape(d.Shape))
	}
	if x.count = d.Shape[0]; x.count < 1 {
		return nil, fmt.Errorf("the batch has %d images", x.count)
	}
	return x, nil
}

// read returns the next n images.
func (x *npy) read(n int) (*nn.Tensor, error) {
	t := nn.NewTensor(x.shape.Batch(n)...)
	raw := make([]byte, x.width*len(t.Data))
	if _, err := io.ReadFull(x.r, raw); err != nil {
		return nil, fmt.Errorf("the file ends before its %d images do: %w", x.count, err)
	}
	for i := range t.Data {
		if x.width == 8 {
			t.Data[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		} else {
			t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	return t, nil
}

// writeNPY writes a float32 array: NumPy's format 1.0 (numpy.lib.format).
func writeNPY(w io.Writer, shape nn.Shape, data []float32) error {
	dims := ""
	for _, d := range shape {
		dims += fmt.Sprintf("%d, ", d)
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims[:max(0, len(dims)-1)])
	const before = 10 // magic, version, header length
	header = fmt.Sprintf("%-*s\n", (before+len(header)+1+63)/64*64-before-1, header)
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	b = append(b, header...)
	for _, v := range data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	_, err := w.Write(b)
	return err
}

// replaceFile writes a file beside name and renames it, so that a failure
// leaves what was there.
func replaceFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
