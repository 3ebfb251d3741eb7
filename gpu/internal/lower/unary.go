package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// unary runs nn.Unary.
type unary struct {
	weightless
	frugal
	op *nn.Unary
}

func (u unary) lower(l *lowering, s *plan.Step) error {
	return l.elementwise("unary", s, nil, 1, 1, func(h shaders.Head) any {
		return shaders.UnaryPush{Head: h, Func: uint32(slices.Index(nn.UnaryFuncs(), u.op.Func))}
	})
}
