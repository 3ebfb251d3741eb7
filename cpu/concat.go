package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// concat runs nn.Concat: copies.
type concat struct {
	weightless
	frugal
	op *nn.Concat
}

func (c concat) lower(l *lowered, s *plan.Step) error {
	outer, _ := c.op.Outer(s.Out.Shape)
	slices := l.batch * outer
	y := l.floats(s.Out)
	stride := len(y) / slices
	tiles := l.tilesOf(slices, float64(stride))
	inputs := make([][]float32, len(s.In))
	for i, v := range s.In {
		inputs[i] = l.floats(v)
	}
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(slices, tiles, tile)
		for i := from; i < to; i++ {
			rest := y[i*stride : (i+1)*stride]
			for _, x := range inputs {
				n := len(x) / slices
				rest = rest[copy(rest, x[i*n:(i+1)*n]):]
			}
		}
	})
	return nil
}
