package study

import (
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// ErrTooLarge is the class of errors for feature maps of more positions than
// are counted one by one.
var ErrTooLarge = errors.New("too many positions to count one by one")

// maxPositions bounds a feature map's positions: 4096 x 4096.
const maxPositions = 1 << 24

// Grid is a number for each position of a feature map, row by row. A node
// without height and width is one position.
type Grid struct {
	Height, Width int
	N             []int32
}

func newGrid(h, w int) *Grid { return &Grid{h, w, make([]int32, h*w)} }

// gridOf returns a grid of zeros for a node's output.
func gridOf(s nn.Shape) *Grid {
	if len(s) != 3 {
		return newGrid(1, 1)
	}
	return newGrid(s[0], s[1])
}

// filled returns g with n everywhere.
func (g *Grid) filled(n int32) *Grid {
	for i := range g.N {
		g.N[i] = n
	}
	return g
}

// At returns the number at a row and a column.
func (g *Grid) At(row, column int) int { return int(g.N[row*g.Width+column]) }

// Positions returns how many positions there are.
func (g *Grid) Positions() int { return len(g.N) }

// Count returns at how many positions the number is one that is wanted.
func (g *Grid) Count(wanted func(n int) bool) int {
	sum := 0
	for _, n := range g.N {
		if wanted(int(n)) {
			sum++
		}
	}
	return sum
}

// Read returns at how many positions the number is not 0.
func (g *Grid) Read() int { return g.Count(func(n int) bool { return n > 0 }) }

// add adds the numbers of a grid of the same size.
func (g *Grid) add(o *Grid) {
	for i, n := range o.N {
		g.N[i] += n
	}
}

// box returns the smallest rectangle that holds every position above 0: first
// and last row, first and last column, all counted. An empty grid has none.
func (g *Grid) box() (top, bottom, left, right int, ok bool) {
	top, left = g.Height, g.Width
	for i, n := range g.N {
		if n == 0 {
			continue
		}
		y, x := i/g.Width, i%g.Width
		top, bottom, left, right, ok = min(top, y), max(bottom, y), min(left, x), max(right, x), true
	}
	return top, bottom, left, right, ok
}

// countable returns an error unless every feature map of the graph can be
// counted.
func countable(g *nn.Graph) error {
	for _, n := range g.Nodes {
		if s := n.Shape; len(s) == 3 && s[0] > maxPositions/s[1] {
			return fmt.Errorf("%s %q of %d x %d: %w (at most %d)", n.Class, n.Name, s[0], s[1], ErrTooLarge, maxPositions)
		}
	}
	return nil
}
