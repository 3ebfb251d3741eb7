package plan

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

func TestTheProductWithAGateBecomesPartOfThePointwiseConvolutionBehindIt(t *testing.T) {
	conv := func(b *nn.Builder, name string, size, stride int, x *nn.Node) *nn.Node {
		return b.Add(name, &nn.Conv2D{Window: nn.Square(size, stride), Filters: 4}, x)
	}
	factors := func(b *nn.Builder, x *nn.Node) *nn.Node {
		n := b.Add("means", &nn.GlobalAvgPool{KeepDims: true}, x)
		return b.Add("sigmoid", &nn.Activation{Func: nn.Sigmoid}, conv(b, "excite", 1, 1, n))
	}
	for name, c := range map[string]struct {
		build func(b *nn.Builder, x *nn.Node) []*nn.Node
		gated bool
	}{
		"map first": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "project", 1, 1, b.Add("product", &nn.Multiply{}, x, factors(b, x)))}
		}, true},
		"factors first, and a stride": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "project", 1, 2, b.Add("product", &nn.Multiply{}, factors(b, x), x))}
		}, true},
		"not before a larger window": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "project", 3, 1, b.Add("product", &nn.Multiply{}, x, factors(b, x)))}
		}, false},
		"not where the product is read twice": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			product := b.Add("product", &nn.Multiply{}, x, factors(b, x))
			return []*nn.Node{conv(b, "project", 1, 1, product), product}
		}, false},
		"not where a rectifier is between": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			product := b.Add("product", &nn.Multiply{}, x, factors(b, x))
			return []*nn.Node{conv(b, "project", 1, 1, b.Add("relu", &nn.Activation{Func: nn.ReLU}, product))}
		}, false},
		"not the product of two maps": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "project", 1, 1, b.Add("product", &nn.Multiply{}, x, conv(b, "other", 1, 1, x)))}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, All(), nn.Shape{8, 8, 4}, c.build)
			var gated *Step
			for _, s := range p.Steps {
				if s.Gate != nil {
					gated = s
				}
			}
			if !c.gated {
				require.Nil(t, gated)
				require.Contains(t, kinds(p), "Multiply")
				return
			}
			require.NotContains(t, kinds(p), "Multiply")
			require.Equal(t, "project", gated.Name)
			require.Equal(t, "picture", gated.In[0].Node.Name)
			require.Equal(t, "sigmoid", gated.Gate.Node.Name)
			require.Contains(t, slices.Collect(gated.Reads()), gated.Gate)
		})
	}
}
