package plan

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// activate makes an activation part of the step that it alone reads, where that
// step's kernel can apply it to its result: swish behind a convolution, a
// sigmoid behind the dense layer of a gate. Rectifiers, which are bounds, are
// fuse's; one with a slope is fused here, its upper bound being the step's.
func activate(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		act, ok := s.Op.(*nn.Activation)
		if !ok || !s.plain() || !fusable(act) {
			continue
		}
		before := p.soleMaker(s.In[0], s)
		if before == nil || !finishes(before.Op) || before.clamps() || before.Activation != nil {
			continue
		}
		fused := *act
		if fused.Max > 0 {
			before.Highest, fused.Max = fused.Max, 0
		}
		before.Activation = &fused
		p.absorb(before, s)
	}
	p.prune()
}

// fusable reports whether kernels' epilogues compute the function. Rectifiers
// without a slope are bounds.
func fusable(act *nn.Activation) bool {
	return !(act.Func == nn.ReLU && act.Slope == 0) && OneParameter(act)
}

// OneParameter reports whether Slope or Alpha is the only parameter of the
// function that is not at rest, but for the upper bound of a rectifier: what
// jumps or bends at a threshold has another.
func OneParameter(act *nn.Activation) bool {
	return act.Threshold == 0 && (act.Slope == 0 || act.Alpha == 0) && (act.Max == 0 || act.Func == nn.ReLU)
}
