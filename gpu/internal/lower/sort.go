package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// sortAlong runs nn.Sort.
type sortAlong struct {
	weightless
	frugal
	op *nn.Sort
}

func (o sortAlong) lower(l *lowering, s *plan.Step) error {
	extent, inner := o.op.Inner(s.In[0].Shape)
	if err := counts(l.Precision, extent); o.op.Positions && err != nil {
		return err
	}
	return l.elementwise("sort", s, nil, int64(extent*inner), 1, func(h shaders.Head) any {
		return shaders.SortPush{Head: h, Extent: uint32(extent), Inner: uint32(inner), Descending: flag(o.op.Descending), Positions: flag(o.op.Positions)}
	})
}
