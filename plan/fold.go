package plan

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// fold makes batch normalisation part of the weights before it:
//
//	(conv(x) + b - mean) g + beta  =  conv(x) g + (b - mean) g + beta,  g = gamma / sqrt(variance + epsilon)
//
// It applies where the normalisation alone reads a convolution's or a dense
// layer's result, over its last axis, with nothing between the two. The
// products are formed in float64 and rounded once, when weights are packed
// (Step.Weights).
func fold(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		bn, ok := s.Op.(*nn.BatchNorm)
		if !ok {
			continue
		}
		extent, inner := bn.Inner(s.In[0].Shape)
		conv := p.uses().soleMaker(s.In[0], s)
		if inner != 1 || conv == nil || !weighted(conv.Op) || conv.plain() != conv {
			continue
		}
		scale, shift := affine(bn, extent)
		if conv.Scale != nil {
			for i := range scale {
				shift[i] += scale[i] * conv.Shift[i]
				scale[i] *= conv.Scale[i]
			}
		}
		conv.Scale, conv.Shift = scale, shift
		p.absorb(conv, s)
	}
	p.prune()
}

// weighted reports whether the operation is a product with weights, whose
// output channels can be scaled by scaling them.
func weighted(op nn.Op) bool {
	switch op.(type) {
	case *nn.Conv2D, *nn.DepthwiseConv2D, *nn.Dense:
		return true
	}
	return false
}

// plain returns the step when it has neither residual nor bounds, else nil.
func (s *Step) plain() *Step {
	if s.Residual == nil && !s.clamps() {
		return s
	}
	return nil
}

// clamps reports whether the step bounds its result.
func (s *Step) clamps() bool {
	return !math.IsInf(float64(s.Lowest), -1) || !math.IsInf(float64(s.Highest), 1)
}

// affine writes the normalisation as scale and shift a channel.
func affine(bn *nn.BatchNorm, n int) (scale, shift []float64) {
	scale, shift = make([]float64, n), make([]float64, n)
	for i := range n {
		scale[i] = 1 / math.Sqrt(float64(bn.Variance.Data[i])+float64(bn.Epsilon))
		if bn.Scale {
			scale[i] *= float64(bn.Gamma.Data[i])
		}
		shift[i] = -float64(bn.Mean.Data[i]) * scale[i]
		if bn.Center {
			shift[i] += float64(bn.Beta.Data[i])
		}
	}
	return scale, shift
}
