package plan

import "fmt"

// Axis is the positions of one spatial axis that a value holds: Offset,
// Offset + Step, ..., Count of them. A single position may have any step, which
// then is the grid that padding around it lies on; 0: none does.
type Axis struct{ Offset, Step, Count int }

// whole returns every position of an axis of n.
func whole(n int) Axis { return Axis{0, 1, n} }

// last returns the last position.
func (a Axis) last() int { return a.Offset + (a.Count-1)*a.Step }

// move returns the distance between neighbours, 0 where there are none.
func (a Axis) move() int {
	if a.Count == 1 {
		return 0
	}
	return a.Step
}

// equal reports whether both are the same positions.
func (a Axis) equal(b Axis) bool {
	return a.Offset == b.Offset && a.Count == b.Count && a.move() == b.move()
}

// String writes the positions as offset+step*count.
func (a Axis) String() string { return fmt.Sprintf("%d+%d*%d", a.Offset, a.Step, a.Count) }

// join returns the smallest axis that holds the positions of both. An axis
// without positions is neutral.
func (a Axis) join(b Axis) Axis {
	switch {
	case a.Count == 0:
		return b
	case b.Count == 0:
		return a
	}
	step := gcd(gcd(a.Step, b.Step), a.Offset-b.Offset)
	from, to := min(a.Offset, b.Offset), max(a.last(), b.last())
	if step == 0 {
		return Axis{from, 0, 1}
	}
	return Axis{from, step, (to-from)/step + 1}
}

// under returns the positions of an input of n that the outputs at a read
// through a window's axis: the smallest axis that holds them all.
func (a Axis) under(size, stride, dilation, pad, n int) Axis {
	low, high := a.Offset*stride-pad, a.last()*stride-pad+(size-1)*dilation
	step := a.move() * stride
	if size > 1 {
		step = gcd(step, dilation)
	}
	return Axis{low, step, 0}.span(high).clip(n)
}

// span returns the axis with its count such that it ends at last.
func (a Axis) span(last int) Axis {
	if a.Step == 0 {
		return Axis{a.Offset, 0, 1}
	}
	return Axis{a.Offset, a.Step, (last-a.Offset)/a.Step + 1}
}

// clip drops the positions outside 0..n-1; none may be left.
func (a Axis) clip(n int) Axis {
	if a.Step == 0 {
		if a.Offset < 0 || a.Offset >= n {
			return Axis{}
		}
		return a
	}
	from, to := a.Offset, a.last()
	if from < 0 {
		from += (-from + a.Step - 1) / a.Step * a.Step
	}
	if to >= n {
		to -= (to - n + a.Step) / a.Step * a.Step
	}
	if from > to {
		return Axis{}
	}
	return Axis{from, a.Step, (to-from)/a.Step + 1}
}

// through returns how a window's axis slides over the places of an axis in,
// when it used to slide over all positions and only the outputs at a are wanted:
// its stride, dilation and padding in places of in, which must hold what under
// returned.
func (a Axis) through(in Axis, size, stride, dilation, pad int) (s, d, p int) {
	move, first := a.move()*stride, a.Offset*stride-pad-in.Offset
	if size == 1 {
		dilation = 0
	}
	grid := in.Step
	if grid == 0 { // a single place: any grid through it will do
		grid = max(gcd(gcd(move, dilation), first), 1)
	}
	return max(move/grid, 1), max(dilation/grid, 1), -first / grid
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}
