package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// matMul computes y[..., i, j] = sum over k of a[..., i, k] b[..., k, j]. A
// goroutine takes one row of one matrix.
func matMul(ctx context.Context, op *nn.MatMul, a, b, y *nn.Tensor) error {
	m, depth, _, n := op.Extents([]nn.Shape{a.Shape[1:], b.Shape[1:]})
	outer := y.Shape[:len(y.Shape)-2] // the matrices, by batch and outer axes
	aOuter, bOuter := matrices(a.Shape, outer), matrices(b.Shape, outer)
	aRow, aStep := depth, 1
	if op.TransposeA {
		aRow, aStep = 1, m
	}
	bRow, bStep := n, 1
	if op.TransposeB {
		bRow, bStep = 1, depth
	}
	return parallel(ctx, y.Len()/n, 1, func(task, _ int) {
		matrix, i := task/m, task%m
		x := a.Data[place(matrix, outer, aOuter)+i*aRow:]
		w := b.Data[place(matrix, outer, bOuter):]
		for j := range n {
			sum := 0.0
			for k := range depth {
				sum += float64(x[k*aStep]) * float64(w[k*bRow+j*bStep])
			}
			y.Data[task*n+j] = float32(sum)
		}
	})
}

// matrices returns the strides of an input's matrices along the outer axes of
// the output.
func matrices(in, outer nn.Shape) []int {
	last := len(in) - 2
	strides := repeated(in[:last], outer)
	for a := range strides {
		strides[a] *= in[last] * in[last+1]
	}
	return strides
}
