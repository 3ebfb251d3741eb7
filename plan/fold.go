package plan

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// fold makes batch normalisation, and what else multiplies and adds a constant a
// channel, part of the weights before it:
//
//	(conv(x) + b - mean) g + beta  =  conv(x) g + (b - mean) g + beta,  g = gamma / sqrt(variance + epsilon)
//
// It applies where the normalisation alone reads a convolution's or a dense
// layer's result, over its last axis, with nothing between the two. The
// products are formed in float64 and rounded once, when weights are packed
// (Step.Folded).
func fold(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		scale, shift := affineOf(s)
		if scale == nil {
			continue
		}
		conv := p.soleMaker(s.In[0], s)
		if conv == nil || !weighted(conv.Op) || !conv.plain() {
			continue
		}
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
	case *nn.Conv2D, *nn.DepthwiseConv2D, *nn.GroupedConv2D, *nn.Dense:
		return true
	}
	return false
}

// plain reports whether the step adds and bounds nothing, and applies no
// activation.
func (s *Step) plain() bool { return s.Residual == nil && s.Activation == nil && !s.clamps() }

// clamps reports whether the step bounds its result.
func (s *Step) clamps() bool {
	return !math.IsInf(float64(s.Lowest), -1) || !math.IsInf(float64(s.Highest), 1)
}

// affineOf returns the scale and shift a channel of the last axis that are all
// that a step does to its input; nil: it does something else.
func affineOf(s *Step) (scale, shift []float64) {
	if len(s.In) != 1 || !s.plain() {
		return nil, nil
	}
	channels := s.In[0].Shape.Channels()
	switch op := s.Op.(type) {
	case *nn.BatchNorm:
		if op.ByChannel(s.In[0].Shape) {
			return batchNorm(op, channels)
		}
	case *nn.Rescale:
		return repeated(op.Scale, channels), repeated(op.Offset, channels)
	case *nn.LayerScale:
		return repeated(op.Gamma.Data, channels), make([]float64, channels)
	case *nn.Normalize:
		if op.ByChannel(s.In[0].Shape) {
			return normalize(op, channels)
		}
	}
	return nil, nil
}

// batchNorm writes the normalisation as scale and shift a channel.
func batchNorm(bn *nn.BatchNorm, n int) (scale, shift []float64) {
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

// normalize writes the normalisation, or its inverse, as scale and shift a channel.
func normalize(op *nn.Normalize, n int) (scale, shift []float64) {
	const least = 1e-7 // as nn.Normalize says
	mean, scale := repeated(op.Mean.Data, n), repeated(op.Variance.Data, n)
	for i, v := range scale {
		if scale[i] = max(math.Sqrt(v), least); !op.Invert {
			scale[i] = 1 / scale[i]
			mean[i] *= -scale[i]
		}
	}
	return scale, mean
}

// repeated returns n constants of which one, or each, is given.
func repeated(values []float32, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = float64(values[min(i, len(values)-1)])
	}
	return all
}
