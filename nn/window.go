package nn

import "fmt"

// Pad is the number of positions added on each side of a feature map.
type Pad struct{ Top, Bottom, Left, Right int }

// valid reports whether no side is negative nor beyond maxExtent.
func (p Pad) valid() bool { return within(0, p.Top, p.Bottom, p.Left, p.Right) }

// Window is the geometry of a window that slides over the height and width of
// an NHWC feature map. Arrays are (height, width).
type Window struct {
	Size     [2]int // taps
	Stride   [2]int // input positions between neighbouring outputs
	Dilation [2]int // input positions between neighbouring taps; 0 means 1
	Pad      Pad    // positions added around the input
}

// Square returns a window with the same size and stride on both axes, no
// padding and no dilation.
func Square(size, stride int) Window {
	return Window{Size: [2]int{size, size}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}}
}

// Same returns w with the padding of Keras's padding="same" for an input of
// h x w positions: the output has ceil(n / stride) positions, and an odd
// position of padding goes to the bottom or right. A size or stride that Output
// refuses is left to Output.
func (w Window) Same(height, width int) Window {
	if !within(1, w.Size[:]...) || !within(1, w.Stride[:]...) || !within(0, w.Dilation[:]...) {
		return w
	}
	same := func(axis, n int) (before, after int) {
		out := (n + w.Stride[axis] - 1) / w.Stride[axis]
		total := max((out-1)*w.Stride[axis]+w.Reach(axis)-n, 0)
		return total / 2, total - total/2
	}
	w.Pad.Top, w.Pad.Bottom = same(0, height)
	w.Pad.Left, w.Pad.Right = same(1, width)
	return w
}

// Step returns the dilation on an axis (0 height, 1 width), at least 1.
func (w Window) Step(axis int) int { return max(w.Dilation[axis], 1) }

// Reach returns the number of input positions from the first tap to the last,
// both counted, on an axis (0 height, 1 width).
func (w Window) Reach(axis int) int { return (w.Size[axis]-1)*w.Step(axis) + 1 }

// Output returns the number of output positions for an input of h x w:
// floor((n + pad - reach) / stride) + 1 on each axis.
func (w Window) Output(height, width int) (oh, ow int, err error) {
	pads := [2]int{w.Pad.Top + w.Pad.Bottom, w.Pad.Left + w.Pad.Right}
	var out [2]int
	for axis, n := range [2]int{height, width} {
		name := [2]string{"height", "width"}[axis]
		switch {
		case !within(1, w.Size[axis], w.Stride[axis]) || !within(0, w.Dilation[axis]):
			return 0, 0, fmt.Errorf("window %v over the %s: size and stride must be at least 1 and at most %d", w, name, maxExtent)
		case !w.Pad.valid():
			return 0, 0, fmt.Errorf("window %v: padding must not be negative nor above %d", w, maxExtent)
		case n+pads[axis] < w.Reach(axis):
			return 0, 0, fmt.Errorf("a window of %d does not fit a %s of %d with %d of padding", w.Reach(axis), name, n, pads[axis])
		}
		out[axis] = (n+pads[axis]-w.Reach(axis))/w.Stride[axis] + 1
	}
	return out[0], out[1], nil
}

// String writes the window as 3x3/2, with padding and dilation when present.
func (w Window) String() string {
	s := fmt.Sprintf("%dx%d", w.Size[0], w.Size[1])
	if w.Stride != [2]int{1, 1} {
		s += fmt.Sprintf("/%d", w.Stride[0])
		if w.Stride[0] != w.Stride[1] {
			s += fmt.Sprintf("x%d", w.Stride[1])
		}
	}
	if w.Pad != (Pad{}) {
		s += fmt.Sprintf(" pad %d,%d,%d,%d", w.Pad.Top, w.Pad.Bottom, w.Pad.Left, w.Pad.Right)
	}
	if w.Step(0) != 1 || w.Step(1) != 1 {
		s += fmt.Sprintf(" dilation %dx%d", w.Step(0), w.Step(1))
	}
	return s
}

// WindowOf returns the window that an operation slides over its input.
func WindowOf(op Op) (Window, bool) {
	switch op := op.(type) {
	case *Conv2D:
		return op.Window, true
	case *DepthwiseConv2D:
		return op.Window, true
	case *GroupedConv2D:
		return op.Window, true
	case *MaxPool:
		return op.Window, true
	case *AvgPool:
		return op.Window, true
	}
	return Window{}, false
}
