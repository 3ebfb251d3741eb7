package cpu

import (
	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/plan"
)

// softmax runs nn.Softmax.
type softmax struct {
	weightless
	frugal
}

func (softmax) lower(l *lowered, s *plan.Step) error {
	columns := s.Out.Shape.Channels()
	rows := l.batch * s.Out.Shape.Len() / columns
	x, y := l.at(s.In[0]), l.at(s.Out)
	const cost = 16 // of an exponential function
	tiles := l.tilesOf(rows, cost*float64(columns))
	l.emit(s, tiles, func(tile, _ int) {
		from, to := cut(rows, tiles, tile)
		l.net.set.Softmax(&simd.Softmax{X: offset(x, from*columns), Y: offset(y, from*columns), Rows: int64(to - from), Columns: int64(columns)})
	})
	return nil
}
