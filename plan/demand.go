package plan

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// demand makes every step compute only the positions that somebody reads.
//
// It walks backwards with one Axis for rows and one for columns: a 1x1
// convolution of stride 2 asks for every second position, a 3x3 one for its
// neighbours too, a sum asks the same of all its inputs; where several read a
// value, it holds the smallest axes that contain what each asks for. Then each
// window's stride, dilation and padding are written in places of what its input
// holds, and where a step that has no window needs fewer positions than its
// input holds, a Take goes in between. Results keep every bit.
//
// OpenVINO's strides optimisation moves strides backwards in the same way, for
// strides alone.
func demand(p *Program) {
	d := demands{of: map[*Value][2]Axis{}, read: map[*Step][]wanted{}}
	for _, v := range append(slices.Clone(p.Inputs), p.Outputs...) {
		d.all(v)
	}
	for _, s := range slices.Backward(p.Steps) {
		d.add(s)
	}
	for _, v := range p.Values {
		if at, ok := d.of[v.Root()]; ok && v.Shape.Equal(v.Root().Shape) {
			v.Held = at
		}
	}
	for _, v := range p.Values {
		if v.spatial() {
			v.Shape = nn.Shape{v.Held[0].Count, v.Held[1].Count, v.Shape[2]}
		}
	}
	for _, s := range slices.Clone(p.Steps) {
		p.fit(s, d.read[s])
	}
}

// spatial reports whether the value is a feature map.
func (v *Value) spatial() bool { return len(v.Shape) == 3 }

// everything returns all positions of a feature map.
func everything(s nn.Shape) [2]Axis { return [2]Axis{whole(s[0]), whole(s[1])} }

// demands gathers what is read.
type demands struct {
	of   map[*Value][2]Axis // positions of each root value that anybody reads
	read map[*Step][]wanted // what each step reads of its inputs
}

// wanted are the positions that a step reads of one input; all says that the input
// must hold every one of them, because it is no feature map of its own or is read as
// a whole. Without positions it is read as it is.
type wanted struct {
	at  [2]Axis
	all bool
}

// all demands the whole of a value.
func (d *demands) all(v *Value) {
	if root := v.Root(); root.spatial() {
		d.of[root] = everything(root.Shape)
	}
}

// add demands what a step reads to compute what is demanded of it.
func (d *demands) add(s *Step) {
	out, asked := d.of[s.Out]
	if !asked || !thinnable(s) {
		d.all(s.Out)
		out = d.of[s.Out]
	}
	reads := make([]wanted, len(s.In))
	for i, v := range s.In {
		reads[i] = s.wants(v, out)
		if reads[i].all {
			d.all(v)
		} else {
			d.some(v.Root(), reads[i].at)
		}
	}
	d.read[s] = reads
	if s.Gate != nil {
		d.all(s.Gate)
	}
	if s.Residual == nil {
		return
	}
	if s.Residual.Shape.Equal(s.Residual.Root().Shape) {
		d.some(s.Residual.Root(), out)
	} else {
		d.all(s.Residual)
	}
}

// some demands the positions at of a root value.
func (d *demands) some(v *Value, at [2]Axis) {
	d.of[v] = [2]Axis{d.of[v][0].join(at[0]), d.of[v][1].join(at[1])}
}

// thinnable reports whether the step can compute some positions without the
// others, from the same positions of its inputs or from those under its window.
// An operation that is not listed is computed whole.
func thinnable(s *Step) bool {
	if !s.Out.spatial() {
		return false
	}
	switch op := s.Op.(type) {
	case *nn.BatchNorm:
		if !op.ByChannel(s.Out.Shape) {
			return false
		}
	case *nn.Concat:
		if !op.ByChannel(s.Out.Shape) {
			return false
		}
	case *nn.Softmax:
		if extent, inner := op.Inner(s.Out.Shape); inner != 1 || extent != s.Out.Shape.Channels() {
			return false
		}
	case *nn.LayerNorm:
		if axes := op.WeightAxes(s.Out.Shape); len(axes) != 1 || axes[0] != 2 {
			return false
		}
	case *nn.Normalize:
		if !op.ByChannel(s.Out.Shape) {
			return false
		}
	case *nn.PReLU:
		if axes := op.WeightAxes(s.Out.Shape); len(axes) > 1 || len(axes) == 1 && axes[0] != 2 {
			return false
		}
	case *nn.Activation, *nn.Add, *nn.Binary, *nn.Dense, *nn.LayerScale, *nn.Multiply, *nn.Rescale, *nn.Unary:
	default:
		if !s.slides() {
			return false
		}
	}
	return s.Residual == nil || s.Residual.Shape.Equal(s.Residual.Root().Shape)
}

// wants returns what the step reads of an input for the outputs at out.
func (s *Step) wants(v *Value, out [2]Axis) wanted {
	if !thinnable(s) || !v.spatial() {
		return wanted{all: true}
	}
	var at [2]Axis
	for axis := range 2 {
		w, n := s.Window, v.Shape[axis]
		switch {
		case s.slides():
			at[axis] = out[axis].under(w.Size[axis], w.Stride[axis], w.Step(axis), before(w, axis), n)
		case n == s.Out.Shape[axis]:
			at[axis] = out[axis]
		default: // one position, repeated
			at[axis] = whole(n)
		}
		if at[axis].Count == 0 { // padding alone: no position, so any
			return wanted{all: true}
		}
	}
	return wanted{at: at, all: !v.Shape.Equal(v.Root().Shape)}
}

// slides reports whether the step slides a window over its input; padding and
// cropping are windows of one tap.
func (s *Step) slides() bool { return s.Window.Size[0] > 0 }

// before returns the padding in front of an axis.
func before(w nn.Window, axis int) int { return [2]int{w.Pad.Top, w.Pad.Left}[axis] }

// fit makes the step work on what its inputs hold now.
func (p *Program) fit(s *Step, reads []wanted) {
	if !thinnable(s) {
		return
	}
	for i, v := range s.In {
		switch {
		case s.slides():
			s.slideOver(v)
		case reads[i].at[0].Count > 0 && !same(reads[i].at, v.Held):
			s.In[i] = p.take(s, v, reads[i].at)
		}
	}
	if s.Residual != nil && !same(s.Residual.Held, s.Out.Held) {
		s.Residual = p.take(s, s.Residual, s.Out.Held)
	}
}

// slideOver rewrites the step's window in places of what the input holds.
func (s *Step) slideOver(v *Value) {
	w := s.Window
	pads := [2]int{}
	for axis := range 2 {
		w.Stride[axis], w.Dilation[axis], pads[axis] = s.Out.Held[axis].through(v.Held[axis], w.Size[axis], w.Stride[axis], w.Step(axis), before(w, axis))
	}
	w.Pad = nn.Pad{Top: pads[0], Left: pads[1]}
	s.Window = w
}

// same reports whether both are the same positions.
func same(a, b [2]Axis) bool { return a[0].equal(b[0]) && a[1].equal(b[1]) }

// take puts a step in front of s that copies the positions at of v, and returns
// its result. A maximum over one position is a copy.
func (p *Program) take(s *Step, v *Value, at [2]Axis) *Value {
	out := &Value{Node: v.Node, Shape: nn.Shape{at[0].Count, at[1].Count, v.Shape[2]}, Held: at}
	copied := &Step{
		Name: s.Name + "/take", Op: &nn.MaxPool{Window: nn.Square(1, 1)}, Nodes: []*nn.Node{v.Node}, In: []*Value{v}, Out: out, Window: nn.Square(1, 1),
		Lowest: float32(math.Inf(-1)), Highest: float32(math.Inf(1)), Copies: true,
	}
	copied.slideOver(v)
	p.Steps = slices.Insert(p.Steps, slices.Index(p.Steps, s), copied)
	out.ID = len(p.Values)
	p.Values = append(p.Values, out)
	return out
}
