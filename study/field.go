package study

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// Field is the receptive field of one position of a feature map on the input,
// by arithmetic on windows: what a change could reach it from. Along an axis
// (0 height, 1 width), position i sees the input positions Low + i Jump to
// High + i Jump, both counted; beyond the input's edge there is padding.
// The recursion is that of every text on convolution arithmetic: a window of
// reach r, stride s and padding p widens the field by (r - 1) jumps, begins it
// p jumps earlier and multiplies the jump by s.
type Field struct {
	Jump [2]int `json:"jump"`
	Low  [2]int `json:"low"`
	High [2]int `json:"high"`
}

// Size returns how many input positions the field spans along an axis, padding
// counted.
func (f Field) Size(axis int) int { return f.High[axis] - f.Low[axis] + 1 }

// At returns the first and the last input position, within an input of n, that
// position i sees along an axis.
func (f Field) At(axis, i, n int) (from, to int) {
	return max(f.Low[axis]+i*f.Jump[axis], 0), min(f.High[axis]+i*f.Jump[axis], n-1)
}

// maxField bounds the arithmetic: windows come from files.
const maxField = math.MaxInt32

// Fields returns the receptive field of every feature map on the graph's first
// input, by node. Nodes that see all of it, or nothing, have none.
func Fields(g *nn.Graph) (map[*nn.Node]Field, error) {
	fields := map[*nn.Node]Field{}
	for _, n := range g.Nodes {
		if n == g.Inputs[0] && len(n.Shape) == 3 {
			fields[n] = Field{Jump: [2]int{1, 1}}
			continue
		}
		f, ok, err := fieldOf(n, fields)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", n.Class, n.Name, err)
		}
		if ok {
			fields[n] = f
		}
	}
	return fields, nil
}

// fieldOf returns the field of a node whose inputs' are known.
func fieldOf(n *nn.Node, fields map[*nn.Node]Field) (out Field, ok bool, err error) {
	if len(n.Shape) != 3 {
		return Field{}, false, nil
	}
	for i, in := range n.Inputs {
		f, known := fields[in]
		if !known || !positional(n, i) {
			continue
		}
		if f, err = through(n, i, f); err != nil {
			return Field{}, false, err
		}
		if !ok {
			out, ok = f, true
			continue
		}
		if f.Jump != out.Jump {
			return Field{}, false, nil // positions that do not lie on one grid
		}
		for axis := range 2 {
			out.Low[axis], out.High[axis] = min(out.Low[axis], f.Low[axis]), max(out.High[axis], f.High[axis])
		}
	}
	return out, ok, nil
}

// positional reports whether a node's output positions follow those of its i-th
// input.
func positional(n *nn.Node, i int) bool {
	switch op := n.Op.(type) {
	case *nn.Rescale:
		return !isZero(op.Scale)
	case *nn.ZeroPad, *nn.Crop, *nn.Concat:
		return true
	}
	_, slides := nn.WindowOf(n.Op)
	in := n.Inputs[i].Shape
	return slides || pointwise(n.Op, len(in)) && len(in) == 3 && in[0] == n.Shape[0] && in[1] == n.Shape[1]
}

// through returns the field behind a node.
func through(n *nn.Node, i int, f Field) (Field, error) {
	var w nn.Window
	switch op := n.Op.(type) {
	case *nn.ZeroPad:
		w = nn.Square(1, 1)
		w.Pad = op.Pad
	case *nn.Crop:
		w = nn.Square(1, 1)
		w.Pad = nn.Pad{Top: -op.Top, Left: -op.Left}
	case *nn.Concat:
		w = nn.Square(1, 1)
		w.Pad.Top, w.Pad.Left = joinedAt(op, n, i)
	default:
		var slides bool
		if w, slides = nn.WindowOf(op); !slides {
			return f, nil
		}
	}
	pads := [2]int{w.Pad.Top, w.Pad.Left}
	for axis := range 2 {
		jump := f.Jump[axis]
		f.Low[axis] -= pads[axis] * jump
		f.High[axis] += (w.Reach(axis) - 1 - pads[axis]) * jump
		f.Jump[axis] *= w.Stride[axis]
		if f.Jump[axis] > maxField || f.High[axis] > maxField || f.Low[axis] < -maxField {
			return f, fmt.Errorf("a receptive field beyond %d positions: %w", maxField, ErrTooLarge)
		}
	}
	return f, nil
}
