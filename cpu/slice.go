package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// slice runs nn.Slice.
type slice struct {
	weightless
	frugal
	op *nn.Slice
}

func (sl slice) lower(l *lowered, s *plan.Step) error {
	strides, first := stridesOf(s.In[0].Shape), 0
	for a := range strides {
		first += sl.op.Start[a] * strides[a]
		strides[a] *= sl.op.Step[a]
	}
	l.move(s, strides, first)
	return nil
}

// move emits copies of the input's elements, which lie so far apart along the
// output's axes.
func (l *lowered) move(s *plan.Step, strides []int, first int) {
	from := newStrided(s.Out.Shape, strides, s.In[0].Shape.Len(), first)
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	rows := l.batch * from.rows
	tiles := l.tilesOf(rows, float64(from.columns))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		begin, end := cut(rows, tiles, tile)
		for r := begin; r < end; r++ {
			row, at := y[r*from.columns:(r+1)*from.columns], from.at(r)
			if from.step == 1 {
				copy(row, x[at:])
				continue
			}
			for i := range row {
				row[i] = x[at+i*from.step]
			}
		}
	})
}
