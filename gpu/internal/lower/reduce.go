package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// reduce runs nn.Reduce.
type reduce struct {
	weightless
	frugal
	op *nn.Reduce
}

func (r reduce) lower(l *lowering, s *plan.Step) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage := x.Bytes/l.batch, y.Bytes/l.batch
	kept, reduced := r.axes(s.In[0].Shape)
	if f := r.op.Func; f == nn.ReduceArgMax || f == nn.ReduceArgMin {
		if err := counts(l.Precision, s.In[0].Shape.Len()/s.Out.Shape.Len()); err != nil {
			return err
		}
	}
	push := shaders.ReducePush{Func: uint32(slices.Index(nn.ReduceFuncs(), r.op.Func)), KeptImage: uint32(xImage / l.Element())}
	for _, p := range []struct {
		numbers []int64
		fill    uint32
		to      [3]*uint32
	}{
		{kept.extents, 1, [3]*uint32{&push.K0, &push.K1, &push.K2}},
		{kept.strides[0], 0, [3]*uint32{&push.Kept0, &push.Kept1, &push.Kept2}},
		{reduced.extents, 1, [3]*uint32{&push.R0, &push.R1, &push.R2}},
		{reduced.strides[0], 0, [3]*uint32{&push.Reduced0, &push.Reduced1, &push.Reduced2}},
	} {
		values, err := tail(p.numbers, len(p.to), p.fill)
		if err != nil {
			return err
		}
		for i, to := range p.to {
			*to = values[i]
		}
	}
	return l.pieces(l.batch, func(from, n int64) error {
		args := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
		return l.emit("reduce", l.count(args.out), args, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, xImage, yImage)
}

// axes returns the kept and the reduced axes of the input, neighbours joined.
func (r reduce) axes(in nn.Shape) (kept, reduced axes) {
	kept.strides, reduced.strides = make([][]int64, 1), make([][]int64, 1)
	for a, step := range rowMajor(in) {
		to := &kept
		if slices.Contains(r.op.Axes, a) {
			to = &reduced
		}
		to.extents, to.strides[0] = append(to.extents, int64(in[a])), append(to.strides[0], step)
	}
	return kept.join(), reduced.join()
}
