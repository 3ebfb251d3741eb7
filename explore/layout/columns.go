package layout

import (
	"math"
	"slices"
)

// columns gives every cell the x of its middle: the mean of the two middle ones of
// four alignments, from above and from below, to the left and to the right.
// Each of the four keeps the cells of a layer apart, and so does their mean.
func (s *sheet) columns() {
	bars := s.bars()
	var all [4][]float64
	for i := range all {
		a := alignment{sheet: s, bars: bars, below: i&1 != 0, right: i&2 != 0}
		all[i] = a.place()
	}
	s.level(&all)
	s.x = make([]float64, len(s.cells))
	for i := range s.x {
		four := []float64{all[0][i], all[1][i], all[2][i], all[3][i]}
		slices.Sort(four)
		s.x[i] = (four[1] + four[2]) / 2
	}
	s.settle()
}

// level shifts the alignments onto the narrowest of them: those to the left by
// their left ends, those to the right by their right ends.
func (s *sheet) level(all *[4][]float64) {
	var low, high [4]float64
	narrow := 0
	for k, x := range all {
		low[k], high[k] = math.Inf(1), math.Inf(-1)
		for i, c := range s.cells {
			low[k], high[k] = min(low[k], x[i]-c.width/2), max(high[k], x[i]+c.width/2)
		}
		if high[k]-low[k] < high[narrow]-low[narrow] {
			narrow = k
		}
	}
	for k, x := range all {
		by := low[narrow] - low[k]
		if k&2 != 0 {
			by = high[narrow] - high[k]
		}
		for i := range x {
			x[i] += by
		}
	}
}

// bars returns the joins that may not be straight since a passing edge, which shall
// be, crosses them: Brandes and Köpf's conflicts of type 1, by the lower cell.
func (s *sheet) bars() map[[2]int]bool {
	bars := map[[2]int]bool{}
	for l := 1; l < len(s.layers); l++ {
		lower, left, scanned := s.layers[l], 0, 0
		for at, i := range lower {
			inner, right := s.inner(i), len(s.layers[l-1])
			if inner >= 0 {
				right = s.cells[inner].at
			} else if at < len(lower)-1 {
				continue
			}
			for ; scanned <= at; scanned++ {
				j := lower[scanned]
				for _, up := range s.cells[j].up {
					if p := s.cells[up].at; (p < left || p > right) && s.inner(j) != up {
						bars[[2]int{up, j}] = true
					}
				}
			}
			left = right
		}
	}
	return bars
}

// inner returns the passing cell above a passing cell, -1 where there is none.
func (s *sheet) inner(i int) int {
	if c := &s.cells[i]; c.passes() && s.cells[c.up[0]].passes() {
		return c.up[0]
	}
	return -1
}

// alignment is one of the four.
type alignment struct {
	*sheet
	bars         map[[2]int]bool
	below, right bool

	layers [][]int // as this alignment sees them
	at     []int
	root   []int // the first cell of the column that a cell is in
}

// place returns x of all cells.
func (a *alignment) place() []float64 {
	a.layers, a.at = a.copyLayers(), make([]int, len(a.cells))
	if a.below {
		slices.Reverse(a.layers)
	}
	for _, layer := range a.layers {
		if a.right {
			slices.Reverse(layer)
		}
		for at, i := range layer {
			a.at[i] = at
		}
	}
	a.align()
	x := a.compact()
	for i := range x {
		if a.right {
			x[i] = -x[i]
		}
	}
	return x
}

// align puts each cell into the column of the middle one of its neighbours before.
func (a *alignment) align() {
	a.root = make([]int, len(a.cells))
	last := make([]bool, len(a.cells)) // of its column
	for i := range a.root {
		a.root[i], last[i] = i, true
	}
	for _, layer := range a.layers {
		before := -1
		for _, i := range layer {
			list := slices.Clone(a.cells[i].up)
			if a.below {
				list = slices.Clone(a.cells[i].down)
			}
			slices.SortFunc(list, func(p, q int) int { return a.at[p] - a.at[q] })
			for k := (len(list) - 1) / 2; k <= len(list)/2 && k < len(list); k++ {
				n := list[k]
				join := [2]int{n, i}
				if a.below {
					join = [2]int{i, n}
				}
				if before < a.at[n] && last[n] && !a.bars[join] {
					a.root[i], last[n] = a.root[n], false
					before = a.at[n]
					break
				}
			}
		}
	}
}

// distance is how far apart the middles of neighbours are at least.
func (s *sheet) distance(left, right int) float64 {
	between := float64(apart)
	if s.cells[left].passes() || s.cells[right].passes() {
		between = beside
	}
	return (s.cells[left].width+s.cells[right].width)/2 + between
}

// compact places the columns, each as far left as those before it allow, then as
// far right as those behind it do: what hangs together is drawn together.
func (a *alignment) compact() []float64 {
	type beside struct {
		column int
		by     float64
	}
	before, behind := make([][]beside, len(a.cells)), make([][]beside, len(a.cells))
	for _, layer := range a.layers {
		for k := 1; k < len(layer); k++ {
			l, r, by := a.root[layer[k-1]], a.root[layer[k]], a.distance(layer[k-1], layer[k])
			before[r], behind[l] = append(before[r], beside{l, by}), append(behind[l], beside{r, by})
		}
	}
	x := make([]float64, len(a.cells))
	var order []int
	seen := make([]bool, len(a.cells))
	var visit func(column int)
	visit = func(column int) {
		if seen[column] {
			return
		}
		seen[column] = true
		for _, b := range before[column] {
			visit(b.column)
			x[column] = max(x[column], x[b.column]+b.by)
		}
		order = append(order, column)
	}
	for i := range a.cells {
		visit(a.root[i])
	}
	for _, column := range slices.Backward(order) {
		most := math.Inf(1)
		for _, b := range behind[column] {
			most = min(most, x[b.column]-b.by)
		}
		if !math.IsInf(most, 1) {
			x[column] = max(x[column], most)
		}
	}
	for i := range x {
		x[i] = x[a.root[i]]
	}
	return x
}
