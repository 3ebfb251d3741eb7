package plan

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// positions lists what an axis holds.
func (a Axis) positions() []int {
	var list []int
	for i := range a.Count {
		list = append(list, a.Offset+i*a.Step)
	}
	return list
}

func drawAxis(t *rapid.T, name string) Axis {
	return Axis{
		rapid.IntRange(0, 9).Draw(t, name+" offset"), rapid.IntRange(1, 5).Draw(t, name+" step"), rapid.IntRange(1, 6).Draw(t, name+" count"),
	}
}

func TestAJoinIsTheSmallestAxisThatHoldsBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawAxis(t, "a"), drawAxis(t, "b")
		a.Step, b.Step = a.move(), b.move()
		want := append(a.positions(), b.positions()...)
		slices.Sort(want)
		got := a.join(b)
		for _, p := range want {
			require.Contains(t, got.positions(), p)
		}
		if len(slices.Compact(slices.Clone(want))) == 1 {
			require.Equal(t, 1, got.Count)
			return
		}
		for coarser := got.Step + 1; coarser <= got.last()-got.Offset; coarser++ {
			fits := !slices.ContainsFunc(want, func(p int) bool { return (p-want[0])%coarser != 0 })
			require.False(t, fits, "%v and %v lie on a grid of %d, the join is %v", a, b, coarser, got)
		}
		require.Equal(t, want[0], got.Offset)
		require.Equal(t, want[len(want)-1], got.last())
		require.Equal(t, got, b.join(a))
	})
}

// The places that a rewritten window reads hold the positions that the
// original one reads, tap by tap, and padding stays outside.
func TestAWindowReadsTheSamePositionsThroughAnAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		size, stride := rapid.IntRange(1, 4).Draw(t, "size"), rapid.IntRange(1, 3).Draw(t, "stride")
		dilation, pad := rapid.IntRange(1, 3).Draw(t, "dilation"), rapid.IntRange(-2, 4).Draw(t, "pad")
		out := drawAxis(t, "out")
		in := out.under(size, stride, dilation, pad, n)
		if in.Count == 0 {
			t.Skip("padding alone")
		}
		if rapid.Bool().Draw(t, "another reader") {
			in = in.join(Axis{rapid.IntRange(0, n-1).Draw(t, "its position"), 0, 1})
		}
		s, d, p := out.through(in, size, stride, dilation, pad)
		held := in.positions()
		for i, o := range out.positions() {
			for tap := range size {
				position, place := o*stride-pad+tap*dilation, i*s-p+tap*d
				if position < 0 || position >= n {
					require.False(t, place >= 0 && place < len(held), "padding at %d became place %d of %v", position, place, in)
					continue
				}
				require.Contains(t, held, position)
				require.Equal(t, position, held[place])
			}
		}
	})
}
