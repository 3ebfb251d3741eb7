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
	if k, err := l.kernel("softmax_rows"); err == nil && o.kernel == "softmax" && l.rowwise(k) {
		return l.lowerRows(s, k, int64(extent), int64(inner))
	}
	return l.elementwise(o.kernel, s, nil, int64(extent*inner), int64(extent), func(h shaders.Head) any {
		return shaders.RowsOfPush{Head: h, Extent: uint32(extent), Inner: uint32(inner)}
	})
}

// rowwise reports whether rows are a work group's each: on GPUs, whose
// invocations are slow one by one.
func (t Target) rowwise(k shaders.Kernel) bool {
	return t.Forced.Base == k.Base || !t.Plain && !t.NoQuads && !t.Limits.CPU && t.Limits.Fits(k)
}

func (l *lowering) lowerRows(s *plan.Step, k shaders.Kernel, extent, inner int64) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	unit := l.Element() * extent * inner
	return l.pieces(y.Bytes/unit, func(from, n int64) error {
		a := plainArgs{first: x.part(from*unit, n*unit), out: y.part(from*unit, n*unit)}
		groups, err := l.lines(n*inner, 1)
		if err != nil {
			return err
		}
		return l.plain(k, shaders.Head{Count: uint32(n * inner)}, groups, a, func(h shaders.Head) any {
			return shaders.RowsOfPush{Head: h, Extent: uint32(extent), Inner: uint32(inner)}
		})
	}, unit)
}
