package cpu

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// strided finds the rows of a tensor in another, whose elements lie a fixed
// distance apart along each axis: repeated, moved or left out.
type strided struct {
	outer   []int // extents of a row's coordinates
	strides []int // floats between neighbours along each of them
	image   int   // floats from one image of the batch to the next
	first   int   // where the first row of an image begins
	columns int   // of a row
	step    int   // floats between neighbours along a row
	rows    int   // of an image
}

// newStrided returns the rows of a shape, that of an image, whose elements lie so
// far apart along each of its axes.
func newStrided(shape nn.Shape, strides []int, image, first int) strided {
	if len(shape) == 0 {
		shape, strides = nn.Shape{1}, []int{0}
	}
	last := len(shape) - 1
	return strided{
		outer: shape[:last], strides: strides[:last], image: image, first: first,
		columns: shape[last], step: strides[last], rows: nn.Shape(shape[:last]).Len(),
	}
}

// at returns where a row, counted through all images, begins.
func (s strided) at(row int) int {
	at := row/s.rows*s.image + s.first
	row %= s.rows
	for a := len(s.outer) - 1; a >= 0; a-- {
		at += row % s.outer[a] * s.strides[a]
		row /= s.outer[a]
	}
	return at
}

// run returns how many rows lie rowStep floats behind one another.
func (s strided) run() int {
	if len(s.outer) == 0 {
		return 1
	}
	return s.outer[len(s.outer)-1]
}

// rowStep returns how many floats lie between neighbours of a run.
func (s strided) rowStep() int {
	if len(s.outer) == 0 {
		return 0
	}
	return s.strides[len(s.outer)-1]
}

// stridesOf returns how many floats lie between neighbours on each axis.
func stridesOf(shape nn.Shape) []int {
	st := make([]int, len(shape))
	step := 1
	for a := len(shape) - 1; a >= 0; a-- {
		st[a] = step
		step *= shape[a]
	}
	return st
}

// repeated returns the strides of an image along the axes of another that it is
// repeated to: axes are aligned at the last one, and one of extent 1 is read at 0.
func repeated(in, out nn.Shape) []int {
	own, st := stridesOf(in), make([]int, len(out))
	for a, n := range in {
		if n > 1 {
			st[len(out)-len(in)+a] = own[a]
		}
	}
	return st
}

// joined returns the shape and both lists of strides with neighbouring axes made
// one where both lists step through them without a gap.
func joined(shape nn.Shape, a, b []int) (nn.Shape, []int, []int) {
	s, p, q := slices.Clone(shape), slices.Clone(a), slices.Clone(b)
	for i := len(s) - 2; i >= 0; i-- {
		if p[i] == p[i+1]*s[i+1] && q[i] == q[i+1]*s[i+1] {
			s[i] *= s[i+1]
			p[i], q[i] = p[i+1], q[i+1]
			s, p, q = slices.Delete(s, i+1, i+2), slices.Delete(p, i+1, i+2), slices.Delete(q, i+1, i+2)
		}
	}
	return s, p, q
}
