package nn

import "fmt"

// Dense multiplies the last axis by a matrix: y[..., o] = b[o] + sum over c of
// x[..., c] k[c, o].
type Dense struct {
	Units   int
	UseBias bool

	Kernel *Tensor // (inputs, units)
	Bias   *Tensor // (units), nil unless UseBias
}

// Kind returns "Dense".
func (*Dense) Kind() string { return "Dense" }

// Infer replaces the last extent by Units.
func (op *Dense) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("expected an input with at least one axis")
	}
	if !within(1, op.Units) {
		return nil, fmt.Errorf("units must be at least 1 and at most %d, found %d", maxExtent, op.Units)
	}
	out := s.Clone()
	out[len(out)-1] = op.Units
	return out, nil
}

// Params returns the kernel and, with UseBias, the bias.
func (op *Dense) Params(in []Shape) []Param {
	kernel := Shape{in[0].Channels(), op.Units}
	return withBias(op.UseBias, Param{Role: "kernel", Shape: kernel, Trainable: true, Value: &op.Kernel}, op.Units, &op.Bias)
}

// MACs returns rows x inputs x units.
func (op *Dense) MACs(in []Shape, out Shape) int64 {
	return int64(out.Len()) * int64(in[0].Channels())
}
