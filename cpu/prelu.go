package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// preLU runs nn.PReLU.
type preLU struct {
	frugal
	op *nn.PReLU
}

func (p preLU) pack(*Net, *plan.Step) packing { return tensors(p.op.Alpha.Data) }

func (p preLU) lower(l *lowered, s *plan.Step) error {
	shape := s.Out.Shape
	own, _, alphas := joined(shape, stridesOf(shape), repeated(p.op.Alpha.Shape, shape))
	at := newStrided(own, alphas, 0, 0)
	columns := at.columns
	x, y, alpha := l.floats(s.In[0]), l.floats(s.Out), l.net.weightFloats(s, p.op.Alpha.Len())
	rows := len(y) / columns
	tiles := l.tilesOf(rows, float64(2*columns))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(rows, tiles, tile)
		for r := from; r < to; r++ {
			first := at.at(r)
			for i, v := range x[r*columns : (r+1)*columns] {
				if v <= 0 {
					v *= alpha[first+i*at.step]
				}
				y[r*columns+i] = v
			}
		}
	})
	return nil
}
