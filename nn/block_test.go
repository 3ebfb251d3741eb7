package nn_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// chain adds nodes with names of their own, each behind the last.
type chain struct {
	b     *nn.Builder
	nodes int
}

func (c *chain) add(op nn.Op, in ...*nn.Node) *nn.Node {
	c.nodes++
	return c.b.Add(fmt.Sprintf("%s_%d", op.Kind(), c.nodes), op, in...)
}

func (c *chain) conv(x *nn.Node, filters, stride int) *nn.Node {
	return c.add(&nn.BatchNorm{Axis: -1}, c.add(&nn.Conv2D{Window: nn.Square(1, stride), Filters: filters}, x))
}

// residual adds a block of two convolutions; the shortcut is one too where the
// shape changes. The shortcut's nodes come first or last.
func (c *chain) residual(x *nn.Node, filters, stride int, shortcutFirst bool) *nn.Node {
	shortcut := x
	project := func() {
		if stride > 1 || filters != x.Shape.Channels() {
			shortcut = c.conv(x, filters, stride)
		}
	}
	if shortcutFirst {
		project()
	}
	n := c.conv(c.add(relu(), c.conv(x, 2, stride)), filters, 1)
	if !shortcutFirst {
		project()
	}
	return c.add(relu(), c.add(&nn.Add{}, n, shortcut))
}

// runs shortens the blocks of the nodes, in order, to one entry a run.
func runs(g *nn.Graph) []string {
	var out []string
	for _, n := range g.Nodes {
		if len(out) == 0 || out[len(out)-1] != n.Block {
			out = append(out, n.Block)
		}
	}
	return out
}

func resnet(t *testing.T, blocks []int, shortcutFirst bool) *nn.Graph {
	t.Helper()
	c := &chain{b: nn.NewBuilder("resnet")}
	x := c.add(&nn.ZeroPad{Pad: nn.Pad{Top: 3, Bottom: 3, Left: 3, Right: 3}}, c.b.Input("input", nn.Shape{64, 64, 3}))
	x = c.add(&nn.MaxPool{Window: nn.Square(3, 2)}, c.add(relu(), c.conv(x, 4, 2)))
	for stage, n := range blocks {
		for block := range n {
			stride := 1
			if block == 0 && stage > 0 {
				stride = 2
			}
			x = c.residual(x, 8<<stage, stride, shortcutFirst)
		}
	}
	x = c.add(&nn.Flatten{}, c.add(&nn.AvgPool{Window: nn.Square(2, 2)}, x))
	g, err := c.b.Graph(c.add(&nn.Softmax{}, c.add(&nn.Dense{Units: 6}, x)))
	require.NoError(t, err)
	return g
}

func TestBlocksAreNamedAsInTheCaffeRelease(t *testing.T) {
	want := []string{
		"conv1",
		"res2a", "res2b", "res2c",
		"res3a", "res3b", "res3c", "res3d",
		"res4a", "res4b", "res4c", "res4d", "res4e", "res4f",
		"res5a", "res5b", "res5c",
		"fc",
	}
	for _, shortcutFirst := range []bool{false, true} {
		g := resnet(t, []int{3, 4, 6, 3}, shortcutFirst)
		require.Equal(t, want, runs(g), "shortcut first: %v", shortcutFirst)
	}
}

func TestABlockEndsBehindTheActivationOfItsSum(t *testing.T) {
	g := resnet(t, []int{2}, false)
	block := map[string][]string{}
	for _, n := range g.Nodes {
		block[n.Block] = append(block[n.Block], n.Op.Kind())
	}
	convolution := []string{"Conv2D", "BatchNorm"}
	body := append(append([]string{"Conv2D", "BatchNorm", "Activation"}, convolution...), convolution...)
	require.Equal(t, map[string][]string{
		"conv1": {"Input", "ZeroPad", "Conv2D", "BatchNorm", "Activation", "MaxPool"},
		"res2a": append(body, "Add", "Activation"),
		"res2b": {"Conv2D", "BatchNorm", "Activation", "Conv2D", "BatchNorm", "Add", "Activation"},
		"fc":    {"AvgPool", "Flatten", "Dense", "Softmax"},
	}, block)
}

func TestStagesOfManyBlocksAreCounted(t *testing.T) {
	g := resnet(t, []int{1, 36}, false)
	got := runs(g)
	require.Equal(t, []string{"conv1", "res2a", "res3a", "res3b1", "res3b2"}, got[:5])
	require.Equal(t, []string{"res3b35", "fc"}, got[len(got)-2:])
}

func TestANetWithoutSumsIsCutBehindItsPooling(t *testing.T) {
	c := &chain{b: nn.NewBuilder("plain")}
	x := c.b.Input("input", nn.Shape{8, 8, 3})
	for filters := range 2 {
		x = c.add(&nn.MaxPool{Window: nn.Square(2, 2)}, c.conv(x, 4+filters, 1))
	}
	x = c.conv(x, 8, 1)
	g, err := c.b.Graph(c.add(&nn.Dense{Units: 2}, c.add(&nn.GlobalAvgPool{}, x)))
	require.NoError(t, err)
	require.Equal(t, []string{"block1", "block2", "block3", "fc"}, runs(g))
}

func TestASumOfVectorsIsNoBlock(t *testing.T) {
	b := nn.NewBuilder("vectors")
	x := b.Input("input", nn.Shape{8})
	g, err := b.Graph(b.Add("sum", &nn.Add{}, x, x))
	require.NoError(t, err)
	require.Equal(t, []string{"fc"}, runs(g))
}

func TestEveryNodeHasABlock(t *testing.T) {
	// An Add of one node with itself, and a branch that leaves its block.
	c := &chain{b: nn.NewBuilder("odd")}
	x := c.conv(c.b.Input("input", nn.Shape{4, 4, 3}), 4, 1)
	twice := c.add(&nn.Add{}, x, x)
	aside := c.add(&nn.GlobalMaxPool{}, x)
	y := c.residual(twice, 4, 1, false)
	g, err := c.b.Graph(y, aside)
	require.NoError(t, err)
	for _, n := range g.Nodes {
		require.NotEmpty(t, n.Block, n.Name)
	}
}
