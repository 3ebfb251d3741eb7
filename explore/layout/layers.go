package layout

import "slices"

// Size is the extent of a box.
type Size struct{ Width, Height float64 }

// Box is where a box lies: its left upper corner, y downwards, and its extent.
type Box struct{ X, Y, Width, Height float64 }

// Point is x and y.
type Point [2]float64

// Edge is a way from the lower side of a box to the upper side of another.
type Edge struct {
	From, To int
	Points   []Point // each next one straight below or beside the one before
}

// Drawing is a graph in the plane. Nothing lies outside of Width and Height.
type Drawing struct {
	Width, Height float64
	Boxes         []Box
	Edges         []Edge
}

// Distances between what is drawn, in the unit of the boxes.
const (
	margin = 16
	apart  = 22 // from box to box
	beside = 12 // from an edge that passes a layer to its neighbours
	gap    = 18 // from a layer to the first track, and from the last one
	track  = 8  // from track to track
	inset  = 10 // from a box's corner to the edges that enter it
)

// cell is what has a place in a layer: a box, or a passing edge of its source.
type cell struct {
	box    int // -1: a passing edge
	source int // the box whose edges pass
	layer  int
	at     int // place in the layer
	width  float64
	up     []int // cells of the layer above that it is joined to
	down   []int
}

func (c *cell) passes() bool { return c.box < 0 }

// sheet is a drawing under way.
type sheet struct {
	sizes  []Size
	edges  [][2]int
	cells  []cell  // the boxes first, in their order
	layers [][]int // cells, from left to right
	x      []float64
	passed map[[2]int]int // the cell of a source's edges in a layer
}

// Layered draws boxes of these sizes and the edges between them. Each edge goes
// from a box to one of a higher index, as in any topological order; others, and
// those that are there twice, are left out.
func Layered(sizes []Size, edges [][2]int) *Drawing {
	if len(sizes) == 0 {
		return &Drawing{Width: 2 * margin, Height: 2 * margin}
	}
	s := &sheet{sizes: sizes, passed: map[[2]int]int{}}
	seen := map[[2]int]bool{}
	for _, e := range edges {
		if e[0] >= 0 && e[0] < e[1] && e[1] < len(sizes) && !seen[e] {
			seen[e] = true
			s.edges = append(s.edges, e)
		}
	}
	s.rank()
	s.join()
	s.order()
	s.columns()
	return s.route()
}

// rank gives each box its layer.
func (s *sheet) rank() {
	s.cells = make([]cell, len(s.sizes))
	slices.SortFunc(s.edges, func(a, b [2]int) int {
		if a[1] != b[1] {
			return a[1] - b[1]
		}
		return a[0] - b[0]
	})
	for i, size := range s.sizes {
		s.cells[i] = cell{box: i, source: i, width: size.Width}
	}
	reads := make([]bool, len(s.sizes))
	for _, e := range s.edges { // in the order of their ends, so that beginnings have their layer
		s.cells[e[1]].layer = max(s.cells[e[1]].layer, s.cells[e[0]].layer+1)
		reads[e[1]] = true
	}
	first := make([]int, len(s.sizes)) // the layer of the first reader
	for _, e := range s.edges {
		if l := s.cells[e[1]].layer; first[e[0]] == 0 || l < first[e[0]] {
			first[e[0]] = l
		}
	}
	for i := range s.sizes {
		if !reads[i] && first[i] > 0 { // what reads nothing lies above its first reader
			s.cells[i].layer = first[i] - 1
		}
	}
}

// join gives passing edges their cells and joins cells of neighbouring layers.
func (s *sheet) join() {
	for _, e := range s.edges {
		at := e[0]
		for l := s.cells[e[0]].layer + 1; l < s.cells[e[1]].layer; l++ {
			key := [2]int{e[0], l}
			next, ok := s.passed[key]
			if !ok {
				next = len(s.cells)
				s.cells = append(s.cells, cell{box: -1, source: e[0], layer: l})
				s.passed[key] = next
				s.link(at, next)
			}
			at = next
		}
		s.link(at, e[1])
	}
	last := 0
	for _, c := range s.cells {
		last = max(last, c.layer)
	}
	s.layers = make([][]int, last+1)
	for i := range s.cells {
		c := &s.cells[i]
		c.at = len(s.layers[c.layer])
		s.layers[c.layer] = append(s.layers[c.layer], i)
	}
}

func (s *sheet) link(from, to int) {
	s.cells[from].down = append(s.cells[from].down, to)
	s.cells[to].up = append(s.cells[to].up, from)
}

// way returns the cells that an edge passes, its boxes counted.
func (s *sheet) way(e [2]int) []int {
	way := []int{e[0]}
	for l := s.cells[e[0]].layer + 1; l < s.cells[e[1]].layer; l++ {
		way = append(way, s.passed[[2]int{e[0], l}])
	}
	return append(way, e[1])
}
