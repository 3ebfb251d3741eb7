package nn

import (
	"fmt"
	"slices"
)

// ReduceFunc makes one number of several.
type ReduceFunc string

// The functions of Reduce.
const (
	ReduceSum    ReduceFunc = "sum"
	ReduceMean   ReduceFunc = "mean"
	ReduceMax    ReduceFunc = "max"  // NaN where one is NaN
	ReduceMin    ReduceFunc = "min"  // NaN where one is NaN
	ReduceProd   ReduceFunc = "prod" // the product
	ReduceArgMax ReduceFunc = "argmax"
	ReduceArgMin ReduceFunc = "argmin"
)

// ReduceFuncs lists every ReduceFunc, in the order of the constants.
func ReduceFuncs() []ReduceFunc {
	return []ReduceFunc{ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, ReduceArgMax, ReduceArgMin}
}

// Reduce makes one number of all that lie along some axes of an image. argmax
// and argmin give the place of the first largest or smallest number: its
// position among the reduced axes, counted in row-major order. Zeros are equal
// whatever their signs, which is Keras 2's rule; Keras 3 on TensorFlow takes -0 for
// less than 0, but no device says which sign a zero has that max(x, 0) gives.
type Reduce struct {
	noWeights
	Func     ReduceFunc
	Axes     []int // of one image, from 0 on, in ascending order
	KeepDims bool  // the reduced axes stay, with extent 1
}

// Kind returns "Reduce".
func (*Reduce) Kind() string { return "Reduce" }

// String names the function.
func (op *Reduce) String() string { return string(op.Func) }

// Infer drops the reduced axes, or makes their extents 1 with KeepDims.
func (op *Reduce) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if err := rank(s); err != nil {
		return nil, err
	}
	if !slices.Contains(ReduceFuncs(), op.Func) {
		return nil, fmt.Errorf("unknown function %q", op.Func)
	}
	for i, a := range op.Axes {
		if a < 0 || a >= len(s) || i > 0 && a <= op.Axes[i-1] {
			return nil, fmt.Errorf("axes %v are not axes of %v in ascending order", op.Axes, s)
		}
	}
	out := Shape{}
	for a, n := range s {
		switch {
		case !slices.Contains(op.Axes, a):
			out = append(out, n)
		case op.KeepDims:
			out = append(out, 1)
		}
	}
	return out, nil
}
