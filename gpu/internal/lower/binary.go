package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// binaryOp runs nn.Binary.
type binaryOp struct {
	weightless
	frugal
	op *nn.Binary
}

func (b binaryOp) lower(l *lowering, s *plan.Step) error {
	return l.combine(binaryCode(b.op.Func), s, s.In[0], s.In[1])
}

// The functions of the kernel binary that are operations of their own.
const (
	binaryAdd      = 0
	binaryMultiply = 1
)

// binaryCode returns the function as the kernel binary knows it.
func binaryCode(f nn.BinaryFunc) uint32 { return uint32(2 + slices.Index(nn.BinaryFuncs(), f)) }

// combine emits out = f(left, right) with broadcasting, finished as the step says.
func (l *lowering) combine(code uint32, s *plan.Step, left, right *plan.Value) error {
	x, r, y := l.value(left), l.value(right), l.value(s.Out)
	a := axesOf(s.Out.Shape, left.Shape, right.Shape).join()
	unit, units := y.Bytes/l.batch, l.batch // images, or elements where nothing is repeated
	if left.Shape.Equal(s.Out.Shape) && right.Shape.Equal(s.Out.Shape) {
		a, unit, units = axes{strides: make([][]int64, 2)}, l.Element(), l.count(y)
	}
	xUnit, rUnit := x.Bytes/units, r.Bytes/units
	extents, err := a.extents6()
	if err != nil {
		return err
	}
	xs, err := a.strides6(0, xUnit/l.Element())
	if err != nil {
		return err
	}
	rs, err := a.strides6(1, rUnit/l.Element())
	if err != nil {
		return err
	}
	_, parameter := function(s)
	return l.pieces(units, func(from, n int64) error {
		args := plainArgs{first: x.part(from*xUnit, n*xUnit), second: r.part(from*rUnit, n*rUnit), out: y.part(from*unit, n*unit), finish: s}
		return l.emit("binary", l.count(args.out), args, func(h shaders.Head) any {
			return shaders.BinaryPush{Head: h, Extents: extents, XStrides: xs, RStrides: shaders.RStrides{
				RImage: rs.XImage, R0: rs.X0, R1: rs.X1, R2: rs.X2, R3: rs.X3, R4: rs.X4, R5: rs.X5,
			}, Func: code, Lowest: s.Lowest, Highest: s.Highest, Parameter: parameter}
		})
	}, unit, xUnit, rUnit)
}
