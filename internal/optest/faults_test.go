package optest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// fault is a mistake that somebody made in a shader or a loader: instead of the
// operation, another one is computed.
type fault struct {
	name string
	kind string
	make func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor)
}

func faults() []fault {
	return []fault{
		{"the kernel is flipped", "Conv2D", with(func(c *nn.Conv2D) { c.Kernel = c.Kernel.Clone(); slices.Reverse(c.Kernel.Data) })},
		{"the bias is forgotten", "Conv2D", with(func(c *nn.Conv2D) { c.UseBias = false })},
		{"dilation is ignored", "Conv2D", with(func(c *nn.Conv2D) {
			c.Pad.Bottom -= c.Reach(0) - c.Size[0]
			c.Pad.Right -= c.Reach(1) - c.Size[1]
			c.Dilation = [2]int{1, 1}
		})},
		{"padding goes to the top and the left", "Conv2D", with(func(c *nn.Conv2D) {
			c.Pad = nn.Pad{Top: c.Pad.Bottom, Bottom: c.Pad.Top, Left: c.Pad.Right, Right: c.Pad.Left}
		})},
		{"height and width are exchanged", "Conv2D", with(func(c *nn.Conv2D) {
			c.Stride[0], c.Stride[1] = c.Stride[1], c.Stride[0]
		})},
		{"the bias is forgotten", "Dense", with(func(d *nn.Dense) { d.UseBias = false })},
		{"padding is zero and not minus infinity", "MaxPool", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			p := *op.(*nn.MaxPool)
			x = padded(p.Pad, x)
			p.Pad = nn.Pad{}
			return &p, x
		}},
		{"padding is counted", "AvgPool", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			p := *op.(*nn.AvgPool)
			x = padded(p.Pad, x)
			p.Pad = nn.Pad{}
			return &p, x
		}},
		{"mean and variance are exchanged", "BatchNorm", with(func(b *nn.BatchNorm) { b.Mean, b.Variance = b.Variance, b.Mean })},
		{"epsilon is PyTorch's", "BatchNorm", with(func(b *nn.BatchNorm) { b.Epsilon = 1e-5 })},
		{"gamma is forgotten", "BatchNorm", with(func(b *nn.BatchNorm) { b.Scale = false })},
		{"the axis is always the last", "BatchNorm", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			b := *op.(*nn.BatchNorm)
			if _, inner := b.Inner(x.Shape[1:]); inner > 1 {
				return &nn.Identity{}, x
			}
			return &b, x
		}},
		{"ReLU has no slope", "Activation", with(func(a *nn.Activation) { a.Slope = 0 })},
		{"ReLU has no bound", "Activation", with(func(a *nn.Activation) { a.Max = 0 })},
		{"hard sigmoid is Keras 3's", "Activation", with(func(a *nn.Activation) {
			if a.Func == nn.HardSigmoid {
				a.Slope = nn.Default(nn.HardSigmoid).Slope
			}
		})},
		{"the last axis is always normalised", "LayerNorm", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			l := *op.(*nn.LayerNorm)
			if !l.Scale && !l.Center {
				l.Axes = nil
			}
			return &l, x
		}},
		{"the mean is not subtracted", "LayerNorm", with(func(l *nn.LayerNorm) {
			if l.Func == nn.NormStandard {
				l.Func = nn.NormVariance
			}
		})},
		{"channels are reversed", "GroupNorm", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			x = x.Clone()
			slices.Reverse(x.Data)
			return op, x
		}},
		{"the axis of a softmax is always the last", "Softmax", with(func(s *nn.Softmax) { s.Axes = nil })},
		{"places are of unequal numbers alone", "Sort", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			x = x.Clone()
			if op.(*nn.Sort).Positions {
				for i := range x.Data { // of equal ones the last comes first
					x.Data[i] -= float32(i) / 4096
				}
			}
			return op, x
		}},
		{"it is not interpolated", "Resize", with(func(r *nn.Resize) {
			if r.Method == nn.ResizeBilinear {
				r.Method = nn.ResizeNearest
			}
		})},
		{"antialiasing is ignored", "Resize", with(func(r *nn.Resize) { r.Antialias = false })},
		{"nothing is cut off in front", "Conv2DTranspose", with(func(c *nn.Conv2DTranspose) { c.Top, c.Left = 0, 0 })},
		{"GELU is approximated", "Activation", with(func(a *nn.Activation) {
			if a.Func == nn.GELU {
				a.Func = nn.GELUTanh
			}
		})},
		{"later images of the batch are left out", "GlobalAvgPool", func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
			x = x.Clone()
			clear(x.Data[len(x.Image(0)):])
			return op, x
		}},
	}
}

func TestTheSuiteCatchesFaults(t *testing.T) {
	cases := map[string][]optest.Case{}
	for _, s := range optest.All(optest.Seed) {
		cases[s.Kind] = s.Cases
	}
	for _, f := range faults() {
		t.Run(f.kind+": "+f.name, func(t *testing.T) {
			caught := 0
			for _, c := range cases[f.kind] {
				err := c.Check(func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
					return reference.Apply(f.make(op, in[0]))
				}, optest.FP32)
				if err != nil {
					caught++
				}
			}
			require.Positive(t, caught)
		})
	}
}

func TestCheckNamesTheOperationAndTheShapes(t *testing.T) {
	x := tensor(t, []float32{1, 2}, 1, 2)
	c := optest.Case{Name: "double", Op: &nn.Identity{}, Inputs: []*nn.Tensor{x}}
	double := func(_ nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
		return reference.Apply(&nn.Rescale{Scale: []float32{2}, Offset: []float32{0}}, in...)
	}
	require.ErrorContains(t, c.Check(double, optest.FP32), "Identity on [(1, 2)]: NMSE 1,")
	require.NoError(t, c.Check(reference.Apply, optest.Tolerance{}))

	refuses := func(nn.Op, ...*nn.Tensor) (*nn.Tensor, error) { return nil, reference.ErrUnsupported }
	require.ErrorIs(t, c.Check(refuses, optest.FP32), reference.ErrUnsupported)
	require.ErrorContains(t, c.Check(refuses, optest.FP32), "Identity on [(1, 2)]")

	flat := func(nn.Op, ...*nn.Tensor) (*nn.Tensor, error) { return nn.NewTensor(2), nil }
	require.ErrorContains(t, c.Check(flat, optest.FP32), "expected shape (1, 2)")

	broken := optest.Case{Op: &nn.Dense{Units: 1}, Inputs: []*nn.Tensor{x}}
	require.ErrorContains(t, broken.Check(reference.Apply, optest.FP32), "reference: Dense: kernel (2, 1) is not set")
}

// with returns a fault that changes a copy of the operation.
func with[T any](change func(op *T)) func(nn.Op, *nn.Tensor) (nn.Op, *nn.Tensor) {
	return func(op nn.Op, x *nn.Tensor) (nn.Op, *nn.Tensor) {
		changed := *any(op).(*T)
		change(&changed)
		return any(&changed).(nn.Op), x
	}
}

// padded returns x with zeros around.
func padded(p nn.Pad, x *nn.Tensor) *nn.Tensor {
	y, err := reference.Apply(&nn.ZeroPad{Pad: p}, x)
	if err != nil {
		panic(err)
	}
	return y
}
