package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// concat runs nn.Concat: one dispatch an input.
type concat struct {
	weightless
	frugal
	op *nn.Concat
}

func (c concat) lower(l *lowering, s *plan.Step) error {
	y := l.value(s.Out)
	outer, _ := c.op.Outer(s.Out.Shape)
	slices := l.batch * int64(outer)
	stride := y.Bytes / slices
	var before int64
	for _, v := range s.In {
		x := l.value(v)
		length, at := x.Bytes/slices, before
		err := l.pieces(slices, func(from, n int64) error {
			a := plainArgs{first: x.part(from*length, n*length), out: y.part(from*stride, n*stride)}
			return l.emit("concat", l.count(a.first), a, func(h shaders.Head) any {
				return shaders.ConcatPush{Head: h, Length: uint32(length / l.Element()), Stride: uint32(stride / l.Element()), Before: uint32(at / l.Element())}
			})
		}, length, stride)
		if err != nil {
			return err
		}
		before += length
	}
	return nil
}
