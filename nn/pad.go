package nn

import "fmt"

// ZeroPad adds rows and columns of zeros around a feature map.
type ZeroPad struct {
	noWeights
	Pad
}

// Kind returns "ZeroPad".
func (*ZeroPad) Kind() string { return "ZeroPad" }

// Infer maps (H, W, C) to (H + top + bottom, W + left + right, C).
func (op *ZeroPad) Infer(in []Shape) (Shape, error) {
	h, w, c, err := feature(in)
	if err == nil && !op.valid() {
		err = fmt.Errorf("padding must not be negative nor above %d, found %+v", maxExtent, op.Pad)
	}
	return Shape{h + op.Top + op.Bottom, w + op.Left + op.Right, c}, err
}

// Crop removes rows and columns from the edges of a feature map: Pad says how
// many on each side.
type Crop struct {
	noWeights
	Pad
}

// Kind returns "Crop".
func (*Crop) Kind() string { return "Crop" }

// Infer maps (H, W, C) to (H - top - bottom, W - left - right, C).
func (op *Crop) Infer(in []Shape) (Shape, error) {
	h, w, c, err := feature(in)
	out := Shape{h - op.Top - op.Bottom, w - op.Left - op.Right, c}
	if err == nil && (!op.valid() || out[0] < 1 || out[1] < 1) {
		err = fmt.Errorf("cropping %+v leaves nothing of %v", op.Pad, in[0])
	}
	return out, err
}
