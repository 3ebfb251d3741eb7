package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Parts returns what a program's steps compute, siblings behind their steps.
func Parts(p *plan.Program) []*plan.Step {
	var all []*plan.Step
	for _, s := range p.Steps {
		all = append(all, s.Parts()...)
	}
	return all
}

// beside is what a lanes kernel needs to compute a step's sibling too, whose
// strips of weights lie behind the step's own.
type beside struct {
	step       *plan.Step
	out        Region
	filters    int64
	width      int64 // columns of a strip
	weights    Region
	mainStrips int64
}

// together returns the sibling of a step that one dispatch over p, the whole
// step, can compute with it: when a lanes kernel takes both, and all their
// weights and both outputs can be bound at once. Else nil.
func (l *lowering) together(s *plan.Step, p part, filters, vec4s int64) *beside {
	t := s.Sibling
	if t == nil || (conv2D{t.Op.(*nn.Conv2D)}).lanes(l.Target, t) == 0 || !sameFunction(s, t) {
		return nil
	}
	own, other := l.weights[s], l.weights[t]
	b := &beside{
		step: t, out: l.value(t.Out), filters: int64(t.Out.Shape.Channels()), width: 4 * vec4s,
		weights: own.join(other), mainStrips: ceil(filters, int(4*vec4s)),
	}
	if own.Offset+own.Bytes != other.Offset || p.out.Bytes != l.value(s.Out).Bytes || p.out.join(b.out).Bytes > l.bindable() || b.weights.Bytes > l.texels() {
		return nil
	}
	return b
}

// sameFunction reports whether both steps apply the same function to their
// results.
func sameFunction(s, t *plan.Step) bool {
	a, p := function(s)
	b, q := function(t)
	return a == b && p == q
}

// join returns the smallest region that holds both, of one buffer.
func (r Region) join(other Region) Region {
	from, to := min(r.Offset, other.Offset), max(r.Offset+r.Bytes, other.Offset+other.Bytes)
	return Region{r.In, from, to - from}
}

// strips returns the columns of work groups that the step and its sibling take.
func (b *beside) strips() int64 { return b.mainStrips + ceil(b.filters, int(b.width)) }

// push returns the push constants of the sibling, whose output is bound from
// the byte at on, in fours of that many bytes.
func (b *beside) push(at, texel int64) shaders.Sibling {
	return shaders.Sibling{
		Strips: uint32(b.mainStrips), ZAt: uint32((b.out.Offset - at) / texel), ZFilters: uint32(b.filters / 4),
		ZLowest: b.step.Lowest, ZHighest: b.step.Highest,
	}
}
