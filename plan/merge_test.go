package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// merged lists the names of the steps that have a sibling.
func merged(p *Program) []string {
	var names []string
	for _, s := range p.Steps {
		if s.Sibling != nil {
			names = append(names, s.Name)
		}
	}
	return names
}

func TestTheFirstConvolutionAndTheShortcutOfEachStageAreMerged(t *testing.T) {
	g, err := resnet.Build("exercise", resnet.Options{})
	require.NoError(t, err)
	resnet.Initialise(g, 1)
	apart, together := Compile(g, Options{Fold: true, Fuse: true, Demand: true}), Compile(g, All())
	require.Equal(t, []string{
		"res2a_branch2a + res2a_branch1", "res3a_branch2a + res3a_branch1", "res4a_branch2a + res4a_branch1", "res5a_branch2a + res5a_branch1",
	}, merged(together))
	require.Len(t, together.Steps, len(apart.Steps)-4)
	require.Equal(t, apart.MACs(), together.MACs())
	// The inputs of four steps are read once less: (H, W, C) of the pooling
	// layer and of what demand leaves of the last blocks of stages 2 to 4.
	require.EqualValues(t, apart.Bytes(1)-4*(15*15*64+8*8*256+4*4*512+2*2*1024), together.Bytes(1))
	for _, s := range together.Steps {
		if s.Sibling != nil {
			require.Zero(t, s.Lowest, "the first convolution is rectified")
			require.True(t, s.Sibling.plain(), "the shortcut is not")
		}
	}
}

func TestOnlyEqualWindowsOverTheSamePositionsAreMerged(t *testing.T) {
	one, three := nn.Square(1, 1), nn.Square(3, 1)
	conv := func(b *nn.Builder, name string, w nn.Window, in *nn.Node) *nn.Node {
		return b.Add(name, &nn.Conv2D{Window: w, Filters: 4}, in)
	}
	for name, c := range map[string]struct {
		build func(b *nn.Builder, x *nn.Node) []*nn.Node
		want  []string
	}{
		"two": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", three, x), conv(b, "b", three, x)}
		}, []string{"a + b"}},
		"three, of which two": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", one, x), conv(b, "b", one, x), conv(b, "c", one, x)}
		}, []string{"a + b"}},
		"four as two pairs": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", one, x), conv(b, "b", three, x), conv(b, "c", three, x), conv(b, "d", one, x)}
		}, []string{"a + d", "b + c"}},
		"by another name of the tensor": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", one, x), conv(b, "b", one, b.Add("same", &nn.Identity{}, x))}
		}, []string{"a + b"}},
		"not other sizes": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", one, x), conv(b, "b", three, x)}
		}, nil},
		"not other strides": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", one, x), conv(b, "b", nn.Square(1, 2), x)}
		}, nil},
		"not where one reads the other": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			first := conv(b, "a", one, x)
			return []*nn.Node{first, b.Add("sum", &nn.Add{}, conv(b, "b", one, x), first)}
		}, nil},
		"not where one is asked for less": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			return []*nn.Node{conv(b, "a", one, x), conv(b, "c", nn.Square(1, 2), conv(b, "b", one, x))}
		}, nil},
		"where both are asked for the same": {func(b *nn.Builder, x *nn.Node) []*nn.Node {
			first, second := conv(b, "a", one, x), conv(b, "b", one, x)
			return []*nn.Node{conv(b, "c", nn.Square(1, 2), first), conv(b, "d", nn.Square(1, 2), second)}
		}, []string{"a + b"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := nn.NewBuilder("siblings")
			g, err := b.Graph(c.build(b, b.Input("picture", nn.Shape{8, 8, 4}))...)
			require.NoError(t, err)
			require.Equal(t, c.want, merged(Compile(g, All())))
		})
	}
}
