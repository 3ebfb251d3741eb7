package study

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// graphOf is one operation behind an input.
func graphOf(t *testing.T, in nn.Shape, op nn.Op) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("one")
	g, err := b.Graph(b.Add("op", op, b.Input("x", in)))
	require.NoError(t, err)
	return g
}

func TestReadsAreCountedTapByTap(t *testing.T) {
	half := nn.Square(1, 2)
	padded := nn.Square(3, 2)
	padded.Pad = nn.Pad{Top: 1, Bottom: 1, Left: 1, Right: 1}
	dilated := nn.Square(2, 1)
	dilated.Dilation = [2]int{2, 2}
	for _, c := range []struct {
		name string
		op   nn.Op
		want []int32 // of a map of 4 x 4
	}{
		{"a 1x1/2 reads each second row and column", &nn.MaxPool{Window: half}, []int32{1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0}},
		{"a 2x2/2 reads each once", &nn.AvgPool{Window: nn.Square(2, 2)}, []int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"a padded 3x3/2 reads where windows overlap twice", &nn.Conv2D{Window: padded, Filters: 1}, []int32{1, 2, 1, 1, 2, 4, 2, 2, 1, 2, 1, 1, 1, 2, 1, 1}},
		{"an unpadded 3x3/2 never reaches the last row and column", &nn.MaxPool{Window: nn.Square(3, 2)}, []int32{1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0}},
		{"dilated taps skip", &nn.DepthwiseConv2D{Window: dilated, Multiplier: 1}, []int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"padding is not read", &nn.ZeroPad{Pad: nn.Pad{Top: 2, Left: 1}}, []int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"a crop drops its edges", &nn.Crop{Pad: nn.Pad{Top: 1, Bottom: 1, Left: 2}}, []int32{0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0}},
		{"a product with 0 reads nothing", &nn.Rescale{Scale: []float32{0}, Offset: []float32{1}}, make([]int32, 16)},
		{"a mean reads everything", &nn.GlobalAvgPool{}, []int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := graphOf(t, nn.Shape{4, 4, 2}, c.op)
			trace, err := NewTrace(g)
			require.NoError(t, err)
			require.Equal(t, c.want, trace.Reads(g.Inputs[0]).N)
		})
	}
}

// bruteForce counts reads by walking over every output and tap.
func bruteForce(w nn.Window, wanted *Grid, h, width int) *Grid {
	reads := newGrid(h, width)
	for oy := range wanted.Height {
		for ox := range wanted.Width {
			for ty := range w.Size[0] {
				for tx := range w.Size[1] {
					y, x := oy*w.Stride[0]-w.Pad.Top+ty*w.Step(0), ox*w.Stride[1]-w.Pad.Left+tx*w.Step(1)
					if wanted.At(oy, ox) > 0 && y >= 0 && y < h && x >= 0 && x < width {
						reads.N[y*width+x]++
					}
				}
			}
		}
	}
	return reads
}

func TestAnyWindowReadsWhatItsTapsSay(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	tried := 0
	for tried < 500 {
		w := nn.Window{
			Size: [2]int{1 + rng.IntN(4), 1 + rng.IntN(4)}, Stride: [2]int{1 + rng.IntN(3), 1 + rng.IntN(3)},
			Dilation: [2]int{1 + rng.IntN(3), 1 + rng.IntN(3)}, Pad: nn.Pad{Top: rng.IntN(4), Bottom: rng.IntN(4), Left: rng.IntN(4), Right: rng.IntN(4)},
		}
		h, width := 1+rng.IntN(9), 1+rng.IntN(9)
		oh, ow, err := w.Output(h, width)
		if err != nil {
			continue
		}
		tried++
		wanted := newGrid(oh, ow)
		for i := range wanted.N {
			wanted.N[i] = int32(rng.IntN(2))
		}
		require.Equal(t, bruteForce(w, wanted, h, width), slide(w, wanted, newGrid(h, width)), "%v on %dx%d", w, h, width)
	}
}

func TestInARandomGraphWhatNobodyReadsChangesNothing(t *testing.T) {
	unread := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 3))
		g := optest.Graph(rng)
		trace, err := NewTrace(g)
		require.NoError(t, err)
		in := optest.Inputs(rng, g, 1)
		before, err := reference.Run(t.Context(), g, in, nil)
		require.NoError(t, err)
		for i, n := range g.Inputs {
			c := n.Shape.Channels()
			for at, reads := range trace.Reads(n).N {
				if reads > 0 {
					continue
				}
				unread++
				for k := range c {
					in[i].Data[at*c+k] += 1e3
				}
			}
		}
		after, err := reference.Run(t.Context(), g, in, nil)
		require.NoError(t, err)
		for o := range before {
			require.Equal(t, before[o].Data, after[o].Data, "seed %d", seed)
		}
	}
	require.Greater(t, unread, 100, "graphs that drop positions")
}

func TestALayerIsChargedForThePositionsThatAreRead(t *testing.T) {
	b := nn.NewBuilder("two")
	x := b.Add("3x3", &nn.Conv2D{Window: nn.Square(3, 1).Same(8, 8), Filters: 4}, b.Input("x", nn.Shape{8, 8, 2}))
	g, err := b.Graph(b.Add("1x1/2", &nn.Conv2D{Window: nn.Square(1, 2), Filters: 2}, x))
	require.NoError(t, err)
	trace, err := NewTrace(g)
	require.NoError(t, err)
	require.Equal(t, []Unneeded{{Node: "3x3", Block: "block1", Shape: nn.Shape{8, 8, 4}, Share: 0.25, MACs: 64 * 9 * 2 * 4, Needed: 16 * 9 * 2 * 4}}, trace.Unneeded())
}

func TestConcatenatedRowsAreReadWhereTheyCameFrom(t *testing.T) {
	b := nn.NewBuilder("rows")
	x, y := b.Input("x", nn.Shape{2, 2, 1}), b.Input("y", nn.Shape{3, 2, 1})
	joined := b.Add("join", &nn.Concat{Axis: 0}, x, y)
	g, err := b.Graph(b.Add("crop", &nn.Crop{Pad: nn.Pad{Top: 1, Bottom: 2}}, joined))
	require.NoError(t, err)
	trace, err := NewTrace(g)
	require.NoError(t, err)
	require.Equal(t, []int32{0, 0, 1, 1}, trace.Reads(x).N)
	require.Equal(t, []int32{1, 1, 0, 0, 0, 0}, trace.Reads(y).N)
}

func TestAGateOfOnePositionIsReadForAll(t *testing.T) {
	b := nn.NewBuilder("gate")
	x := b.Input("x", nn.Shape{4, 4, 3})
	gate := b.Add("mean", &nn.GlobalAvgPool{KeepDims: true}, x)
	g, err := b.Graph(b.Add("scale", &nn.Multiply{}, b.Add("half", &nn.MaxPool{Window: nn.Square(1, 2)}, x), gate))
	require.NoError(t, err)
	trace, err := NewTrace(g)
	require.NoError(t, err)
	require.Equal(t, []int32{4}, trace.Reads(gate).N)
	require.Equal(t, 16, trace.Reads(x).Read(), "the mean sees what the half drops")
}

func TestHugeMapsAreRefused(t *testing.T) {
	g := graphOf(t, nn.Shape{1 << 13, 1 << 12, 1}, &nn.Identity{})
	_, err := NewTrace(g)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = Places(g)
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorContains(t, err, fmt.Sprint(maxPositions))
}
