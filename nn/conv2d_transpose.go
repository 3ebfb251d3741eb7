package nn

import "fmt"

// Conv2DTranspose is a transposed convolution, the gradient of a convolution by
// its input: y[n, i, j, o] = b[o] + sum over the taps (p, q) and the input channels
// c of x[n, h, w, c] k[p, q, o, c] where i = h s - Top + p d and j = w s - Left + q
// d (Dumoulin and Visin 2016, chapter 4).
type Conv2DTranspose struct {
	Size, Stride, Dilation [2]int // height, width
	Top, Left              int    // output positions cut off in front
	Height, Width          int    // of the output
	Filters                int    // output channels
	UseBias                bool

	Kernel *Tensor // (height, width, filters, input channels)
	Bias   *Tensor // (filters), nil unless UseBias
}

// Kind returns "Conv2DTranspose".
func (*Conv2DTranspose) Kind() string { return "Conv2DTranspose" }

// Infer maps (H, W, C) to (Height, Width, Filters).
func (op *Conv2DTranspose) Infer(in []Shape) (Shape, error) {
	if _, _, _, err := feature(in); err != nil {
		return nil, err
	}
	if !within(1, op.Size[0], op.Size[1], op.Stride[0], op.Stride[1], op.Dilation[0], op.Dilation[1], op.Filters) {
		return nil, fmt.Errorf("window %v, strides %v, dilation %v and %d filters must be at least 1 and at most %d", op.Size, op.Stride, op.Dilation, op.Filters, maxExtent)
	}
	if !within(1, op.Height, op.Width) || !within(0, op.Top, op.Left) {
		return nil, fmt.Errorf("output of %d x %d positions, %d and %d cut off: not an output's size", op.Height, op.Width, op.Top, op.Left)
	}
	return Shape{op.Height, op.Width, op.Filters}, nil
}

// Params returns the kernel and, with UseBias, the bias.
func (op *Conv2DTranspose) Params(in []Shape) []Param {
	kernel := Shape{op.Size[0], op.Size[1], op.Filters, in[0].Channels()}
	return withBias(op.UseBias, Param{Role: "kernel", Shape: kernel, Trainable: true, Value: &op.Kernel}, op.Filters, &op.Bias)
}

// MACs returns H x W x KH x KW x Cin x Cout of the input's H x W.
func (op *Conv2DTranspose) MACs(in []Shape, _ Shape) int64 {
	return int64(in[0].Len()) * int64(op.Size[0]*op.Size[1]) * int64(op.Filters)
}
