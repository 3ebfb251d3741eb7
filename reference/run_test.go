package reference_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// residual is (x + 2x) of an input of one row, with a node that nobody reads.
func residual(t *testing.T) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("residual")
	x := b.Input("input", nn.Shape{2})
	b.Add("dead", &nn.Rescale{Scale: []float32{7}, Offset: []float32{0}}, x)
	double := b.Add("double", &nn.Rescale{Scale: []float32{2}, Offset: []float32{0}}, x)
	sum := b.Add("sum", &nn.Add{}, x, double)
	g, err := b.Graph(sum, double)
	require.NoError(t, err)
	return g
}

func TestRunComputesEveryNodeInOrder(t *testing.T) {
	g := residual(t)
	seen := map[string][]float32{}
	var order []string
	out, err := reference.Run(t.Context(), g, inputs(of(nn.Shape{1, 2}, 1, 10)), func(n *nn.Node, y *nn.Tensor) error {
		require.Equal(t, n.Shape.Batch(1), y.Shape)
		order = append(order, n.Name)
		seen[n.Name] = y.Data
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{"input", "dead", "double", "sum"}, order)
	require.Equal(t, map[string][]float32{"input": {1, 10}, "dead": {7, 70}, "double": {2, 20}, "sum": {3, 30}}, seen)
	require.Equal(t, inputs(of(nn.Shape{1, 2}, 3, 30), of(nn.Shape{1, 2}, 2, 20)), out)
}

func TestRunReturnsAnInputThatIsAnOutput(t *testing.T) {
	b := nn.NewBuilder("through")
	x, y := b.Input("x", nn.Shape{1}), b.Input("y", nn.Shape{1})
	g, err := b.Graph(y, b.Add("sum", &nn.Add{}, x, y), y)
	require.NoError(t, err)
	out, err := reference.Run(t.Context(), g, inputs(of(nn.Shape{2, 1}, 1, 2), of(nn.Shape{2, 1}, 10, 20)), nil)
	require.NoError(t, err)
	require.Equal(t, []float32{10, 20}, out[0].Data)
	require.Equal(t, []float32{11, 22}, out[1].Data)
	require.Equal(t, []float32{10, 20}, out[2].Data)
}

func TestRunRefusesWhatDoesNotFit(t *testing.T) {
	b := nn.NewBuilder("unbound")
	unbound, err := b.Graph(b.Add("fc", &nn.Dense{Units: 3}, b.Input("input", nn.Shape{2})))
	require.NoError(t, err)
	one := of(nn.Shape{1, 2}, 1, 2)
	for _, c := range []struct {
		name string
		g    *nn.Graph
		in   []*nn.Tensor
		want string
	}{
		{"no input", residual(t), nil, "the model has 1 inputs, found 0 tensors"},
		{"a nil input", residual(t), inputs(nil), "input 0 is nil"},
		{"another shape", residual(t), inputs(digits()), `input "input": expected a batch of (2,), found shape (1, 3, 3, 1)`},
		{"weights that are not set", unbound, inputs(one), `Dense "fc": kernel (2, 3) is not set`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := reference.Run(t.Context(), c.g, c.in, nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestRunNamesTheNodeThatFails(t *testing.T) {
	b := nn.NewBuilder("wiggle")
	x := b.Input("input", nn.Shape{2})
	g, err := b.Graph(b.Add("bend", &nn.Activation{Func: "wiggle"}, x))
	require.NoError(t, err)
	_, err = reference.Run(t.Context(), g, inputs(of(nn.Shape{1, 2}, 1, 2)), nil)
	require.ErrorIs(t, err, reference.ErrUnsupported)
	require.ErrorContains(t, err, `Activation "bend"`)

	enough := errors.New("seen enough")
	_, err = reference.Run(t.Context(), residual(t), inputs(of(nn.Shape{1, 2}, 1, 2)), func(n *nn.Node, _ *nn.Tensor) error {
		if n.Name == "double" {
			return enough
		}
		return nil
	})
	require.ErrorIs(t, err, enough)
	require.ErrorContains(t, err, `Rescale "double"`)
}

func TestRunStopsWhenItsContextIsDone(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := reference.Run(done, residual(t), inputs(of(nn.Shape{1, 2}, 1, 2)), nil)
	require.ErrorIs(t, err, context.Canceled)
}

// A single convolution of 13 billion products takes seconds; the deadline must end
// it from within.
func TestRunStopsWithinALargeOperation(t *testing.T) {
	b := nn.NewBuilder("large")
	conv := &nn.Conv2D{Window: nn.Square(7, 1).Same(256, 256), Filters: 64, Kernel: nn.NewTensor(7, 7, 64, 64)}
	g, err := b.Graph(b.Add("conv", conv, b.Input("input", nn.Shape{256, 256, 64})))
	require.NoError(t, err)
	require.Greater(t, g.MACs(), int64(13e9))
	in := inputs(nn.NewTensor(1, 256, 256, 64))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err = reference.Run(ctx, g, in, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, `Conv2D "conv"`)
	require.Less(t, time.Since(start), time.Second)
}

func TestResultsDoNotDependOnTheNumberOfProcessors(t *testing.T) {
	g, in := exercise(t), picture(64)
	parallel, err := reference.Run(t.Context(), g, in, nil)
	require.NoError(t, err)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	alone, err := reference.Run(t.Context(), g, in, nil)
	require.NoError(t, err)
	require.Equal(t, alone, parallel)
}
