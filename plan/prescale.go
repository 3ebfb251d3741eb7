package plan

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// prescale makes a scale and an offset a channel, such as Rescaling and
// Normalization in front of a network, part of the weights of the convolution or
// dense layer that alone reads them:
//
//	sum over k, c of (x s[c] + t[c]) w[k, c]  =  sum of x (s[c] w[k, c]) + sum of t[c] w[k, c]
//
// Padding is zero behind the offset, so where a window reads padding an offset
// stays apart. What follows such a step that stays becomes part of it.
func prescale(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		before := p.soleMaker(first(s.In), s)
		if before == nil {
			continue
		}
		scale, shift := affineOf(before)
		switch {
		case scale == nil:
			continue
		case takesInput(s, shift):
			s.InScale, s.InShift = scale, shift
		default:
			outer, offset := affineOf(s)
			if outer == nil {
				continue
			}
			s.Op = composed(scale, shift, outer, offset)
		}
		s.In = before.In
		s.Nodes = append(slices.Clone(before.Nodes), s.Nodes...)
		p.Steps = slices.DeleteFunc(p.Steps, func(t *Step) bool { return t == before })
	}
	p.prune()
}

// takesInput reports whether the step's weights can hold a scale and such an
// offset a channel of its input.
func takesInput(s *Step, shift []float64) bool {
	if s.InScale != nil || s.Gate != nil {
		return false
	}
	switch s.Op.(type) {
	case *nn.Conv2D:
		offset := slices.ContainsFunc(shift, func(t float64) bool { return t != 0 })
		return !offset || inside(s.Window, s.In[0].Shape, s.Out.Shape)
	case *nn.Dense:
		return true
	}
	return false
}

// inside reports whether no window over the input reads padding.
func inside(w nn.Window, in, out nn.Shape) bool {
	for axis := range 2 {
		if before(w, axis) > 0 || (out[axis]-1)*w.Stride[axis]-before(w, axis)+w.Reach(axis) > in[axis] {
			return false
		}
	}
	return true
}

// composed returns (x scale + shift) outer + offset as one operation.
func composed(scale, shift, outer, offset []float64) *nn.Rescale {
	op := &nn.Rescale{Scale: make([]float32, len(scale)), Offset: make([]float32, len(scale))}
	for c := range scale {
		op.Scale[c] = float32(scale[c] * outer[c])
		op.Offset[c] = float32(shift[c]*outer[c] + offset[c])
	}
	return op
}
