package gpu

import (
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// unwritten counts the elements that are Unwritten.
func unwritten(t *nn.Tensor) (n int) {
	for _, v := range t.Data {
		if math.Float32bits(v) == Unwritten {
			n++
		}
	}
	return n
}

// The kernel of the test data leaves out the rows and columns of padding.
func TestWhatAKernelDoesNotStoreIsUnwritten(t *testing.T) {
	d := openTest(t)
	code, err := os.ReadFile("../validate/testdata/faulty/spirv/zero_pad.not_written.spv")
	require.NoError(t, err)
	b := nn.NewBuilder("padded")
	g, err := b.Graph(b.Add("pad", &nn.ZeroPad{Pad: nn.Pad{Top: 1, Left: 2}}, b.Input("in", nn.Shape{4, 5, 3})))
	require.NoError(t, err)
	x := nn.NewTensor(2, 4, 5, 3)
	const images, missing = 2, (5*7 - 4*5) * 3
	for _, stir := range []bool{false, true} {
		n, err := Load(d, g, Options{Batch: images, LayerByLayer: true, Keep: true, Stir: stir, SPIRV: map[string][]byte{"zero_pad": code}})
		require.NoError(t, err)
		err = n.Observe(t.Context(), []*nn.Tensor{x}, func(v *plan.Value, y *nn.Tensor) error {
			require.Equal(t, map[string]int{"in": 0, "pad": images * missing}[v.Node.Name], unwritten(y), v.Node.Name)
			return nil
		})
		require.NoError(t, err)
		err = n.Isolate(t.Context(), images, func(*plan.Value) (*nn.Tensor, error) { return x, nil }, func(_ *plan.Step, y *nn.Tensor) error {
			require.Equal(t, images*missing, unwritten(y))
			return nil
		})
		require.NoError(t, err)
		require.NoError(t, n.Close())
	}
}

func TestRightKernelsStoreEverythingWhateverMemoryHeld(t *testing.T) {
	d := openTest(t)
	for seed := range uint64(3) {
		g, in, _ := optest.Network(t, seed, 2)
		var plain []*nn.Tensor
		for _, stir := range []bool{false, true} {
			n, err := Load(d, g, Options{Batch: 2, Keep: true, Stir: stir})
			require.NoError(t, err)
			values := map[*plan.Value]*nn.Tensor{}
			require.NoError(t, n.Observe(t.Context(), in, func(v *plan.Value, y *nn.Tensor) error {
				values[v.Root()] = y
				return nil
			}))
			at := 0
			feed := func(v *plan.Value) (*nn.Tensor, error) {
				x := values[v.Root()]
				return &nn.Tensor{Shape: v.Shape.Batch(2), Data: x.Data}, nil
			}
			require.NoError(t, n.Isolate(t.Context(), 2, feed, func(s *plan.Step, y *nn.Tensor) error {
				require.Zero(t, unwritten(y), s.Name)
				if stir {
					require.Equal(t, plain[at].Data, y.Data, s.Name)
				} else {
					plain = append(plain, y)
				}
				at++
				return nil
			}))
			require.NoError(t, n.Close())
		}
	}
}
