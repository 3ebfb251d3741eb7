package cpu

import (
	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// merge runs nn.Add and nn.Multiply: the first two inputs, then one more each
// time, in place.
type merge struct {
	weightless
	frugal
	kind simd.MapKind
}

func (m merge) lower(l *lowered, s *plan.Step) error {
	left := s.In[0]
	for i, right := range s.In[1:] {
		m.two(l, s, left, right, i == len(s.In)-2)
		left = s.Out
	}
	return nil
}

// two emits out = left op right, the last with bounds and what the step has
// behind them.
func (m merge) two(l *lowered, s *plan.Step, left, right *plan.Value, last bool) {
	a := simd.Map{Kind: m.kind}
	a.Lowest, a.Highest = unbounded()
	var behind rowsFunction
	if last {
		if behind = activationOf(s); behind == nil {
			a.Lowest, a.Highest = s.Lowest, s.Highest
		}
	}
	x, r, y := l.at(left), l.at(right), l.at(s.Out)
	of := func(p pair) *simd.Map {
		a := a
		a.X, a.Other, a.Y = offset(x, p.left), offset(r, p.right), offset(y, p.out)
		a.Rows, a.Columns = int64(p.rows), int64(p.n)
		a.XStep, a.OtherStep, a.YStep = int64(p.leftRow), int64(p.rightRow), int64(p.n)
		return &a
	}
	tiles, each := l.pairs(left.Shape, right.Shape, s.Out.Shape)
	if behind == nil {
		if calls := callsOf(tiles, each, of); calls != nil {
			l.call(s, "map", calls)
			return
		}
	}
	l.emit(s, "map", tiles, func(tile, _ int) {
		each(tile, func(p pair) {
			if p.near() {
				l.net.set.Map(of(p))
			} else { // a number that is repeated: rows of one column
				for row := range p.each {
					a := of(row)
					a.Rows, a.Columns = int64(p.n), 1
					a.XStep, a.OtherStep, a.YStep = int64(p.leftStep), int64(p.rightStep), 1
					l.net.set.Map(a)
				}
			}
			if behind != nil {
				behind(l.net, offset(y, p.out), offset(y, p.out), p.rows, p.n, p.n)
			}
		})
	})
}

// callsOf returns the calls that pairs are, nil where they are not, or are many.
func callsOf(tiles int, each func(tile int, do func(pair)), of func(pair) *simd.Map) []simd.Call {
	const most = 8 // of a tile
	calls := make([]simd.Call, 0, tiles)
	ok := true
	for tile := range tiles {
		each(tile, func(p pair) {
			if ok = ok && p.near() && len(calls) < most*tiles; ok {
				calls = append(calls, of(p))
			}
		})
	}
	if !ok {
		return nil
	}
	return calls
}

// pair is rows of n neighbouring elements of an output, one row behind the other,
// with those of both inputs that they are made of: where they begin, how far apart
// they are, and how far apart their rows are.
type pair struct{ rows, n, out, left, leftStep, leftRow, right, rightStep, rightRow int }

// near says that the elements of a row are neighbours in both inputs.
func (p pair) near() bool { return p.leftStep == 1 && p.rightStep == 1 }

// each yields the rows one by one.
func (p pair) each(yield func(pair) bool) {
	for range p.rows {
		row := p
		row.rows = 1
		if !yield(row) {
			return
		}
		p.out, p.left, p.right = p.out+p.n, p.left+p.leftRow, p.right+p.rightRow
	}
}

// pairs returns pairs that cover an output, tile by tile.
func (l *lowered) pairs(left, right, out nn.Shape) (tiles int, each func(tile int, do func(pair))) {
	if left.Equal(out) && right.Equal(out) {
		elements := l.batch * out.Len()
		tiles := l.tilesOf(elements, 1)
		return tiles, func(tile int, do func(pair)) {
			from, to := cut(elements, tiles, tile)
			do(pair{1, to - from, from, from, 1, 0, from, 1, 0})
		}
	}
	shape, p, q := joined(out, repeated(left, out), repeated(right, out))
	a, b := newStrided(shape, p, left.Len(), 0), newStrided(shape, q, right.Len(), 0)
	rows := l.batch * a.rows
	tiles = l.tilesOf(rows, float64(a.columns))
	return tiles, func(tile int, do func(pair)) {
		from, to := cut(rows, tiles, tile)
		for row := from; row < to; {
			n := min(to-row, a.run()-row%a.run())
			do(pair{n, a.columns, row * a.columns, a.at(row), a.step, a.rowStep(), b.at(row), b.step, b.rowStep()})
			row += n
		}
	}
}
