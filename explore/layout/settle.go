package layout

import "math"

// rounds is how often columns move towards what they are joined to: it gets hardly
// better after some.
const rounds = 24

// pull is the share of the drawing's middle in where a column moves: without it a
// slanted row of blocks would be at rest.
const pull = 0.1

// settle moves whole columns, cells that are joined straight up and down, to the mean
// of what they are joined to at other places, as far as their neighbours leave room.
// Alignments lean to one side, the more the deeper the graph is; this pulls together
// what has room, and leaves straight what is straight.
func (s *sheet) settle() {
	of, columns := s.straight()
	middle := 0.0
	for _, x := range s.x {
		middle += x / float64(len(s.x))
	}
	for round := range rounds {
		for k := range columns {
			if round%2 == 1 {
				k = len(columns) - 1 - k
			}
			column := columns[k]
			sum, count := 0.0, 0
			low, high := math.Inf(-1), math.Inf(1)
			for _, i := range column {
				c := &s.cells[i]
				for _, list := range [][]int{c.up, c.down} {
					for _, n := range list {
						if of[n] != k {
							sum += s.x[n]
							count++
						}
					}
				}
				layer := s.layers[c.layer]
				if c.at > 0 {
					left := layer[c.at-1]
					low = max(low, s.x[left]+s.distance(left, i))
				}
				if c.at < len(layer)-1 {
					right := layer[c.at+1]
					high = min(high, s.x[right]-s.distance(i, right))
				}
			}
			if count == 0 || low > high {
				continue
			}
			wanted := sum/float64(count)*(1-pull) + middle*pull
			x := min(max(wanted, low), high)
			for _, i := range column {
				s.x[i] = x
			}
		}
	}
}

// straight returns the columns, from above, and the column of each cell.
func (s *sheet) straight() (of []int, columns [][]int) {
	of = make([]int, len(s.cells))
	for _, layer := range s.layers {
		for _, i := range layer {
			of[i] = -1
			for _, up := range s.cells[i].up {
				if s.x[up] == s.x[i] && of[i] < 0 {
					of[i] = of[up]
				}
			}
			if of[i] < 0 {
				of[i] = len(columns)
				columns = append(columns, nil)
			}
			columns[of[i]] = append(columns[of[i]], i)
		}
	}
	return of, columns
}
