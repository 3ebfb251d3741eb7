package lower

import (
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// merge runs nn.Add and nn.Multiply: the first two inputs, then one more each
// time, in place.
type merge struct {
	weightless
	frugal
	kernel string
	code   uint32 // of the kernel binary, for more than three axes
}

func (m merge) lower(l *lowering, s *plan.Step) error {
	for i := 1; i < len(s.In); i++ {
		left, bare := s.Out, *s
		bare.Lowest, bare.Highest, bare.Activation = float32(math.Inf(-1)), float32(math.Inf(1)), nil
		if i == 1 {
			left = s.In[0]
		} else {
			l.wait()
		}
		finish := &bare
		if i == len(s.In)-1 {
			finish = s
		}
		if err := m.two(l, finish, left, s.In[i]); err != nil {
			return err
		}
	}
	return nil
}

// two emits out = left op right, over fours where the shapes are equal or one is
// a factor a channel.
func (m merge) two(l *lowering, s *plan.Step, left, right *plan.Value) error {
	f := flat{kernel: m.kernel, x: left, second: right, lowest: s.Lowest, highest: s.Highest, finish: true}
	applies := left.Shape.Equal(s.Out.Shape) && right.Shape.Equal(s.Out.Shape)
	if x, factors := m.gated(s, left, right); x != nil {
		f.kernel, f.x, f.second, f.factors, applies = "gate", x, factors, true, true
	}
	if applies {
		if done, err := l.flat(s, f); done || err != nil {
			return err
		}
	}
	const axes = 3 // of the kernel
	if len(s.Out.Shape) > axes {
		return l.combine(m.code, s, left, right)
	}
	x, r, y := l.value(left), l.value(right), l.value(s.Out)
	out := extents(s.Out.Shape)
	unit, units := y.Bytes/l.batch, l.batch // images, or elements where nothing is repeated
	if left.Shape.Equal(s.Out.Shape) && right.Shape.Equal(s.Out.Shape) {
		out, unit, units = [3]uint32{1, 1, 1}, l.Element(), l.count(y)
	}
	xs, rs := strides(left.Shape, out), strides(right.Shape, out)
	xUnit, rUnit := x.Bytes/units, r.Bytes/units
	_, parameter := function(s)
	return l.pieces(units, func(from, n int64) error {
		a := plainArgs{first: x.part(from*xUnit, n*xUnit), second: r.part(from*rUnit, n*rUnit), out: y.part(from*unit, n*unit), finish: s}
		return l.emit(m.kernel, l.count(a.out), a, func(h shaders.Head) any {
			return shaders.BroadcastPush{
				Head: h, Rows: out[0], Columns: out[1], Channels: out[2],
				XImage: uint32(xUnit / l.Element()), XRow: xs[0], XColumn: xs[1], XChannel: xs[2],
				RImage: uint32(rUnit / l.Element()), RRow: rs[0], RColumn: rs[1], RChannel: rs[2],
				Lowest: s.Lowest, Highest: s.Highest, Parameter: parameter,
			}
		})
	}, unit, xUnit, rUnit)
}

// gated returns the feature map and the factors, one a channel and image, that
// the step multiplies; nil: it does something else.
func (m merge) gated(s *plan.Step, left, right *plan.Value) (x, factors *plan.Value) {
	if m.kernel != "multiply" || len(s.Out.Shape) != 3 {
		return nil, nil
	}
	for _, p := range [][2]*plan.Value{{left, right}, {right, left}} {
		if p[0].Shape.Equal(s.Out.Shape) && p[1].Shape.Equal(nn.Shape{1, 1, s.Out.Shape[2]}) {
			return p[0], p[1]
		}
	}
	return nil, nil
}

// extents returns a shape of up to three axes as three, ones in front.
func extents(s nn.Shape) [3]uint32 {
	e := [3]uint32{1, 1, 1}
	for i := range min(len(s), 3) {
		e[2-i] = uint32(s[len(s)-1-i])
	}
	return e
}

// strides returns the input's strides, in elements, along the output's axes: 0
// where it is repeated.
func strides(in nn.Shape, out [3]uint32) [3]uint32 {
	var st [3]uint32
	step := uint32(1)
	for i, e := 2, extents(in); i >= 0; i-- {
		if e[i] == out[i] && e[i] > 1 {
			st[i] = step
		}
		step *= e[i]
	}
	return st
}
