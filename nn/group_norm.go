package nn

import "fmt"

// GroupNorm normalises each image by the statistics of Groups groups of
// neighbouring channels, each over all positions: y = (x - m) / sqrt(v + Epsilon)
// gamma + beta, gamma and beta indexed by the position on Axis (Wu and He 2018).
type GroupNorm struct {
	Axis    int // of one image, that of the channels; negative counts from the end
	Groups  int
	Epsilon float32
	Scale   bool // has gamma
	Center  bool // has beta

	Gamma, Beta *Tensor // the extent on Axis; nil unless Scale, Center
}

// Kind returns "GroupNorm".
func (*GroupNorm) Kind() string { return "GroupNorm" }

// Infer returns the input's shape.
func (op *GroupNorm) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	a, err := axis(op.Axis, len(s))
	if err != nil {
		return nil, err
	}
	if op.Groups < 1 || s[a]%op.Groups != 0 {
		return nil, fmt.Errorf("%d channels do not fall into %d groups", s[a], op.Groups)
	}
	return s, nil
}

// WeightAxes returns the axis of an image that gamma and beta are indexed by.
func (op *GroupNorm) WeightAxes(in Shape) []int {
	a, err := axis(op.Axis, len(in))
	if err != nil {
		return nil
	}
	return []int{a}
}

// Params returns gamma and beta, where present.
func (op *GroupNorm) Params(in []Shape) []Param {
	return affineParams("gamma", extentsOn(op.WeightAxes(in[0]), in[0]), op.Scale, op.Center, &op.Gamma, &op.Beta)
}

// MACs returns 0: normalisation is counted as bandwidth, not as products.
func (*GroupNorm) MACs([]Shape, Shape) int64 { return 0 }

// Together returns the elements that are normalised together.
func (op *GroupNorm) Together(in Shape) Together {
	a := op.WeightAxes(in)[0]
	return Together{Outer: 1, First: Shape(in[:a]).Len(), Between: op.Groups, Second: in[a] / op.Groups * Shape(in[a+1:]).Len(), Inner: 1}
}
