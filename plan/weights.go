package plan

import "github.com/vkeras/vkeras/nn"

// Affine returns what the step does to the sums of output channel o before
// its residual: y = sum scale + shift, with the operation's own bias and all
// that was folded. o runs over the last axis of the output.
func (s *Step) Affine(o int) (scale, shift float64) {
	scale = 1
	if b := biasOf(s.Op); b != nil {
		shift = float64(b.Data[o])
	}
	if s.Scale != nil {
		scale, shift = s.Scale[o], shift*s.Scale[o]+s.Shift[o]
	}
	return scale, shift
}

// HasShift reports whether any output channel has a bias, folded or its own.
func (s *Step) HasShift() bool { return s.Scale != nil || biasOf(s.Op) != nil }

func biasOf(op nn.Op) *nn.Tensor {
	switch op := op.(type) {
	case *nn.Conv2D:
		if op.UseBias {
			return op.Bias
		}
	case *nn.DepthwiseConv2D:
		if op.UseBias {
			return op.Bias
		}
	case *nn.Dense:
		if op.UseBias {
			return op.Bias
		}
	}
	return nil
}
