package validate

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// Every mistake must give another result than the right operation does on some
// case, or be refused: else it could never be found, or would explain anything.
func TestEveryMistakeChangesTheResult(t *testing.T) {
	told := map[string]int{}
	for _, s := range optest.All(optest.Seed) {
		for _, c := range s.Cases {
			b := nn.NewBuilder("case")
			in := make([]*nn.Node, len(c.Inputs))
			one := make([]*nn.Tensor, len(c.Inputs))
			for i, x := range c.Inputs {
				in[i] = b.Input(string(rune('a'+i)), x.Shape[1:])
				one[i] = oneImage(x, 0)
			}
			n := b.Add("layer", c.Op, in...)
			_, err := b.Graph(n)
			require.NoError(t, err)
			if n.MACs() > 2e6 {
				continue
			}
			want, err := reference.Apply(c.Op, one...)
			require.NoError(t, err)
			for _, m := range mistakes(n, one) {
				name := s.Kind + ": " + m.text
				told[name] += 0
				y, err := reference.Apply(m.op, m.in...)
				if err != nil || !y.Shape.Equal(want.Shape) {
					continue
				}
				if d, err := Compare(y, want); err == nil && d.MaxOverRMS > 1e-6 {
					told[name]++
				}
			}
		}
	}
	require.Greater(t, len(told), 50)
	for name, n := range told {
		require.Positive(t, n, name)
	}
}

func TestAWindowWithItsPaddingWrittenOutGivesTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	op := &nn.Conv2D{Window: nn.Square(3, 2), Filters: 4}
	op.Pad = nn.Pad{Top: 2, Bottom: 1, Right: 1}
	optest.SetWeights(rng, op, []nn.Shape{{9, 8, 3}})
	x := optest.Normal(rng, 0, 1, 2, 9, 8, 3)
	want, err := reference.Apply(op, x)
	require.NoError(t, err)
	bare := *op
	bare.Pad = nn.Pad{}
	got, err := reference.Apply(&bare, framed(x, op.Window, want.Shape[1:]))
	require.NoError(t, err)
	require.Equal(t, want.Data, got.Data)
}
