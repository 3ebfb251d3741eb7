package plan

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// fuse takes padding into the window behind it, and residual sums and
// rectifiers into the step before them.
func fuse(p *Program) {
	fusePadding(p)
	fuseResiduals(p)
	fuseBounds(p)
	p.prune()
}

// fusePadding makes a ZeroPad part of the convolution that alone reads it: taps
// on padding read zeros there too. A max pool's padding is minus infinity, so
// it takes one only where the padded tensor has no negative element and every
// window keeps one position of it.
func fusePadding(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		pad := p.soleMaker(first(s.In), s)
		if pad == nil {
			continue
		}
		zero, ok := pad.Op.(*nn.ZeroPad)
		if !ok {
			continue
		}
		switch s.Op.(type) {
		case *nn.Conv2D, *nn.DepthwiseConv2D, *nn.GroupedConv2D:
		case *nn.MaxPool:
			if !nonNegative(p, pad.In[0]) || !windowsTouch(s.Window, zero.Pad, pad.In[0].Shape, s.Out.Shape) {
				continue
			}
		default:
			continue
		}
		s.Window.Pad.Top += zero.Top
		s.Window.Pad.Bottom += zero.Bottom
		s.Window.Pad.Left += zero.Left
		s.Window.Pad.Right += zero.Right
		s.In = []*Value{pad.In[0]}
		s.Nodes = append(slices.Clone(pad.Nodes), s.Nodes...)
		p.Steps = slices.DeleteFunc(p.Steps, func(t *Step) bool { return t == pad })
	}
}

func first(v []*Value) *Value {
	if len(v) == 0 {
		return &Value{}
	}
	return v[0]
}

// nonNegative reports whether no element of v can be below zero, because a
// rectifier made it.
func nonNegative(p *Program, v *Value) bool {
	for _, s := range p.Steps {
		if s.Out == v.Root() {
			act, ok := s.Op.(*nn.Activation)
			return s.Lowest >= 0 || ok && act.Rectifier()
		}
	}
	return false
}

// windowsTouch reports whether every window over an input with this padding
// covers at least one position of the input itself.
func windowsTouch(w nn.Window, pad nn.Pad, in, out nn.Shape) bool {
	before := [2]int{w.Pad.Top + pad.Top, w.Pad.Left + pad.Left}
	for axis := range 2 {
		for i := range out[axis] {
			touched := false
			for t := range w.Size[axis] {
				at := i*w.Stride[axis] - before[axis] + t*w.Step(axis)
				touched = touched || at >= 0 && at < in[axis]
			}
			if !touched {
				return false
			}
		}
	}
	return true
}

// fuseResiduals makes an Add of two equal shapes part of a convolution that it
// alone reads. Where both sides are such, the one is taken whose input no other
// convolution reads: the other may yet be merged with its sibling.
func fuseResiduals(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		if _, ok := s.Op.(*nn.Add); !ok || len(s.In) != 2 || !s.In[0].Shape.Equal(s.In[1].Shape) {
			continue
		}
		var best *Step
		var residual *Value
		for i, v := range s.In {
			conv := p.soleMaker(v, s)
			if conv == nil || !weighted(conv.Op) || !conv.plain() {
				continue
			}
			if best == nil || p.readers(conv.In[0]) < p.readers(best.In[0]) {
				best, residual = conv, s.In[1-i]
			}
		}
		if best != nil {
			best.Residual = residual
			p.absorb(best, s)
		}
	}
}

// fuseBounds makes a rectifier part of the step that it alone reads, where that
// step's kernel can bound its result.
func fuseBounds(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		act, ok := s.Op.(*nn.Activation)
		if !ok || act.Func != nn.ReLU || act.Slope != 0 || act.Threshold != 0 {
			continue
		}
		before := p.soleMaker(s.In[0], s)
		if before == nil || !finishes(before.Op) || before.clamps() || before.Activation != nil {
			continue
		}
		before.Lowest = 0
		if act.Max > 0 {
			before.Highest = act.Max
		}
		p.absorb(before, s)
	}
}

// finishes reports whether the operation's kernel has an epilogue.
func finishes(op nn.Op) bool {
	switch op.(type) {
	case *nn.BatchNorm, *nn.Add, *nn.Multiply:
		return true
	}
	return weighted(op)
}
