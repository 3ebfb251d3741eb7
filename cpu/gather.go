package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// gather runs nn.Gather: copies of what lies behind each position.
type gather struct {
	weightless
	frugal
	op *nn.Gather
}

func (g gather) lower(l *lowered, s *plan.Step) error {
	outer, extent, inner := g.op.Around(s.In[0].Shape)
	x, y, positions := l.floats(s.In[0]), l.floats(s.Out), g.op.Positions
	rows := l.batch * outer * len(positions)
	tiles := l.tilesOf(rows, float64(inner))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(rows, tiles, tile)
		for r := from; r < to; r++ {
			row := y[r*inner : (r+1)*inner]
			if p := int(positions[r%len(positions)]); p >= 0 {
				copy(row, x[(r/len(positions)*extent+p)*inner:])
				continue
			}
			for i := range row {
				row[i] = g.op.Fill
			}
		}
	})
	return nil
}
