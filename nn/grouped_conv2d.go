package nn

import "fmt"

// GroupedConv2D is a two-dimensional convolution whose input channels and filters
// fall into Groups groups of neighbours; filters see the channels of their own
// group alone: y[n, i, j, o] = b[o] + sum over the taps (p, q) and the channels c
// of a group of x[n, i s - pad + p d, j s - pad + q d, g C/G + c] k[p, q, c, o],
// g being o / (Filters/G). One channel a group is DepthwiseConv2D.
type GroupedConv2D struct {
	Window
	Groups  int
	Filters int // output channels
	UseBias bool

	Kernel *Tensor // HWIO: (height, width, input channels / groups, filters)
	Bias   *Tensor // (filters), nil unless UseBias
}

// Kind returns "GroupedConv2D".
func (*GroupedConv2D) Kind() string { return "GroupedConv2D" }

// Infer maps (H, W, C) to (OH, OW, Filters).
func (op *GroupedConv2D) Infer(in []Shape) (Shape, error) {
	h, w, c, err := feature(in)
	if err != nil {
		return nil, err
	}
	if !within(1, op.Filters, op.Groups) || c%op.Groups != 0 || op.Filters%op.Groups != 0 {
		return nil, fmt.Errorf("%d channels and %d filters do not fall into %d groups", c, op.Filters, op.Groups)
	}
	oh, ow, err := op.Output(h, w)
	return Shape{oh, ow, op.Filters}, err
}

// Params returns the kernel (HWIO) and, with UseBias, the bias.
func (op *GroupedConv2D) Params(in []Shape) []Param {
	kernel := Shape{op.Size[0], op.Size[1], in[0].Channels() / op.Groups, op.Filters}
	return withBias(op.UseBias, Param{Role: "kernel", Shape: kernel, Trainable: true, Value: &op.Kernel}, op.Filters, &op.Bias)
}

// MACs returns OH x OW x KH x KW x Cin/Groups x Cout.
func (op *GroupedConv2D) MACs(in []Shape, out Shape) int64 {
	return int64(out.Len()) * int64(op.Size[0]*op.Size[1]) * int64(in[0].Channels()/op.Groups)
}
