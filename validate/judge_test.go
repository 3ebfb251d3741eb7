package validate

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

// calls returns a network whose layer "twice" is called twice, and "act" is two
// nodes.
func calls(t testing.TB) (*nn.Graph, []*nn.Tensor) {
	t.Helper()
	b := nn.NewBuilder("calls")
	x := b.Input("in", nn.Shape{3})
	op := &nn.Dense{Units: 3}
	first := b.From(nn.Source{Layer: "twice", Class: "Dense"}, "twice", op, x)
	second := b.From(nn.Source{Layer: "twice", Class: "Dense", Call: 1}, "twice:1", op, first)
	linear := b.From(nn.Source{Layer: "act", Class: "Dense"}, "act", &nn.Dense{Units: 2}, second)
	g, err := b.Graph(b.From(nn.Source{Layer: "act", Class: "Dense"}, "act/relu", &nn.Activation{Func: nn.ReLU}, linear))
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(6, 6))
	optest.SetGraphWeights(rng, g)
	return g, optest.Inputs(rng, g, 2)
}

func TestArraysAreJudgesOfTheLayersThatTheyName(t *testing.T) {
	g, in := calls(t)
	twice, again, act := tensor(t, []float32{1, 2, 3, 4, 5, 6}, 2, 3), tensor(t, []float32{6, 5, 4, 3, 2, 1}, 2, 3), tensor(t, []float32{7, 8, 9, 10}, 2, 2)
	a := Arrays{"keras", map[string]*nn.Tensor{"twice": twice, "twice:1": again, "act": act, "other": act}}
	rights, err := a.Judge(t.Context(), g, in)
	require.NoError(t, err)
	require.Equal(t, twice.Data, rights[1].Data)
	require.Equal(t, again.Data, rights[2].Data)
	require.Equal(t, act.Data, rights[4].Data, "a layer's name is that of its last node's output")
	require.Equal(t, Reference{}, rights[3].By, "what the arrays do not have, the reference computes")
	want, err := reference.Apply(g.Nodes[3].Op, again)
	require.NoError(t, err)
	require.Equal(t, want.Data, rights[3].Data, "from what they have")
	require.Equal(t, []string{"other"}, a.unknown(g))
	require.Nil(t, a.Inputs(g))
	a.Tensors["in"] = in[0]
	require.Equal(t, in, a.Inputs(g))
}

func TestArraysThatDoNotFitAreRefused(t *testing.T) {
	g, in := calls(t)
	_, err := Arrays{"keras", map[string]*nn.Tensor{"act": nn.NewTensor(2, 3)}}.Judge(t.Context(), g, in)
	require.ErrorContains(t, err, `keras: array "act": expected shape (2, 2), found (2, 3)`)
	_, err = Arrays{"keras", map[string]*nn.Tensor{"elsewhere": nn.NewTensor(2, 3)}}.Judge(t.Context(), g, in)
	require.ErrorContains(t, err, "none of its 1 arrays is named as a layer of calls")
	_, err = Arrays{}.Judge(t.Context(), g, nil)
	require.Error(t, err)
}

func TestTheReportSaysWhoJudgedALayer(t *testing.T) {
	g, in := calls(t)
	rights, err := Reference{}.Judge(t.Context(), g, in)
	require.NoError(t, err)
	a := Arrays{"keras", map[string]*nn.Tensor{"twice": rights[1].Tensor, "spare": rights[1].Tensor}}
	r, err := Run(t.Context(), Options{Graph: g, Inputs: in, Device: openTest(t), Judge: a})
	require.NoError(t, err)
	require.True(t, r.Totals.Passed)
	require.Equal(t, "keras", r.Judge)
	require.Equal(t, []string{"spare"}, r.Unknown)
	require.Empty(t, r.Layers[0].Judge)
	require.Equal(t, "reference", r.Layers[1].Judge)
}

func TestWhatTheDeviceHoldsIsSampledAndPlacedBack(t *testing.T) {
	x := nn.NewTensor(2, 5, 6, 1)
	for i := range x.Data {
		x.Data[i] = float32(i)
	}
	h := held{plan.Axis{Offset: 1, Step: 2, Count: 2}, plan.Axis{Offset: 0, Step: 3, Count: 2}}
	y := sample(x, h)
	require.Equal(t, nn.Shape{2, 2, 2, 1}, y.Shape)
	require.Equal(t, []float32{6, 9, 18, 21, 36, 39, 48, 51}, y.Data)
	at := []int{1, 1, 1, 0}
	h.place(at)
	require.Equal(t, []int{1, 3, 3, 0}, at)
	require.Same(t, x, sample(x, held{}), "nothing is said of positions: all are held")
	flat := nn.NewTensor(2, 3)
	require.Same(t, flat, sample(flat, h))
}

func TestWordsNameThingsAsSentencesDo(t *testing.T) {
	require.Equal(t, "row 3", span("row", 3, 4))
	require.Equal(t, "rows 3 and 4", span("row", 3, 5))
	require.Equal(t, "rows 3 to 9", span("row", 3, 10))
	require.Equal(t, "channel 5", numbers("channel", []int{5}))
	require.Equal(t, "channels 1, 3 and 9", numbers("channel", []int{1, 3, 9}))
	require.Equal(t, "channels 2 to 5", numbers("channel", []int{2, 3, 4, 5}))
	require.Equal(t, "channels 0, 2, 4, 6, 8, 10, 12, 14 and 2 more", numbers("channel", []int{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}))
	require.Equal(t, "1 element", elements(1))
}
