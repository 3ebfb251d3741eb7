package nn

import (
	"fmt"
	"slices"
)

// NormFunc says by what elements are divided that are normalised together.
type NormFunc string

// The functions of LayerNorm: m is the mean and v the variance, about the mean,
// of the elements that are normalised together.
const (
	NormStandard NormFunc = "standard" // (x - m) / sqrt(v + Epsilon): Ba et al. 2016
	NormRMS      NormFunc = "rms"      // x / sqrt(mean of x^2 + Epsilon): Zhang and Sennrich 2019
	NormVariance NormFunc = "variance" // x / sqrt(v + Epsilon): what rms_scaling of LayerNormalization does
	NormL2       NormFunc = "l2"       // x / max(sqrt(sum of x^2), Epsilon)
)

// NormFuncs lists every NormFunc, in the order of the constants.
func NormFuncs() []NormFunc { return []NormFunc{NormStandard, NormRMS, NormVariance, NormL2} }

// LayerNorm normalises the elements of an image that agree in all axes but Axes,
// by their own statistics: y = f(x) gamma + beta, gamma and beta indexed by the
// position on Axes. It is Keras's LayerNormalization, RMSNormalization and
// UnitNormalization.
type LayerNorm struct {
	Axes    []int // of one image, in at most two runs; negative ones count from the end; nil: the last
	Func    NormFunc
	Epsilon float32
	Scale   bool // has gamma
	Center  bool // has beta

	Gamma, Beta *Tensor // the extents on Axes; nil unless Scale, Center
}

// Kind returns "LayerNorm".
func (*LayerNorm) Kind() string { return "LayerNorm" }

// String names the function.
func (op *LayerNorm) String() string { return string(op.Func) }

// Infer returns the input's shape.
func (op *LayerNorm) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(NormFuncs(), op.Func) {
		return nil, fmt.Errorf("unknown function %q", op.Func)
	}
	axes, err := axesOf(op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	runs := 1
	for i := range axes[1:] {
		if axes[i+1] != axes[i]+1 {
			runs++
		}
	}
	if runs > 2 {
		return nil, fmt.Errorf("axes %v of an input of %d axes lie in more than two places", op.Axes, len(s))
	}
	return s, nil
}

// WeightAxes returns the axes of an image that gamma and beta are indexed by.
func (op *LayerNorm) WeightAxes(in Shape) []int {
	axes, _ := axesOf(op.Axes, len(in))
	return axes
}

// Params returns gamma and beta, where present.
func (op *LayerNorm) Params(in []Shape) []Param {
	role := "gamma"
	if op.Func == NormRMS {
		role = "scale"
	}
	return affineParams(role, extentsOn(op.WeightAxes(in[0]), in[0]), op.Scale, op.Center, &op.Gamma, &op.Beta)
}

// affineParams returns the Params of a scale, where there is one, and of an offset.
func affineParams(scale string, s Shape, hasScale, hasOffset bool, gamma, beta **Tensor) []Param {
	var p []Param
	if hasScale {
		p = append(p, Param{Role: scale, Shape: s, Trainable: true, Value: gamma})
	}
	if hasOffset {
		p = append(p, Param{Role: "beta", Shape: s, Trainable: true, Value: beta})
	}
	return p
}

// MACs returns 0: normalisation is counted as bandwidth, not as products.
func (*LayerNorm) MACs([]Shape, Shape) int64 { return 0 }

// Together says which elements of an image are normalised together. The image is
// an array (Outer, First, Between, Second, Inner), in which those are together that
// agree in Outer, Between and Inner.
type Together struct{ Outer, First, Between, Second, Inner int }

// Together returns the elements that are normalised together.
func (op *LayerNorm) Together(in Shape) Together {
	axes := op.WeightAxes(in)
	gap := 1 // the axes before it are the first run
	for gap < len(axes) && axes[gap] == axes[gap-1]+1 {
		gap++
	}
	last := axes[len(axes)-1]
	t := Together{Outer: Shape(in[:axes[0]]).Len(), First: 1, Between: 1, Second: 1, Inner: Shape(in[last+1:]).Len()}
	if gap == len(axes) {
		t.Second = Shape(in[axes[0] : last+1]).Len()
		return t
	}
	behind := axes[gap-1] + 1
	t.First, t.Between, t.Second = Shape(in[axes[0]:behind]).Len(), Shape(in[behind:axes[gap]]).Len(), Shape(in[axes[gap]:last+1]).Len()
	return t
}
