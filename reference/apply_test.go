package reference_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

func TestApplyRefusesWhatDoesNotFit(t *testing.T) {
	square := nn.Square(2, 1)
	kernel := of(nn.Shape{2, 2, 1, 1}, 1, 2, 3, 4)
	huge := nn.Square(1, 1)
	huge.Pad = nn.Pad{Bottom: 1 << 16, Right: 1 << 16}
	for _, c := range []struct {
		name string
		op   nn.Op
		in   []*nn.Tensor
		want string
	}{
		{"no operation", nil, inputs(digits()), "an operation and at least one input are needed"},
		{"no input", &nn.Add{}, nil, "an operation and at least one input are needed"},
		{"a missing input", &nn.Add{}, inputs(digits(), nil), "Add: input 1: a tensor with a batch axis is needed"},
		{"a missing first input", &nn.Add{}, inputs(nil, digits()), "Add: input 0: a tensor with a batch axis is needed"},
		{"a scalar", &nn.Identity{}, inputs(&nn.Tensor{Data: []float32{1}}), "Identity: input 0: a tensor with a batch axis is needed"},
		{"no images", &nn.Identity{}, inputs(&nn.Tensor{Shape: nn.Shape{0, 3}}), "Identity: input 0: shape (0, 3) has an extent below 1"},
		{"too few elements", &nn.Identity{}, inputs(&nn.Tensor{Shape: nn.Shape{1, 3}, Data: []float32{1}}), "Identity: input 0: shape (1, 3) does not have 1 elements"},
		{"batches of two sizes", &nn.Add{}, inputs(nn.NewTensor(2, 3), nn.NewTensor(1, 3)), "Add: input 1: expected a batch of 2, found shape (1, 3)"},
		{"shapes that the operation refuses", &nn.Add{}, inputs(nn.NewTensor(1, 3), nn.NewTensor(1, 2)), "Add: shapes (3,) and (2,) do not fit each other"},
		{"a missing weight", &nn.Conv2D{Window: square, Filters: 1}, inputs(digits()), "Conv2D: kernel (2, 2, 1, 1) is not set"},
		{"a weight of another shape", &nn.Conv2D{Window: square, Filters: 2, Kernel: kernel}, inputs(digits()), "Conv2D: kernel: expected shape (2, 2, 1, 2), found (2, 2, 1, 1)"},
		{
			"a weight of too few elements", &nn.Conv2D{Window: square, Filters: 1, Kernel: &nn.Tensor{Shape: nn.Shape{2, 2, 1, 1}}},
			inputs(digits()), "Conv2D: kernel: shape (2, 2, 1, 1) does not have 0 elements",
		},
		{
			"constants of too few elements", &nn.Normalize{Mean: &nn.Tensor{Shape: nn.Shape{1}}, Variance: nn.NewTensor(1)},
			inputs(digits()), "shape (1,) does not have 0 elements",
		},
		{"an output beyond all memory", &nn.MaxPool{Window: huge}, inputs(digits()), "MaxPool: output (1, 65539, 65539, 1) is too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := reference.Apply(c.op, c.in...)
			require.ErrorContains(t, err, c.want)
			require.NotErrorIs(t, err, reference.ErrUnsupported)
		})
	}
}

func TestApplySaysWhatHasNoReference(t *testing.T) {
	_, err := reference.Apply(&nn.Activation{Func: "wiggle"}, digits())
	require.ErrorIs(t, err, reference.ErrUnsupported)
	require.ErrorContains(t, err, "wiggle")
	_, err = reference.Apply(unknown{}, digits())
	require.ErrorIs(t, err, reference.ErrUnsupported)
	require.ErrorContains(t, err, "Unknown")
}

// unknown is an operation that no package knows.
type unknown struct{ nn.Identity }

func (unknown) Kind() string { return "Unknown" }

func TestApplyLeavesItsInputsAlone(t *testing.T) {
	x := digits()
	for _, op := range []nn.Op{&nn.Identity{}, &nn.Flatten{}, &nn.Activation{Func: nn.Linear}} {
		y, err := reference.Apply(op, x)
		require.NoError(t, err)
		y.Data[0] = float32(math.Pi)
		require.Equal(t, digits(), x, op.Kind())
	}
}
