package optest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

func TestChunksAllowTheirRoundingsAndNoMore(t *testing.T) {
	op := &nn.Dense{Units: 1, Kernel: nn.NewTensor(16, 1)}
	x := nn.NewTensor(1, 16)
	for i := range x.Data {
		x.Data[i], op.Kernel.Data[i] = 1, float32(1-2*(i%2)) // the sum is 0, the magnitudes' 16
	}
	c := Case{Op: op, Inputs: []*nn.Tensor{x}}
	off := func(by float32) Apply {
		return func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
			y, err := reference.Apply(op, in...)
			y.Data[0] += by
			return y, err
		}
	}
	const allowed = 8 * 16 / 2048. // 0.0625
	require.NoError(t, c.CheckChunks(off(0.99*allowed), 8))
	require.ErrorContains(t, c.CheckChunks(off(1.01*allowed), 8), "output 0 is 0.063")
	require.ErrorContains(t, c.CheckChunks(off(float32(math.NaN())), 8), "sums of 8 products")

	pool := Case{Op: &nn.GlobalAvgPool{}, Inputs: []*nn.Tensor{nn.NewTensor(1, 2, 2, 1)}}
	require.ErrorContains(t, pool.CheckChunks(off(0), 8), "sums no products")
}
