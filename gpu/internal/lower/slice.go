package lower

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

func (c slice) lower(l *lowering, s *plan.Step) error {
	own := rowMajor(s.In[0].Shape)
	var first int64
	strides := make([]int64, len(own))
	for a, step := range own {
		first += step * int64(c.op.Start[a])
		strides[a] = step * int64(c.op.Step[a])
	}
	return l.copyStrided(s, first, strides)
}
