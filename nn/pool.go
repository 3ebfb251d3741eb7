package nn

// MaxPool takes the largest value under the window, channel by channel.
// Padding never wins: it counts as minus infinity.
type MaxPool struct {
	noWeights
	Window
}

// Kind returns "MaxPool".
func (*MaxPool) Kind() string { return "MaxPool" }

// Infer maps (H, W, C) to (OH, OW, C).
func (op *MaxPool) Infer(in []Shape) (Shape, error) { return op.slide(in) }

// AvgPool takes the mean of the values under the window, channel by channel.
// The divisor is the number of positions inside the input: padding is left
// out of sum and count, as in Keras.
type AvgPool struct {
	noWeights
	Window
}

// Kind returns "AvgPool".
func (*AvgPool) Kind() string { return "AvgPool" }

// Infer maps (H, W, C) to (OH, OW, C).
func (op *AvgPool) Infer(in []Shape) (Shape, error) { return op.slide(in) }

// slide maps (H, W, C) to (OH, OW, C).
func (w Window) slide(in []Shape) (Shape, error) {
	h, width, c, err := feature(in)
	if err != nil {
		return nil, err
	}
	oh, ow, err := w.Output(h, width)
	return Shape{oh, ow, c}, err
}

// GlobalMaxPool takes the largest value of each channel.
type GlobalMaxPool struct {
	noWeights
	KeepDims bool // (1, 1, C) in place of (C)
}

// Kind returns "GlobalMaxPool".
func (*GlobalMaxPool) Kind() string { return "GlobalMaxPool" }

// Infer maps (H, W, C) to (C), or to (1, 1, C) with KeepDims.
func (op *GlobalMaxPool) Infer(in []Shape) (Shape, error) { return global(in, op.KeepDims) }

// GlobalAvgPool takes the mean of each channel.
type GlobalAvgPool struct {
	noWeights
	KeepDims bool // (1, 1, C) in place of (C)
}

// Kind returns "GlobalAvgPool".
func (*GlobalAvgPool) Kind() string { return "GlobalAvgPool" }

// Infer maps (H, W, C) to (C), or to (1, 1, C) with KeepDims.
func (op *GlobalAvgPool) Infer(in []Shape) (Shape, error) { return global(in, op.KeepDims) }

func global(in []Shape, keep bool) (Shape, error) {
	_, _, c, err := feature(in)
	if keep {
		return Shape{1, 1, c}, err
	}
	return Shape{c}, err
}
