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
	if !left.Shape.Equal(s.Out.Shape) && right.Shape.Equal(s.Out.Shape) {
		x, r, left, right = r, x, right, left // both are commutative
	}
	b := broadcastOf(left.Shape, right.Shape, s.Out.Shape)
	rows := l.batch * b.rows
	tiles := l.tilesOf(rows, float64(b.columns))
	l.emit(s, tiles, func(tile, _ int) {
		from, to := cut(rows, tiles, tile)
		for row := from; row < to; row++ {
			a := a
			a.X, a.Other, a.Y = offset(x, b.left.at(row)), offset(r, b.right.at(row)), offset(y, row*b.columns)
			b.columnsOf(l.net, &a)
			if behind != nil {
				behind(l.net, a.Y, a.Y, 1, b.columns, b.columns)
			}
		}
	})
}

// broadcast is a merge of two tensors as rows of the output's last axis, or, where
// nothing is repeated, of whole images.
type broadcast struct {
	rows, columns int // rows of an image
	left, right   walk
}

// walk finds a row in a tensor that may be repeated along some axes.
type walk struct {
	rows, across, image int  // the output's rows and their width; floats of an image
	down, right         int  // floats to the next row's line, and along it; 0 where it is repeated
	one                 bool // the last axis is one number, repeated
}

// at returns where a row of the batch begins.
func (w walk) at(row int) int {
	in := row % w.rows
	return row/w.rows*w.image + in/w.across*w.down + in%w.across*w.right
}

func broadcastOf(left, right, out nn.Shape) broadcast {
	if left.Equal(out) && right.Equal(out) {
		// Lines of a feature map are still enough pieces to share.
		columns := out.Len()
		if len(out) == 3 {
			columns = out[1] * out[2]
		}
		w := walk{rows: out.Len() / columns, across: 1, image: out.Len(), down: columns}
		return broadcast{w.rows, columns, w, w}
	}
	o := three(out)
	view := func(s nn.Shape) walk {
		e := three(s)
		w := walk{rows: o[0] * o[1], across: o[1], image: s.Len(), one: e[2] < o[2]}
		if e[1] == o[1] {
			w.right = e[2]
		}
		if e[0] == o[0] {
			w.down = e[1] * e[2]
		}
		return w
	}
	return broadcast{o[0] * o[1], o[2], view(left), view(right)}
}

// columnsOf computes one row.
func (b broadcast) columnsOf(n *Net, a *simd.Map) {
	if !b.left.one && !b.right.one {
		a.Rows, a.Columns = 1, int64(b.columns)
		n.set.Map(a)
		return
	}
	// A number that is repeated along the row: columns become rows of one.
	a.Rows, a.Columns, a.YStep = int64(b.columns), 1, 1
	if !b.left.one {
		a.XStep = 1
	}
	if !b.right.one {
		a.OtherStep = 1
	}
	n.set.Map(a)
}

// three returns a shape of up to three axes as three, ones in front.
func three(s nn.Shape) [3]int {
	e := [3]int{1, 1, 1}
	for i := range min(len(s), 3) {
		e[2-i] = s[len(s)-1-i]
	}
	return e
}
