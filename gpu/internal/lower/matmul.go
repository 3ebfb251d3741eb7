package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// matMul runs nn.MatMul.
type matMul struct {
	weightless
	frugal
	op *nn.MatMul
}

func (m matMul) lower(l *lowering, s *plan.Step) error {
	x, r, y := l.value(s.In[0]), l.value(s.In[1]), l.value(s.Out)
	xImage, rImage, yImage := x.Bytes/l.batch, r.Bytes/l.batch, y.Bytes/l.batch
	push, err := m.push(s)
	if err != nil {
		return err
	}
	push.XImage, push.RImage = uint32(xImage/l.Element()), uint32(rImage/l.Element())
	if done, err := m.fours(l, s, push); done || err != nil {
		return err
	}
	return l.pieces(l.batch, func(from, n int64) error {
		args := plainArgs{first: x.part(from*xImage, n*xImage), second: r.part(from*rImage, n*rImage), out: y.part(from*yImage, n*yImage)}
		return l.emit("matmul", l.count(args.out), args, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, xImage, rImage, yImage)
}

// fours emits the kernel over fours of columns; false: it does not apply.
func (m matMul) fours(l *lowering, s *plan.Step, push shaders.MatMulPush) (bool, error) {
	suffix := ""
	if push.Depth%4 != 0 || push.Columns%4 != 0 {
		suffix = "_odd"
	}
	k, ok := l.quads("matmul", suffix)
	x, r, y := l.value(s.In[0]), l.value(s.In[1]), l.value(s.Out)
	xImage, rImage, yImage := x.Bytes/l.batch, r.Bytes/l.batch, y.Bytes/l.batch
	matrices := yImage / l.Element() / int64(push.Rows) / int64(push.Columns)
	if !ok || m.op.TransposeA {
		return false, nil
	}
	each := matrices * ceil(int64(push.Rows), k.Defines["ROWS"]) * ceil(int64(push.Columns), 4) // invocations of an image
	if each >= dividend || max(xImage, rImage, yImage) > l.readable(k) {
		return false, nil
	}
	if !odd(k) {
		for _, stride := range []*uint32{&push.XImage, &push.X0, &push.X1, &push.X2, &push.X3, &push.XRow, &push.RImage, &push.R0, &push.R1, &push.R2, &push.R3} {
			*stride /= 4
		}
		if m.op.TransposeB {
			push.RStep /= 4
		} else {
			push.RRow /= 4
		}
	}
	return true, l.piecesOfFours(k, each, func(from, n int64, grid [3]uint32) error {
		a := plainArgs{first: x.part(from*xImage, n*xImage), second: r.part(from*rImage, n*rImage), out: y.part(from*yImage, n*yImage)}
		return l.fours(k.With(0, flag(m.op.TransposeB)), shaders.Head{Count: uint32(n * each)}, grid, a, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, xImage, rImage, yImage)
}

// push returns the extents and strides within an image.
func (m matMul) push(s *plan.Step) (shaders.MatMulPush, error) {
	in := s.InputShapes()
	outer := func(s nn.Shape) nn.Shape { return s[:len(s)-2] }
	rows, depth, _, columns := m.op.Extents(in)
	a := axesOf(outer(s.Out.Shape), outer(in[0]), outer(in[1]))
	for i, shape := range in {
		matrix := int64(shape[len(shape)-2]) * int64(shape[len(shape)-1])
		for axis := range a.strides[i] {
			a.strides[i][axis] *= matrix
		}
	}
	a = a.join()
	o, err := tail(a.extents, 4, 1)
	if err != nil {
		return shaders.MatMulPush{}, err
	}
	xs, _ := tail(a.strides[0], 4, 0)
	rs, _ := tail(a.strides[1], 4, 0)
	p := shaders.MatMulPush{
		Rows: uint32(rows), Columns: uint32(columns), Depth: uint32(depth),
		O0: o[0], O1: o[1], O2: o[2], O3: o[3],
		X0: xs[0], X1: xs[1], X2: xs[2], X3: xs[3], XRow: uint32(depth), XStep: 1,
		R0: rs[0], R1: rs[1], R2: rs[2], R3: rs[3], RRow: uint32(columns), RStep: 1,
	}
	if m.op.TransposeA {
		p.XRow, p.XStep = 1, uint32(rows)
	}
	if m.op.TransposeB {
		p.RRow, p.RStep = 1, uint32(depth)
	}
	return p, nil
}
