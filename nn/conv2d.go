package nn

import "fmt"

// Conv2D is a two-dimensional convolution (cross-correlation, as in every
// network library): y[n, i, j, o] = b[o] + sum over the window's taps (p, q)
// and the input channels c of x[n, i s - pad + p d, j s - pad + q d, c]
// k[p, q, c, o]; taps outside the input read 0.
type Conv2D struct {
	Window
	Filters int // output channels
	UseBias bool

	Kernel *Tensor // HWIO: (height, width, input channels, filters)
	Bias   *Tensor // (filters), nil unless UseBias
}

// Kind returns "Conv2D".
func (*Conv2D) Kind() string { return "Conv2D" }

// Infer maps (H, W, C) to (OH, OW, Filters).
func (op *Conv2D) Infer(in []Shape) (Shape, error) {
	h, w, _, err := feature(in)
	if err != nil {
		return nil, err
	}
	if !within(1, op.Filters) {
		return nil, fmt.Errorf("filters must be at least 1 and at most %d, found %d", maxExtent, op.Filters)
	}
	oh, ow, err := op.Output(h, w)
	return Shape{oh, ow, op.Filters}, err
}

// Params returns the kernel (HWIO) and, with UseBias, the bias.
func (op *Conv2D) Params(in []Shape) []Param {
	kernel := Shape{op.Size[0], op.Size[1], in[0].Channels(), op.Filters}
	return withBias(op.UseBias, Param{Role: "kernel", Shape: kernel, Trainable: true, Value: &op.Kernel}, op.Filters, &op.Bias)
}

// MACs returns OH x OW x KH x KW x Cin x Cout.
func (op *Conv2D) MACs(in []Shape, out Shape) int64 {
	return int64(out.Len()) * int64(op.Size[0]*op.Size[1]) * int64(in[0].Channels())
}

// withBias returns the kernel's Param, followed by the bias's where there is one.
func withBias(use bool, kernel Param, n int, bias **Tensor) []Param {
	if !use {
		return []Param{kernel}
	}
	return []Param{kernel, {Role: "bias", Shape: Shape{n}, Trainable: true, Value: bias}}
}
