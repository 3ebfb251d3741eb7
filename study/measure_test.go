package study

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet"
)

// small is a variant that the reference computes in no time.
func small(t *testing.T, name string) *nn.Graph {
	t.Helper()
	g := variant(t, name, resnet.Options{WidthDivisor: 16})
	resnet.Initialise(g, 1)
	return g
}

func onTheReference(t *testing.T, g *nn.Graph) Options {
	t.Helper()
	return Options{
		Open: Reference, Device: "reference", Batch: 8, Check: 5, Every: 16, Runs: 1, Low: 0, High: 1,
		Picture: optest.Normal(rand.New(rand.NewPCG(1, 1)), 0.5, 0.2, g.Inputs[0].Shape.Batch(1)...),
	}
}

func TestChangingAPositionMovesTheOutputExactlyWhereItIsRead(t *testing.T) {
	for _, name := range []string{"a", "option-a", "v1.5", "avgpool"} {
		t.Run(name, func(t *testing.T) {
			g := small(t, name)
			r, err := Inspect(t.Context(), g, onTheReference(t, g))
			require.NoError(t, err)
			n := r.Nets[0]
			require.Len(t, n.Blocks, 3)
			for _, b := range n.Blocks {
				require.Equal(t, b.Coverage.Positions, b.OnBlock.Tested)
				require.Zero(t, b.OnBlock.UnreadChanged)
				require.Zero(t, b.OnNet.UnreadChanged)
				require.Zero(t, b.OnBlock.ReadUnchanged)
				require.Equal(t, b.Coverage.Positions-b.Coverage.Never, b.OnBlock.Changed)
				require.LessOrEqual(t, b.OnNet.Changed, b.OnBlock.Changed)
				require.Equal(t, b.OnBlock.Checked, b.OnBlock.Agreed)
				require.Positive(t, b.OnBlock.Checked)
			}
			require.Equal(t, 16, n.Reach.Tested)
			require.Equal(t, n.Reach.Tested, n.Reach.Changed+n.Reach.ReadUnchanged, "of 4 channels, rectifiers hide some")
			require.Equal(t, n.Reach.Checked, n.Reach.Agreed)
			for _, s := range n.Sights {
				require.LessOrEqual(t, s.Changed, s.Tested)
				require.LessOrEqual(t, s.Side, 64.0)
			}
			require.Positive(t, n.Milliseconds)
		})
	}
}

// forgetful is an engine whose results depend on the place in the batch.
type forgetful struct{ engine.Net }

func (f forgetful) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	out, err := f.Net.RunAll(ctx, in)
	for _, t := range out {
		t.Data[len(t.Data)-1]++
	}
	return out, err
}

func TestAnEngineThatIsNotTheSameForAllImagesIsRefused(t *testing.T) {
	g := small(t, "a")
	o := onTheReference(t, g)
	o.Open = func(g *nn.Graph, batch int) (engine.Net, error) {
		e, err := Reference(g, batch)
		return forgetful{e}, err
	}
	_, err := Inspect(t.Context(), g, o)
	require.ErrorIs(t, err, ErrUnstable)
}

func TestInspectSaysWhatItCannotMeasure(t *testing.T) {
	b := nn.NewBuilder("two inputs")
	x, y := b.Input("x", nn.Shape{4, 4, 1}), b.Input("y", nn.Shape{4, 4, 1})
	g, err := b.Graph(b.Add("sum", &nn.Add{}, x, y))
	require.NoError(t, err)
	r, err := Inspect(t.Context(), g, Options{Open: Reference})
	require.NoError(t, err)
	require.Contains(t, r.Nets[0].Note, "does not read one picture")
	require.Empty(t, r.Device)
}

func TestACutComputesWhatTheWholeComputes(t *testing.T) {
	g := small(t, "d")
	h := Halvings(g)[1]
	part, err := cut(g, h.Input, output{node: h.Output}, output{node: h.Output, centre: true}, output{node: g.Outputs[0]})
	require.NoError(t, err)
	var fed *nn.Tensor
	want := map[string]*nn.Tensor{}
	in := optest.Inputs(rand.New(rand.NewPCG(2, 2)), g, 2)
	_, err = reference.Run(t.Context(), g, in, func(n *nn.Node, x *nn.Tensor) error {
		if n == h.Input {
			fed = x
		}
		want[n.Name] = x
		return nil
	})
	require.NoError(t, err)
	got, err := reference.Run(t.Context(), part, []*nn.Tensor{fed}, nil)
	require.NoError(t, err)
	require.Equal(t, want[h.Output.Name].Data, got[0].Data)
	require.Equal(t, want[g.Outputs[0].Name].Data, got[2].Data)
	s := h.Output.Shape
	at := (s[0]/2*s[1] + s[1]/2) * s[2]
	require.Equal(t, want[h.Output.Name].Image(1)[at:at+s[2]], got[1].Image(1))
}

func TestACutThatWouldReadSomethingElseIsRefused(t *testing.T) {
	g := small(t, "a")
	h := Halvings(g)[0]
	inside := h.Main.Inputs[0]
	_, err := cut(g, inside, output{node: h.Output})
	require.ErrorIs(t, err, errOtherInput)
}

func TestCompareKnowsVariantsByAllTheirNames(t *testing.T) {
	r, err := Compare(t.Context(), []string{"B", "exercise", "v1"}, nn.Shape{64, 64, 3}, Options{})
	require.NoError(t, err)
	require.Len(t, r.Nets, 2)
	require.Equal(t, "a", r.Nets[0].Name)
	require.Equal(t, []string{"exercise", "v1"}, r.Nets[0].Aliases)
	require.Equal(t, "v1.5", r.Nets[1].Name)
	require.Less(t, r.Nets[0].Demanded, r.Nets[0].MACs)
	_, err = Compare(t.Context(), []string{"e"}, nn.Shape{64, 64, 3}, Options{})
	require.ErrorIs(t, err, resnet.ErrUnknown)
}

func TestSpreadHitsEvenAndOddRowsAndColumns(t *testing.T) {
	seen := map[[2]int]bool{}
	for _, i := range spread(225, 16) {
		seen[[2]int{i / 15 % 2, i % 15 % 2}] = true
	}
	require.Len(t, seen, 4)
	require.Empty(t, spread(225, 0))
	require.Len(t, spread(3, 8), 3)
}

func TestEveryVariantWasTrainedWithTheSameSeeds(t *testing.T) {
	a, err := Trained()
	require.NoError(t, err)
	require.Len(t, a.Variants, len(Variants()))
	for _, v := range a.Variants {
		require.GreaterOrEqual(t, len(v.Accuracy.Runs), 3, v.Variant)
		require.Len(t, v.Consistency.Runs, len(v.Accuracy.Runs))
	}
}

// thirds is a network of two blocks that keep one row and column of three each: of
// what the first makes the second reads some, so that nobody reads some of what the
// first does.
func thirds(t *testing.T) *nn.Graph {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 3))
	b := nn.NewBuilder("thirds")
	conv := func(name string, filters, size, stride int, x *nn.Node) *nn.Node {
		w := nn.Square(size, stride)
		w.Pad.Top, w.Pad.Left, w.Pad.Bottom, w.Pad.Right = size/2, size/2, size/2, size/2
		return b.Add(name, &nn.Conv2D{Window: w, Filters: filters, Kernel: optest.Normal(rng, 0, 0.3, size, size, x.Shape.Channels(), filters)}, x)
	}
	x := conv("conv1", 4, 3, 1, b.Input("x", nn.Shape{27, 27, 3}))
	for _, block := range []string{"2a", "3a"} {
		main := b.Add("relu"+block, &nn.Activation{Func: nn.ReLU}, conv("res"+block+"_branch2a", 5, 1, 3, x))
		main = conv("res"+block+"_branch2b", 6, 3, 1, main)
		sum := b.Add("add"+block, &nn.Add{}, main, conv("res"+block+"_branch1", 6, 1, 3, x))
		x = b.Add("out"+block, &nn.Activation{Func: nn.ReLU}, sum)
	}
	g, err := b.Graph(b.Add("mean", &nn.GlobalAvgPool{}, x))
	require.NoError(t, err)
	for _, n := range g.Nodes {
		n.Block = n.Name
		for _, block := range []string{"2a", "3a"} {
			if strings.Contains(n.Name, block) {
				n.Block = block
			}
		}
	}
	return g
}

func TestASampleGivesTheSameFiguresAsEveryPosition(t *testing.T) {
	for _, name := range []string{"a", "v1.5", "maxpool", "thirds"} {
		t.Run(name, func(t *testing.T) {
			g := thirds(t)
			if name != "thirds" {
				g = small(t, name)
			}
			o := onTheReference(t, g)
			o.Every, o.Runs = 0, 0
			all, err := Inspect(t.Context(), g, o)
			require.NoError(t, err)
			o.Sample = 3
			some, err := Inspect(t.Context(), g, o)
			require.NoError(t, err)
			fewer := false
			for i, b := range some.Nets[0].Blocks {
				full := all.Nets[0].Blocks[i]
				for _, pair := range [][2]*Influence{{full.OnBlock, b.OnBlock}, {full.OnNet, b.OnNet}} {
					want, got := pair[0], pair[1]
					require.Equal(t, want.Tested, want.Positions)
					require.Equal(t, []any{want.Positions, want.Changed, want.Share, want.UnreadChanged, want.ReadUnchanged}, []any{got.Positions, got.Changed, got.Share, got.UnreadChanged, got.ReadUnchanged})
					fewer = fewer || got.Tested < want.Tested
				}
				require.Equal(t, b.OnBlock.Checked, b.OnBlock.Agreed)
			}
			require.True(t, fewer, "not all positions were tested")
		})
	}
}

func TestAllPositionsOfAKindInDoubtAreTested(t *testing.T) {
	k := kinds{{read: true, reaches: true, positions: []int{0, 1, 2, 3}}, {positions: []int{4, 5, 6}}, {read: true, reaches: true, positions: []int{7, 8}}}
	s := newSurvey(9, 2)
	require.Equal(t, []int{0, 2, 4, 5, 7, 8}, k.sample(2))
	s.add(k.sample(2), [][]float64{{1, 1, 0, 0, 1, 1}, {1, 0, 0, 0, 1, 1}}) // the net's output: mixed in the first kind
	require.Equal(t, []int{1, 3}, s.doubtful(k))
	s.add([]int{1, 3}, [][]float64{{1, 1}, {0, 1}})
	require.Empty(t, s.doubtful(k))
	block, net := s.influence(0, 1, k), s.influence(1, 2, k)
	require.Equal(t, []int{9, 8, 6, 0, 0}, []int{block.Positions, block.Tested, block.Changed, block.UnreadChanged, block.ReadUnchanged})
	require.Equal(t, []int{4, 0, 2}, []int{net.Changed, net.UnreadChanged, net.ReadUnchanged})

	wrong := newSurvey(9, 1)
	wrong.add([]int{0, 4, 7}, [][]float64{{1, 1, 1}}) // a position that nobody reads
	require.Equal(t, []int{5, 6}, wrong.doubtful(k))
	require.Equal(t, 3, wrong.influence(0, 1, k).UnreadChanged)
}
