package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// softmax runs nn.Softmax, nn.LogSoftmax and nn.Sparsemax.
type softmax struct {
	weightless
	frugal
	kernel string
	op     interface {
		Inner(in nn.Shape) (extent, inner int)
	}
}

func (o softmax) lower(l *lowering, s *plan.Step) error {
	extent, inner := o.op.Inner(s.In[0].Shape)
	return l.elementwise(o.kernel, s, nil, int64(extent*inner), int64(extent), func(h shaders.Head) any {
		return shaders.RowsOfPush{Head: h, Extent: uint32(extent), Inner: uint32(inner)}
	})
}
