package plan

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// scratchBytes is what every step of a test asks for, and fills with NaN.
const scratchBytes = 128

// interpret runs a program with the reference's operations, each tensor in its
// place in one arena, so that a tensor that is overwritten too early shows.
func interpret(t require.TestingT, p *Program, l *Layout, in []*nn.Tensor) []*nn.Tensor {
	arena := make([]float32, l.Bytes/4)
	place := func(v *Value) []float32 {
		from := l.At(v) / 4
		return arena[from : from+int64(l.Batch*v.Shape.Len())]
	}
	tensor := func(v *Value) *nn.Tensor {
		x, err := nn.FromSlice(append([]float32(nil), place(v)...), v.Shape.Batch(l.Batch)...)
		require.NoError(t, err)
		return x
	}
	for i, v := range p.Inputs {
		copy(place(v), in[i].Data)
	}
	for _, s := range p.Steps {
		results := make([]*nn.Tensor, len(s.Parts()))
		for i, part := range s.Parts() {
			results[i] = compute(t, part, tensor)
			require.Equal(t, part.Out.Shape.Batch(l.Batch), results[i].Shape, part.Name)
		}
		if at, ok := l.Scratch[s]; ok {
			for i := range int64(scratchBytes / 4) {
				arena[at/4+i] = float32(math.NaN())
			}
		}
		for i, part := range s.Parts() {
			copy(place(part.Out), results[i].Data)
		}
	}
	out := make([]*nn.Tensor, len(p.Outputs))
	for i, v := range p.Outputs {
		out[i] = tensor(v)
	}
	return out
}

// compute returns what one part of a step makes of what tensor returns.
func compute(t require.TestingT, s *Step, tensor func(*Value) *nn.Tensor) *nn.Tensor {
	inputs := make([]*nn.Tensor, len(s.In))
	for i, v := range s.In {
		inputs[i] = tensor(v)
	}
	if s.Gate != nil {
		gated, err := reference.Apply(&nn.Multiply{}, inputs[0], tensor(s.Gate))
		require.NoError(t, err, s.Name)
		inputs[0] = gated
	}
	var y *nn.Tensor
	var err error
	if s.slides() {
		y, err = slide(s, inputs[0])
	} else {
		y, err = reference.Apply(withFolded(s), inputs...)
	}
	require.NoError(t, err, s.Name)
	if s.Residual != nil {
		for i, r := range tensor(s.Residual).Data {
			y.Data[i] += r
		}
	}
	if s.Activation != nil {
		y, err = reference.Apply(s.Activation, y)
		require.NoError(t, err, s.Name)
	}
	for i, v := range y.Data {
		y.Data[i] = min(max(v, s.Lowest), s.Highest)
	}
	return y
}

// slide applies a step with a window, whose padding may be below zero: the
// input's rows and columns that no tap meets are cut off, and padding is added
// behind until the outputs fit.
func slide(s *Step, x *nn.Tensor) (*nn.Tensor, error) {
	w := s.Window
	switch s.Op.(type) {
	case *nn.ZeroPad, *nn.Crop:
		y := nn.NewTensor(s.Out.Shape.Batch(x.Shape[0])...)
		for e := range y.Data {
			c := y.Shape[3]
			n, i, j := e/c/y.Shape[2]/y.Shape[1], e/c/y.Shape[2]%y.Shape[1]*w.Stride[0]-w.Pad.Top, e/c%y.Shape[2]*w.Stride[1]-w.Pad.Left
			if i >= 0 && i < x.Shape[1] && j >= 0 && j < x.Shape[2] {
				y.Data[e] = x.Data[((n*x.Shape[1]+i)*x.Shape[2]+j)*c+e%c]
			}
		}
		return y, nil
	}
	from, to, pads := [2]int{}, [2]int{}, [2][2]int{}
	for axis, pad := range [2]int{w.Pad.Top, w.Pad.Left} {
		length := (s.Out.Shape[axis]-1)*w.Stride[axis] + w.Reach(axis)
		from[axis], pads[axis][0] = max(-pad, 0), max(pad, 0)
		to[axis] = min(x.Shape[axis+1], from[axis]+length-pads[axis][0])
		if to[axis] <= from[axis] { // padding alone: a row of zeros is as good
			x, from[axis], to[axis], pads[axis][0] = nn.NewTensor(x.Shape...), 0, 1, 0
			length = max(length, 1)
		}
		pads[axis][1] = length - pads[axis][0] - (to[axis] - from[axis])
	}
	cut := nn.NewTensor(x.Shape[0], to[0]-from[0], to[1]-from[1], x.Shape[3])
	for e := range cut.Data {
		c := cut.Shape[3]
		n, i, j := e/c/cut.Shape[2]/cut.Shape[1], e/c/cut.Shape[2]%cut.Shape[1]+from[0], e/c%cut.Shape[2]+from[1]
		cut.Data[e] = x.Data[((n*x.Shape[1]+i)*x.Shape[2]+j)*c+e%c]
	}
	moved := *s
	moved.Window.Pad = nn.Pad{Top: pads[0][0], Bottom: pads[0][1], Left: pads[1][0], Right: pads[1][1]}
	return reference.Apply(withFolded(&moved), cut)
}

// withFolded returns the step's operation with its window and with what was
// folded written into copies of its weights.
func withFolded(s *Step) nn.Op {
	fold := func(kernel *nn.Tensor) (*nn.Tensor, *nn.Tensor) {
		channels := s.Out.Shape.Channels()
		k, b := kernel.Clone(), nn.NewTensor(channels)
		f := s.Folded(kernel.Data)
		for i := range k.Data {
			in := i / channels
			if f.In != nil {
				in %= len(f.In)
			}
			k.Data[i] = float32(float64(k.Data[i]) * f.Weight(in, i%channels))
		}
		for o := range channels {
			b.Data[o] = float32(f.Shift[o])
		}
		return k, b
	}
	switch op := s.Op.(type) {
	case *nn.Conv2D:
		c := *op
		c.Window, c.UseBias = s.Window, true
		c.Kernel, c.Bias = fold(op.Kernel)
		return &c
	case *nn.DepthwiseConv2D:
		c := *op
		c.Window, c.UseBias = s.Window, true
		c.Kernel, c.Bias = fold(op.Kernel)
		return &c
	case *nn.GroupedConv2D:
		c := *op
		c.Window, c.UseBias = s.Window, true
		c.Kernel, c.Bias = fold(op.Kernel)
		return &c
	case *nn.Dense:
		c := *op
		c.UseBias = true
		c.Kernel, c.Bias = fold(op.Kernel)
		return &c
	case *nn.MaxPool:
		return &nn.MaxPool{Window: s.Window}
	case *nn.AvgPool:
		return &nn.AvgPool{Window: s.Window}
	}
	return s.Op
}

// passes are the combinations of passes that must all give the same.
var passes = map[string]Options{
	"none": {}, "fold": {Fold: true}, "fuse": {Fuse: true}, "activate": {Activate: true}, "gate": {Gate: true},
	"demand": {Demand: true}, "merge": {Merge: true}, "all": All(),
	"all but merge": {Fold: true, Fuse: true, Activate: true, Gate: true, Demand: true},
}

func TestEveryPassKeepsWhatTheNetworkComputes(t *testing.T) {
	for name, o := range passes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
				batch := rapid.IntRange(1, 3).Draw(t, "batch")
				keep := rapid.Bool().Draw(t, "keep")
				g := optest.Graph(rng)
				in := optest.Inputs(rng, g, batch)
				want, err := reference.Run(t.Context(), g, in, nil)
				require.NoError(t, err)
				p := Compile(g, o)
				got := interpret(t, p, p.Lay(batch, 4, 64, keep, func(*Step) int64 { return scratchBytes }), in)
				requireKept(t, o, got, want, name)
			})
		})
	}
}

// requireKept holds a program's outputs to the reference's: bit for bit where
// the passes round nothing another time.
func requireKept(t require.TestingT, o Options, got, want []*nn.Tensor, passes string) {
	require.Len(t, got, len(want))
	for i := range want {
		if !o.Fold && !o.Fuse {
			require.Equal(t, want[i], got[i], "%s: output %d, bit for bit", passes, i)
			continue
		}
		d, err := optest.Compare(got[i], want[i])
		require.NoError(t, err)
		// Folded weights are rounded once more: where an output is small by
		// cancellation, that shows.
		require.True(t, d.NMSE <= 1e-9 || d.MaxAbs <= 1e-6, "%s: output %d: %v", passes, i, d)
	}
}
