package nn

import "slices"

// PReLU is x above 0, else alpha x, with an alpha an element of an image but for
// the axes on which they share one (He et al. 2015, "Delving deep into
// rectifiers").
type PReLU struct {
	SharedAxes []int // of one image; negative ones count from the end

	Alpha *Tensor // the image's extents, 1 on SharedAxes
}

// Kind returns "PReLU".
func (*PReLU) Kind() string { return "PReLU" }

// Infer returns the input's shape.
func (op *PReLU) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err == nil && len(op.SharedAxes) > 0 {
		_, err = axesOf(op.SharedAxes, len(s))
	}
	return s, err
}

// WeightAxes returns the axes of an image that alpha is indexed by.
func (op *PReLU) WeightAxes(in Shape) []int {
	var own []int
	for a := range in {
		if !slices.Contains(op.SharedAxes, a) && !slices.Contains(op.SharedAxes, a-len(in)) {
			own = append(own, a)
		}
	}
	return own
}

// Params returns alpha.
func (op *PReLU) Params(in []Shape) []Param {
	s := make(Shape, len(in[0]))
	for a := range s {
		s[a] = 1
	}
	for _, a := range op.WeightAxes(in[0]) {
		s[a] = in[0][a]
	}
	return []Param{{Role: "alpha", Shape: s, Trainable: true, Value: &op.Alpha}}
}

// MACs returns 0: it is counted as bandwidth, not as products.
func (*PReLU) MACs([]Shape, Shape) int64 { return 0 }
