package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// shared is a network that calls one layer twice: softmax(fc(pool(act(conv(x)) +
// act(conv(relu(x)))))), conv and act being one Keras layer.
func shared(t *testing.T) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("shared")
	x := b.Input("input", nn.Shape{4, 4, 3})
	conv := &nn.Conv2D{Window: nn.Square(3, 1).Same(4, 4), Filters: 3, UseBias: true}
	call := func(n *nn.Node, call int, name string) *nn.Node {
		s := nn.Source{Layer: "conv", Class: "Conv2D", Call: call}
		return b.From(s, name+"/activation", relu(), b.From(s, name, conv, n))
	}
	first := call(x, 0, "conv")
	second := call(b.Add("relu", relu(), x), 1, "conv_1")
	sum := b.Add("sum", &nn.Add{}, first, second)
	norm := b.Add("norm", &nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}, sum)
	fc := b.Add("fc", &nn.Dense{Units: 2}, b.Add("pool", &nn.GlobalAvgPool{}, norm))
	g, err := b.Graph(b.Add("softmax", &nn.Softmax{}, fc))
	require.NoError(t, err)
	return g
}

func names(nodes []*nn.Node) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = n.Name
	}
	return out
}

func TestLayersGatherTheNodesOfACall(t *testing.T) {
	type row struct {
		name, class string
		call        int
		nodes       []string
		reads       []string
		macs        int64
		params      int64
	}
	var got []row
	for _, l := range shared(t).Layers() {
		require.Equal(t, l.Nodes[len(l.Nodes)-1], l.Output())
		got = append(got, row{l.Name, l.Class, l.Call, names(l.Nodes), names(l.ConnectedTo()), l.MACs(), l.Params()})
	}
	const conv, convMACs = 3*3*3*3 + 3, 4 * 4 * 3 * 3 * 3 * 3
	require.Equal(t, []row{
		{"input", "InputLayer", 0, []string{"input"}, []string{}, 0, 0},
		{"conv", "Conv2D", 0, []string{"conv", "conv/activation"}, []string{"input"}, convMACs, conv},
		{"relu", "Activation", 0, []string{"relu"}, []string{"input"}, 0, 0},
		{"conv", "Conv2D", 1, []string{"conv_1", "conv_1/activation"}, []string{"relu"}, convMACs, conv},
		{"sum", "Add", 0, []string{"sum"}, []string{"conv/activation", "conv_1/activation"}, 0, 0},
		{"norm", "BatchNorm", 0, []string{"norm"}, []string{"sum"}, 0, 12},
		{"pool", "GlobalAvgPool", 0, []string{"pool"}, []string{"norm"}, 0, 0},
		{"fc", "Dense", 0, []string{"fc"}, []string{"pool"}, 6, 6},
		{"softmax", "Softmax", 0, []string{"softmax"}, []string{"fc"}, 0, 0},
	}, got)
}

func TestSharedWeightsCountOnceAndTheirProductsTwice(t *testing.T) {
	g := shared(t)
	total, trainable := g.Parameters()
	require.EqualValues(t, 84+12+6, total)
	require.EqualValues(t, 84+6+6, trainable, "moving statistics are not trained")
	require.EqualValues(t, 2*4*4*3*3*3*3+6, g.MACs())

	var roles []string
	for _, p := range g.Params() {
		roles = append(roles, p.Node.Name+" "+p.Role)
	}
	require.Equal(t, []string{"conv kernel", "conv bias", "norm gamma", "norm beta", "norm moving_mean", "norm moving_variance", "fc kernel"}, roles)
}

func TestCheckWeightsNamesTheLayer(t *testing.T) {
	g := shared(t)
	require.EqualError(t, g.CheckWeights(), `Conv2D "conv": kernel (3, 3, 3, 3) is not set`)
	for _, p := range g.Params() {
		*p.Value = nn.NewTensor(p.Shape...)
	}
	require.NoError(t, g.CheckWeights())
	fc, ok := g.Node("fc")
	require.True(t, ok)
	fc.Op.(*nn.Dense).Kernel = nn.NewTensor(3, 1000)
	require.EqualError(t, g.CheckWeights(), `Dense "fc": kernel: expected shape (3, 2), found (3, 1000)`)
}

func TestConsumersListEveryRead(t *testing.T) {
	b := nn.NewBuilder("net")
	x := b.Input("input", nn.Shape{4})
	double := b.Add("double", &nn.Add{}, x, x)
	square := b.Add("square", &nn.Multiply{}, double, x)
	g, err := b.Graph(square)
	require.NoError(t, err)
	consumers := g.Consumers()
	require.Equal(t, []string{"double", "double", "square"}, names(consumers[x.Index]))
	require.Equal(t, []string{"square"}, names(consumers[double.Index]))
	require.Empty(t, consumers[square.Index])
}

func TestNodesAreFoundByName(t *testing.T) {
	g := shared(t)
	n, ok := g.Node("conv_1")
	require.True(t, ok)
	require.Equal(t, n, g.Nodes[n.Index])
	_, ok = g.Node("conv_2")
	require.False(t, ok)
}

func TestCheckInputsWantsBatchesOfOneSize(t *testing.T) {
	b := nn.NewBuilder("two")
	x, y := b.Input("left", nn.Shape{4, 4, 3}), b.Input("right", nn.Shape{5})
	g, err := b.Graph(x, y)
	require.NoError(t, err)

	batch, err := g.CheckInputs([]*nn.Tensor{nn.NewTensor(2, 4, 4, 3), nn.NewTensor(2, 5)})
	require.NoError(t, err)
	require.Equal(t, 2, batch)

	for _, c := range []struct {
		name string
		in   []*nn.Tensor
		want string
	}{
		{"too few", []*nn.Tensor{nn.NewTensor(2, 4, 4, 3)}, "the model has 2 inputs, found 1 tensors"},
		{"no batch axis", []*nn.Tensor{nn.NewTensor(4, 4, 3), nn.NewTensor(1, 5)}, `input "left": expected a batch of (4, 4, 3), found shape (4, 4, 3)`},
		{"no picture", []*nn.Tensor{nn.NewTensor(0, 4, 4, 3), nn.NewTensor(0, 5)}, `input "left": expected a batch of (4, 4, 3), found shape (0, 4, 4, 3)`},
		{"channels first", []*nn.Tensor{nn.NewTensor(1, 3, 4, 4), nn.NewTensor(1, 5)}, `input "left": expected a batch of (4, 4, 3), found shape (1, 3, 4, 4)`},
		{"a scalar", []*nn.Tensor{{}, nn.NewTensor(1, 5)}, `input "left": expected a batch of (4, 4, 3), found shape ()`},
		{"no tensor", []*nn.Tensor{nn.NewTensor(1, 4, 4, 3), nil}, `input "right": expected a batch of (5,), found no tensor`},
		{"two sizes", []*nn.Tensor{nn.NewTensor(2, 4, 4, 3), nn.NewTensor(1, 5)}, `input "right" has a batch of 1, input "left" of 2`},
		{"too few elements", []*nn.Tensor{nn.NewTensor(1, 4, 4, 3), {Shape: nn.Shape{1, 5}}}, `input "right": shape (1, 5) does not have 0 elements`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := g.CheckInputs(c.in)
			require.EqualError(t, err, c.want)
		})
	}
	require.EqualError(t, g.CheckInput(2, nn.NewTensor(1)), "the model has 2 inputs")
}
