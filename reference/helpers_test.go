package reference_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

// example is one operation worked out by hand.
type example struct {
	name string
	op   nn.Op
	in   []*nn.Tensor
	want *nn.Tensor
}

func check(t *testing.T, examples []example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			got, err := reference.Apply(e.op, e.in...)
			require.NoError(t, err)
			require.Equal(t, e.want.Shape, got.Shape)
			requireClose(t, e.want.Data, got.Data)
		})
	}
}

// requireClose compares element by element, to one unit of the seventh digit;
// NaN and infinities must be where they are wanted.
func requireClose(t *testing.T, want, got []float32) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, w := range want {
		switch {
		case math.IsNaN(float64(w)):
			require.True(t, math.IsNaN(float64(got[i])), "element %d: want NaN, got %v", i, got[i])
		case math.IsInf(float64(w), 0):
			require.Equal(t, w, got[i], "element %d", i)
		default:
			require.InDelta(t, w, got[i], 1e-7*math.Abs(float64(w)), "element %d", i)
		}
	}
}

// of returns a tensor of the given shape and elements.
func of(shape nn.Shape, data ...float32) *nn.Tensor {
	x, err := nn.FromSlice(data, shape...)
	if err != nil {
		panic(err)
	}
	return x
}

func inputs(in ...*nn.Tensor) []*nn.Tensor { return in }

// digits is the feature map 1 2 3 / 4 5 6 / 7 8 9.
func digits() *nn.Tensor { return of(nn.Shape{1, 3, 3, 1}, 1, 2, 3, 4, 5, 6, 7, 8, 9) }
