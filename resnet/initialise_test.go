package resnet_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet"
)

func TestInitialisedKernelsAreHeNormal(t *testing.T) {
	g, err := resnet.Exercise(resnet.ExerciseOptions{})
	require.NoError(t, err)
	resnet.Initialise(g, 3)
	require.NoError(t, g.CheckWeights())
	for _, p := range g.Params() {
		values := (*p.Value).Data
		if p.Role != "kernel" {
			want := map[string]float32{"bias": 0, "gamma": 1, "beta": 0, "moving_mean": 0}[p.Role]
			if p.Role == "moving_variance" {
				require.Positive(t, values[0])
				want = values[0]
			}
			for _, v := range values {
				require.Equal(t, want, v, "%s/%s", p.Node.Name, p.Role)
			}
			continue
		}
		var sum, squares float64
		for _, v := range values {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		n := float64(len(values))
		deviation := math.Sqrt(2 / float64(nn.Shape(p.Shape[:len(p.Shape)-1]).Len()))
		// Six standard errors of a mean and of a deviation.
		require.InDelta(t, 0, sum/n, 6*deviation/math.Sqrt(n), p.Node.Name)
		require.InDelta(t, 1, math.Sqrt(squares/n)/deviation, 6/math.Sqrt(2*n), p.Node.Name)
	}
}

// The expected bits were computed in Python from the definition of PCG-DXSM.
func TestInitialiseGivesTheSameBitsEverywhere(t *testing.T) {
	for _, naming := range []resnet.Naming{resnet.CourseNames, resnet.AutoNames} {
		g, err := resnet.Exercise(resnet.ExerciseOptions{Naming: naming})
		require.NoError(t, err)
		resnet.Initialise(g, 7)
		params := g.Params()
		for index, want := range map[int][]uint32{
			0: {0xbd4390c7, 0xbdbb8dc3, 0xbe2359e4, 0xbdfa6ab4},
			6: {0x3e2c6e41, 0x3dfc3fe6, 0xbe893202, 0xbda42ecb},
		} {
			require.Equal(t, "kernel", params[index].Role)
			for i, bits := range want {
				require.Equal(t, bits, math.Float32bits((*params[index].Value).Data[i]), "%s[%d]", params[index].Node.Name, i)
			}
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	var first [2]float32
	for seed := range first {
		g := variant(t, "a", resnet.Options{WidthDivisor: 64})
		resnet.Initialise(g, uint64(seed))
		first[seed] = (*g.Params()[0].Value).Data[0]
	}
	require.NotEqual(t, first[0], first[1])
}

func TestInitialiseKeepsWhatIsSet(t *testing.T) {
	g := variant(t, "a", resnet.Options{WidthDivisor: 64})
	own := nn.NewTensor(g.Params()[0].Shape...)
	*g.Params()[0].Value = own
	resnet.Initialise(g, 1)
	require.Same(t, own, *g.Params()[0].Value)
}

func TestInitialisedNetsKeepTheirFeaturesWithinBounds(t *testing.T) {
	picture := nn.NewTensor(1, 64, 64, 3)
	for i := range picture.Data {
		picture.Data[i] = float32(i*2654435761>>7&255) / 255
	}
	for _, a := range resnet.Architectures() {
		if a.Name == "resnet50-keras1" {
			continue // the exercise with a last pool of 7x7, for larger pictures
		}
		t.Run(a.Name, func(t *testing.T) {
			g, err := resnet.Build(a.Name, resnet.Options{Input: nn.Shape{64, 64, 3}, Classes: 6, WidthDivisor: 8})
			require.NoError(t, err)
			resnet.Initialise(g, 5)
			out, err := reference.Run(context.Background(), g, []*nn.Tensor{picture}, func(n *nn.Node, x *nn.Tensor) error {
				if !strings.HasSuffix(n.Name, "_zeros") {
					require.Greater(t, meanSquare(x), 1e-4, n.Name)
					require.Less(t, meanSquare(x), 1e3, n.Name)
				}
				return nil
			})
			require.NoError(t, err)
			require.Less(t, slices.Max(out[0].Data), float32(0.9), "a softmax that is not all 0 and 1")
		})
	}
}

func meanSquare(x *nn.Tensor) float64 {
	var sum float64
	for _, v := range x.Data {
		sum += float64(v) * float64(v)
	}
	return sum / float64(x.Len())
}
