package optest

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// CheckChunks is Check for kernels that sum so many products of float16 in float16
// before they are added to a float32 sum. A sum of n products that are each
// rounded to 11 binary digits as they are added is off by at most n 2^-11 of the
// sum of the products' magnitudes, and by half of the least float16 a rounding
// where that is below the normal numbers; then the result is rounded once. The
// operation is a Conv2D or a Dense; its inputs and weights are numbers of float16.
func (c Case) CheckChunks(apply Apply, chunk int) error {
	want, err := reference.Apply(c.Op, c.Inputs...)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	got, err := apply(c.Op, c.Inputs...)
	if err != nil {
		return fmt.Errorf("%s on %v: %w", c.Op.Kind(), c.shapes(), err)
	}
	if _, err := Compare(got, want); err != nil { // another shape
		return fmt.Errorf("%s on %v: %w", c.Op.Kind(), c.shapes(), err)
	}
	magnitudes, products, err := c.magnitudes()
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	for i, w := range want.Data {
		rounding, least := math.Exp2(-11), math.Exp2(-25)
		allowed := float64(chunk)*rounding*float64(magnitudes.Data[i]) + products*least + 1.01*rounding*math.Abs(float64(w)) + least
		if off := math.Abs(float64(got.Data[i]) - float64(w)); !(off <= allowed) { // NaN is not
			return fmt.Errorf("%s on %v: output %d is %v, want %v; sums of %d products in float16 allow an error of %.3g", c.Op.Kind(), c.shapes(), i, got.Data[i], w, chunk, allowed)
		}
	}
	return nil
}

// magnitudes returns the sums of the magnitudes of the case's products, and how
// many products a sum has.
func (c Case) magnitudes() (sums *nn.Tensor, products float64, err error) {
	absolute := func(x *nn.Tensor) *nn.Tensor {
		y := nn.NewTensor(x.Shape...)
		for i, v := range x.Data {
			y.Data[i] = float32(math.Abs(float64(v)))
		}
		return y
	}
	var op nn.Op
	switch o := c.Op.(type) {
	case *nn.Conv2D:
		of := *o
		of.Kernel, of.UseBias, of.Bias = absolute(o.Kernel), false, nil
		op, products = &of, float64(len(o.Kernel.Data)/o.Filters)
	case *nn.Dense:
		of := *o
		of.Kernel, of.UseBias, of.Bias = absolute(o.Kernel), false, nil
		op, products = &of, float64(len(o.Kernel.Data)/o.Units)
	default:
		return nil, 0, fmt.Errorf("%s sums no products with weights", c.Op.Kind())
	}
	sums, err = reference.Apply(op, absolute(c.Inputs[0]))
	return sums, products, err
}
