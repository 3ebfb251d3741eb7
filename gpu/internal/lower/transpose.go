package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// transpose runs nn.Transpose.
type transpose struct {
	weightless
	frugal
	op *nn.Transpose
}

func (t transpose) lower(l *lowering, s *plan.Step) error {
	own := rowMajor(s.In[0].Shape)
	strides := make([]int64, len(own))
	for i, axis := range t.op.Axes {
		strides[i] = own[axis]
	}
	return l.copyStrided(s, 0, strides)
}

// rowMajor returns how many elements lie between neighbours on each axis.
func rowMajor(shape nn.Shape) []int64 {
	steps := make([]int64, len(shape))
	step := int64(1)
	for a := len(shape) - 1; a >= 0; a-- {
		steps[a] = step
		step *= int64(shape[a])
	}
	return steps
}

// copyStrided emits y[e] = x[first + the place of e along strides] for each
// image, in elements.
func (l *lowering) copyStrided(s *plan.Step, first int64, strides []int64) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage := x.Bytes/l.batch, y.Bytes/l.batch
	a := axesOf(s.Out.Shape)
	a.strides = [][]int64{strides}
	a = a.join()
	if done, err := l.copyFours(s, first, a); done || err != nil {
		return err
	}
	extents, err := a.extents6()
	if err != nil {
		return err
	}
	xs, err := a.strides6(0, xImage/l.Element())
	if err != nil {
		return err
	}
	return l.pieces(l.batch, func(from, n int64) error {
		args := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
		return l.emit("strided_copy", l.count(args.out), args, func(h shaders.Head) any {
			h.XAt += uint32(first)
			return shaders.StridedPush{Head: h, Extents: extents, XStrides: xs}
		})
	}, xImage, yImage)
}

// copyFours emits the kernel that copies fours of the innermost axis; false: it does
// not apply.
func (l *lowering) copyFours(s *plan.Step, first int64, a axes) (bool, error) {
	k, ok := l.quads("strided_copy", "")
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage, last := x.Bytes/l.batch, y.Bytes/l.batch, len(a.extents)-1
	each := yImage / l.texel()
	if !ok || last < 0 || a.strides[0][last] != 1 || a.extents[last]%4 != 0 || each >= dividend || max(xImage, yImage) > l.readable(k) {
		return false, nil
	}
	steps := append(a.strides[0][:last:last], first, xImage/l.Element())
	if slices.ContainsFunc(steps, func(step int64) bool { return step%4 != 0 }) {
		return false, nil
	}
	fours := axes{extents: slices.Clone(a.extents), strides: [][]int64{slices.Clone(a.strides[0])}}
	fours.extents[last] /= 4
	for axis := range last {
		fours.strides[0][axis] /= 4
	}
	extents, err := fours.extents6()
	if err != nil {
		return true, err
	}
	xs, err := fours.strides6(0, xImage/l.texel())
	if err != nil {
		return true, err
	}
	return true, l.piecesOfFours(k, each, func(from, n int64, grid [3]uint32) error {
		args := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
		return l.fours(k, shaders.Head{Count: uint32(n * each)}, grid, args, func(h shaders.Head) any {
			h.XAt += uint32(first / 4)
			return shaders.StridedPush{Head: h, Extents: extents, XStrides: xs}
		})
	}, xImage, yImage)
}
