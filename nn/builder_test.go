package nn_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

func relu() *nn.Activation { return &nn.Activation{Func: nn.ReLU} }

func TestBuilderErrorsNameTheNodeAndTheShapes(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *nn.Builder, x *nn.Node)
		want  string
	}{
		{
			"shapes that differ",
			func(b *nn.Builder, x *nn.Node) {
				b.Add("sum", &nn.Add{}, x, b.Add("half", &nn.MaxPool{Window: nn.Square(2, 2)}, x))
			},
			`Add "sum": shapes (4, 4, 3) and (2, 2, 3) do not fit each other`,
		},
		{
			"a layer's node",
			func(b *nn.Builder, x *nn.Node) {
				b.From(nn.Source{Layer: "conv1", Class: "Convolution2D"}, "conv1/conv", &nn.Conv2D{Window: nn.Square(9, 1), Filters: 2}, x)
			},
			`Convolution2D "conv1/conv": a window of 9 does not fit a height of 4`,
		},
		{"no name", func(b *nn.Builder, x *nn.Node) { b.Add("", relu(), x) }, "a node's name must be given and unique"},
		{"a name twice", func(b *nn.Builder, x *nn.Node) { b.Add("input", relu(), x) }, `Activation "input": a node's name must be given and unique`},
		{"a missing input", func(b *nn.Builder, _ *nn.Node) { b.Add("act", relu(), nil) }, `Activation "act": an input is not a node of this graph`},
		{
			"another graph's node",
			func(b *nn.Builder, _ *nn.Node) {
				b.Add("act", relu(), nn.NewBuilder("other").Input("far", nn.Shape{3}))
			},
			`Activation "act": an input is not a node of this graph`,
		},
		{"an empty shape", func(b *nn.Builder, _ *nn.Node) { b.Input("second", nn.Shape{0, 4, 3}) }, `InputLayer "second": shape (0, 4, 3) has an extent below 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := nn.NewBuilder("net")
			x := b.Input("input", nn.Shape{4, 4, 3})
			require.NoError(t, b.Err())
			c.build(b, x)
			require.ErrorContains(t, b.Err(), c.want)
		})
	}
}

func TestBuilderKeepsItsFirstError(t *testing.T) {
	b := nn.NewBuilder("net")
	x := b.Input("input", nn.Shape{4})
	bad := b.Add("first", &nn.GlobalAvgPool{}, x)
	first := b.Err()
	require.ErrorContains(t, first, `GlobalAvgPool "first"`)
	require.NotNil(t, bad, "callers go on with the node")

	b.Add("second", &nn.Add{}, bad)
	b.Fail(errors.New("third"))
	require.Equal(t, first, b.Err())
	_, err := b.Graph(x)
	require.Equal(t, first, err)
}

func TestBuilderFailsWithItsCallersError(t *testing.T) {
	own := errors.New("unknown layer")
	b := nn.NewBuilder("net")
	x := b.Input("input", nn.Shape{4})
	b.Fail(own)
	_, err := b.Graph(x)
	require.ErrorIs(t, err, own)
}

func TestGraphsHaveAnInputAndAnOutput(t *testing.T) {
	b := nn.NewBuilder("net")
	_, err := b.Graph()
	require.EqualError(t, err, "a graph needs an input and an output")
	x := b.Input("input", nn.Shape{4})
	_, err = b.Graph()
	require.EqualError(t, err, "a graph needs an input and an output")
	_, err = b.Graph(x, nil)
	require.EqualError(t, err, "an output is not a node of this graph")
	_, err = b.Graph(nn.NewBuilder("other").Input("input", nn.Shape{4}))
	require.EqualError(t, err, "an output is not a node of this graph")
	g, err := b.Graph(x)
	require.NoError(t, err)
	require.Equal(t, "net", g.Name)
	require.Equal(t, []*nn.Node{x}, g.Inputs)
	require.Equal(t, []*nn.Node{x}, g.Outputs)
}

func TestNodesKeepTheirOwnShapes(t *testing.T) {
	declared := nn.Shape{4, 4, 3}
	b := nn.NewBuilder("net")
	x := b.Input("input", declared)
	act := b.Add("act", relu(), x)
	declared[0], act.Shape[1] = 9, 9
	require.Equal(t, nn.Shape{4, 4, 3}, x.Shape)
}
