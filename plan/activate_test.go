package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// compiled returns the program of what build adds behind an input.
func compiled(t *testing.T, o Options, input nn.Shape, build func(b *nn.Builder, x *nn.Node) []*nn.Node) *Program {
	b := nn.NewBuilder("net")
	g, err := b.Graph(build(b, b.Input("picture", input))...)
	require.NoError(t, err)
	return Compile(g, o)
}

// kinds lists the operations of the program's steps.
func kinds(p *Program) []string {
	var list []string
	for _, s := range p.Steps {
		list = append(list, s.Op.Kind())
	}
	return list
}

func TestAnActivationBecomesPartOfTheStepBeforeIt(t *testing.T) {
	conv := func(b *nn.Builder, x *nn.Node) *nn.Node {
		return b.Add("conv", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 4}, x)
	}
	for name, c := range map[string]struct {
		act     nn.Activation
		want    nn.Activation
		highest float32 // 0: none
	}{
		"swish":                {act: nn.Activation{Func: nn.Swish}, want: nn.Activation{Func: nn.Swish}},
		"elu with its alpha":   {act: nn.Activation{Func: nn.ELU, Alpha: 0.5}, want: nn.Activation{Func: nn.ELU, Alpha: 0.5}},
		"leaky with a bound":   {act: nn.Activation{Func: nn.ReLU, Slope: 0.1, Max: 6}, want: nn.Activation{Func: nn.ReLU, Slope: 0.1}, highest: 6},
		"not with a threshold": {act: nn.Activation{Func: nn.ReLU, Slope: 0.1, Threshold: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, All(), nn.Shape{8, 8, 4}, func(b *nn.Builder, x *nn.Node) []*nn.Node {
				return []*nn.Node{b.Add("act", &c.act, conv(b, x))}
			})
			if c.want == (nn.Activation{}) {
				require.Equal(t, []string{"Conv2D", "Activation"}, kinds(p))
				return
			}
			require.Equal(t, []string{"Conv2D"}, kinds(p))
			require.Equal(t, &c.want, p.Steps[0].Activation)
			require.Equal(t, c.highest > 0, p.Steps[0].clamps())
			if c.highest > 0 {
				require.Equal(t, c.highest, p.Steps[0].Highest)
			}
			require.Equal(t, "act", p.Steps[0].Last().Name)
		})
	}
}

func TestAnActivationStaysWhereItsInputIsReadTwiceOrIsBoundedAlready(t *testing.T) {
	swish := func(b *nn.Builder, name string, x *nn.Node) *nn.Node {
		return b.Add(name, &nn.Activation{Func: nn.Swish}, x)
	}
	for name, build := range map[string]func(b *nn.Builder, conv *nn.Node) []*nn.Node{
		"read twice": func(b *nn.Builder, conv *nn.Node) []*nn.Node {
			return []*nn.Node{swish(b, "a", conv), swish(b, "b", conv)}
		},
		"handed out": func(b *nn.Builder, conv *nn.Node) []*nn.Node { return []*nn.Node{swish(b, "a", conv), conv} },
		"bounded": func(b *nn.Builder, conv *nn.Node) []*nn.Node {
			return []*nn.Node{swish(b, "a", b.Add("relu", &nn.Activation{Func: nn.ReLU}, conv))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, All(), nn.Shape{8, 8, 4}, func(b *nn.Builder, x *nn.Node) []*nn.Node {
				return build(b, b.Add("conv", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 4}, x))
			})
			require.Nil(t, p.Steps[0].Activation)
			require.Contains(t, kinds(p), "Activation")
		})
	}
}
