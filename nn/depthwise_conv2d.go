package nn

import "fmt"

// DepthwiseConv2D convolves every input channel c with its own Multiplier
// kernels: y[n, i, j, c m + t] = b[c m + t] + sum over the taps (p, q) of
// x[n, i s - pad + p d, j s - pad + q d, c] k[p, q, c, t].
type DepthwiseConv2D struct {
	Window
	Multiplier int // outputs an input channel
	UseBias    bool

	Kernel *Tensor // (height, width, input channels, multiplier)
	Bias   *Tensor // (input channels x multiplier), nil unless UseBias
}

// Kind returns "DepthwiseConv2D".
func (*DepthwiseConv2D) Kind() string { return "DepthwiseConv2D" }

// Infer maps (H, W, C) to (OH, OW, C x Multiplier).
func (op *DepthwiseConv2D) Infer(in []Shape) (Shape, error) {
	h, w, c, err := feature(in)
	if err != nil {
		return nil, err
	}
	if !within(1, op.Multiplier) {
		return nil, fmt.Errorf("depth multiplier must be at least 1 and at most %d, found %d", maxExtent, op.Multiplier)
	}
	oh, ow, err := op.Output(h, w)
	return Shape{oh, ow, c * op.Multiplier}, err
}

// Params returns the kernel and, with UseBias, the bias.
func (op *DepthwiseConv2D) Params(in []Shape) []Param {
	c := in[0].Channels()
	kernel := Shape{op.Size[0], op.Size[1], c, op.Multiplier}
	return withBias(op.UseBias, Param{Role: "kernel", Shape: kernel, Trainable: true, Value: &op.Kernel}, c*op.Multiplier, &op.Bias)
}

// MACs returns OH x OW x KH x KW x C x Multiplier.
func (op *DepthwiseConv2D) MACs(_ []Shape, out Shape) int64 {
	return int64(out.Len()) * int64(op.Size[0]*op.Size[1])
}
