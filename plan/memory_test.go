package plan

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/internal/optest"
)

// That nothing is overwritten too early is shown by running programs in their
// arena; here the sums are held to what they say.
func TestThePeakIsTheFullestStepAndFitsTheArena(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := optest.Graph(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		p := Compile(g, All())
		batch := rapid.IntRange(1, 3).Draw(t, "batch")
		const align = 64
		l := p.Lay(batch, 4, align, false, func(*Step) int64 { return scratchBytes })
		last := p.lastReads()
		for i, s := range p.Steps {
			// What a step reads and makes, and what later ones read of earlier
			// ones, must be there at once; a residual may be written over.
			bytes := int64(scratchBytes)
			made := map[*Value]int{}
			for _, v := range p.Inputs {
				made[v] = -1
			}
			for j, other := range p.Steps {
				for _, part := range other.Parts() {
					made[part.Out] = j
				}
			}
			for v, at := range made {
				if until, read := last[v]; at <= i && (at == i || read && until >= i) {
					bytes += 4 * int64(batch*v.Shape.Len())
				}
			}
			if s.Residual != nil && last[s.Residual.Root()] == i && l.At(s.Residual) == l.At(s.Out) {
				bytes -= 4 * int64(batch*s.Out.Shape.Len())
			}
			require.LessOrEqual(t, bytes, l.Peak, s.Name)
		}
		require.LessOrEqual(t, l.Peak, l.Bytes)
		apart := p.Lay(batch, 4, align, true, func(*Step) int64 { return scratchBytes })
		require.LessOrEqual(t, l.Bytes, apart.Bytes)
	})
}
