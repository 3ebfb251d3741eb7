package layout

import (
	"cmp"
	"slices"
)

// sweeps is how often layers are ordered by their neighbours: it gets no better
// after some.
const sweeps = 12

// order orders each layer so that few edges cross.
func (s *sheet) order() {
	s.first()
	best, least := s.copyLayers(), s.crossings()
	for i := 0; i < sweeps && least > 0; i++ {
		if i%2 == 0 {
			for l := 1; l < len(s.layers); l++ {
				s.sort(l, func(c *cell) []int { return c.up })
			}
		} else {
			for l := len(s.layers) - 2; l >= 0; l-- {
				s.sort(l, func(c *cell) []int { return c.down })
			}
		}
		if n := s.crossings(); n < least {
			best, least = s.copyLayers(), n
		}
	}
	s.layers = best
	for l := range s.layers {
		s.number(l)
	}
}

// first orders layers as a walk from above meets their cells: what belongs
// together is side by side.
func (s *sheet) first() {
	for l := range s.layers {
		s.layers[l] = s.layers[l][:0]
	}
	seen := make([]bool, len(s.cells))
	var walk func(i int)
	walk = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		c := &s.cells[i]
		s.layers[c.layer] = append(s.layers[c.layer], i)
		for _, next := range c.down {
			walk(next)
		}
	}
	for i := range s.cells {
		walk(i)
	}
	for l := range s.layers {
		s.number(l)
	}
}

// number tells the cells of a layer their places.
func (s *sheet) number(l int) {
	for at, i := range s.layers[l] {
		s.cells[i].at = at
	}
}

func (s *sheet) copyLayers() [][]int {
	out := make([][]int, len(s.layers))
	for l := range out {
		out[l] = slices.Clone(s.layers[l])
	}
	return out
}

// sort orders a layer by the mean places of its cells' neighbours; cells without
// stay where they are.
func (s *sheet) sort(l int, neighbours func(*cell) []int) {
	type placed struct {
		cell int
		mean float64
	}
	var moving []placed
	var places []int
	for at, i := range s.layers[l] {
		list := neighbours(&s.cells[i])
		if len(list) == 0 {
			continue
		}
		sum := 0.0
		for _, n := range list {
			sum += float64(s.cells[n].at)
		}
		moving = append(moving, placed{i, sum / float64(len(list))})
		places = append(places, at)
	}
	slices.SortStableFunc(moving, func(a, b placed) int { return cmp.Compare(a.mean, b.mean) })
	for k, at := range places {
		s.layers[l][at] = moving[k].cell
	}
	s.number(l)
}

// crossings counts pairs of edges that cross, layer by layer: inversions, by a
// tree of sums (Barth, Jünger and Mutzel 2002, "Simple and Efficient Bilayer Cross
// Counting").
func (s *sheet) crossings() int {
	total := 0
	for l := range s.layers[:len(s.layers)-1] {
		below := len(s.layers[l+1])
		sums := make([]int, below+1)
		ends, all := []int(nil), 0
		for _, i := range s.layers[l] {
			ends = ends[:0]
			for _, n := range s.cells[i].down {
				ends = append(ends, s.cells[n].at)
			}
			for _, at := range ends { // edges before that end further right
				before := 0
				for k := at + 1; k > 0; k -= k & -k {
					before += sums[k]
				}
				total += all - before
			}
			for _, at := range ends {
				all++
				for k := at + 1; k <= below; k += k & -k {
					sums[k]++
				}
			}
		}
	}
	return total
}
