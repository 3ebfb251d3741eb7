package layout_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/explore/layout"
)

// within reports whether a piece of an edge runs through the inside of a box.
func within(a, b layout.Point, box layout.Box) bool {
	left, right := min(a[0], b[0]), max(a[0], b[0])
	top, bottom := min(a[1], b[1]), max(a[1], b[1])
	return right > box.X && left < box.X+box.Width && bottom > box.Y && top < box.Y+box.Height
}

// sound fails the test unless boxes are apart and inside the drawing, and every edge
// goes down, in vertical and horizontal pieces, from the lower side of its box to the
// upper side of the other, past all boxes.
func sound(t *testing.T, d *layout.Drawing, sizes []layout.Size, edges [][2]int) {
	t.Helper()
	require.Len(t, d.Boxes, len(sizes))
	for i, a := range d.Boxes {
		require.Equal(t, sizes[i], layout.Size{Width: a.Width, Height: a.Height})
		require.True(t, a.X >= 0 && a.Y >= 0 && a.X+a.Width <= d.Width && a.Y+a.Height <= d.Height, "box %d %v lies outside %v x %v", i, a, d.Width, d.Height)
		for j, b := range d.Boxes[:i] {
			apart := a.X+a.Width <= b.X || b.X+b.Width <= a.X || a.Y+a.Height <= b.Y || b.Y+b.Height <= a.Y
			require.True(t, apart, "boxes %d %v and %d %v overlap", i, a, j, b)
		}
	}
	drawn := map[[2]int]bool{}
	for _, e := range d.Edges {
		drawn[[2]int{e.From, e.To}] = true
		from, to := d.Boxes[e.From], d.Boxes[e.To]
		first, last := e.Points[0], e.Points[len(e.Points)-1]
		require.InDelta(t, from.Y+from.Height, first[1], 1e-9)
		require.InDelta(t, to.Y, last[1], 1e-9)
		require.True(t, first[0] >= from.X && first[0] <= from.X+from.Width, "%v begins beside %v", e, from)
		require.True(t, last[0] >= to.X && last[0] <= to.X+to.Width, "%v ends beside %v", e, to)
		for k, b := range e.Points[1:] {
			a := e.Points[k]
			require.True(t, a[0] == b[0] && a[1] < b[1] || a[1] == b[1] && a[0] != b[0], "%v: from %v to %v", e, a, b)
			require.True(t, min(a[0], b[0]) >= 0 && max(a[0], b[0]) <= d.Width)
			for i, box := range d.Boxes {
				require.False(t, within(a, b, box), "edge %d to %d runs through box %d", e.From, e.To, i)
			}
		}
	}
	for _, e := range edges {
		require.True(t, drawn[e], "edge %v is not drawn", e)
	}
	require.Len(t, d.Edges, len(drawn))
}

// random returns boxes of various widths and a graph of that many edges a box, most
// of them short, as networks have them.
func random(seed uint64, boxes int, perBox float64) ([]layout.Size, [][2]int) {
	r := rand.New(rand.NewPCG(seed, 1))
	sizes := make([]layout.Size, boxes)
	seen := map[[2]int]bool{}
	var edges [][2]int
	for i := range sizes {
		sizes[i] = layout.Size{Width: 60 + float64(r.IntN(180)), Height: 30 + float64(r.IntN(3))*20}
		for range int(perBox * 2 * r.Float64()) {
			e := [2]int{max(0, i-1-int(r.ExpFloat64()*4)), i}
			if r.IntN(10) == 0 {
				e[0] = r.IntN(i + 1)
			}
			if e[0] < i && !seen[e] {
				seen[e] = true
				edges = append(edges, e)
			}
		}
	}
	return sizes, edges
}

func TestRandomGraphsAreDrawnSoundly(t *testing.T) {
	for seed := range uint64(40) {
		sizes, edges := random(seed, 1+int(seed)*3, 1.5)
		sound(t, layout.Layered(sizes, edges), sizes, edges)
	}
	sizes, edges := random(7, 40, 8) // dense
	sound(t, layout.Layered(sizes, edges), sizes, edges)
}

func TestSmallGraphs(t *testing.T) {
	box := layout.Size{Width: 100, Height: 40}
	for name, c := range map[string]struct {
		boxes int
		edges [][2]int
	}{
		"nothing":            {0, nil},
		"one box":            {1, nil},
		"no edges":           {3, nil},
		"a chain":            {4, [][2]int{{0, 1}, {1, 2}, {2, 3}}},
		"a shortcut":         {4, [][2]int{{0, 1}, {1, 2}, {2, 3}, {0, 3}}},
		"two inputs":         {4, [][2]int{{0, 2}, {1, 3}, {2, 3}}},
		"a fan":              {8, [][2]int{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 7}, {2, 7}, {3, 7}, {4, 7}, {5, 6}, {6, 7}}},
		"crossing for ever":  {4, [][2]int{{0, 2}, {0, 3}, {1, 2}, {1, 3}}},
		"more ways than fit": {42, fan(40)},
	} {
		t.Run(name, func(t *testing.T) {
			sizes := make([]layout.Size, c.boxes)
			for i := range sizes {
				sizes[i] = box
			}
			sound(t, layout.Layered(sizes, c.edges), sizes, c.edges)
		})
	}
}

// fan is one box that so many read, all of which another reads.
func fan(n int) [][2]int {
	var edges [][2]int
	for i := range n {
		edges = append(edges, [2]int{0, i + 1}, [2]int{i + 1, n + 1})
	}
	return edges
}

func TestAChainIsStraight(t *testing.T) {
	sizes := []layout.Size{{Width: 90, Height: 40}, {Width: 200, Height: 40}, {Width: 120, Height: 40}}
	d := layout.Layered(sizes, [][2]int{{0, 1}, {1, 2}})
	for _, e := range d.Edges {
		require.Len(t, e.Points, 2)
	}
}

// A residual block: the main path stays straight, the shortcut beside it.
func TestAShortcutLeavesTheMainPathStraight(t *testing.T) {
	sizes := make([]layout.Size, 6)
	for i := range sizes {
		sizes[i] = layout.Size{Width: 100, Height: 40}
	}
	d := layout.Layered(sizes, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 4}, {4, 5}})
	for _, b := range d.Boxes[1:4] {
		require.Equal(t, d.Boxes[1].X, b.X)
	}
}

func TestWhatIsNoEdgeOfAnAcyclicGraphIsLeftOut(t *testing.T) {
	sizes := make([]layout.Size, 3)
	for i := range sizes {
		sizes[i] = layout.Size{Width: 100, Height: 40}
	}
	d := layout.Layered(sizes, [][2]int{{1, 1}, {2, 0}, {0, 1}, {0, 1}, {0, 9}, {-1, 2}})
	require.Len(t, d.Edges, 1)
}

func BenchmarkLayered(b *testing.B) {
	sizes, edges := random(3, 700, 1.4)
	for b.Loop() {
		layout.Layered(sizes, edges)
	}
}
