package study

import "github.com/vkeras/vkeras/nn"

// readsOf returns how often a node reads each position of its i-th input to
// compute the output positions that wanted holds: once a tap of a window, and
// taps on padding read nothing.
func readsOf(n *nn.Node, i int, wanted *Grid) *Grid {
	in := n.Inputs[i].Shape
	reads := gridOf(in)
	if len(in) != 3 || len(n.Shape) != 3 {
		return reads.filled(1) // of its only position; or flattened: all of them
	}
	if w, slides := nn.WindowOf(n.Op); slides {
		return slide(w, wanted, reads)
	}
	switch op := n.Op.(type) {
	case *nn.ZeroPad:
		return shift(wanted, reads, -op.Top, -op.Left)
	case *nn.Crop:
		return shift(wanted, reads, op.Top, op.Left)
	case *nn.Rescale:
		if isZero(op.Scale) {
			return reads // a constant, whatever the input holds
		}
	case *nn.Concat:
		row, column := joinedAt(op, n, i)
		return shift(wanted, reads, -row, -column)
	}
	if !pointwise(n.Op, len(in)) {
		return reads.filled(1)
	}
	return elementwise(wanted, reads)
}

// pointwise reports whether an operation, on feature maps, makes each position of
// that position of its inputs alone, of all channels at most.
func pointwise(op nn.Op, rank int) bool {
	switch op := op.(type) {
	case *nn.Activation, *nn.Add, *nn.BatchNorm, *nn.Binary, *nn.Dense, *nn.Identity, *nn.LayerScale, *nn.Multiply, *nn.Normalize, *nn.PReLU, *nn.Rescale, *nn.Unary:
		return true
	case *nn.Softmax:
		return onChannels(op.Axes, rank)
	case *nn.LogSoftmax:
		return onChannels(op.Axes, rank)
	case *nn.Sparsemax:
		return onChannels(op.Axes, rank)
	case *nn.Sort:
		return onChannels([]int{op.Axis}, rank)
	case *nn.LayerNorm:
		return onChannels(op.Axes, rank)
	}
	return false
}

// onChannels reports whether axes of an image are the last alone.
func onChannels(axes []int, rank int) bool {
	for _, a := range axes {
		if a != -1 && a != rank-1 {
			return false
		}
	}
	return true
}

// slide spreads every wanted output over the positions under its window: first
// along rows, then along columns, since windows are products of two axes.
func slide(w nn.Window, wanted, reads *Grid) *Grid {
	rows := newGrid(wanted.Height, reads.Width)
	for i, n := range wanted.N {
		if n == 0 {
			continue
		}
		from, to := taps(w, 1, i%wanted.Width, w.Pad.Left, reads.Width)
		for x := from; x < to; x += w.Step(1) {
			rows.N[i/wanted.Width*reads.Width+x]++
		}
	}
	for y := range wanted.Height {
		from, to := taps(w, 0, y, w.Pad.Top, reads.Height)
		line := rows.N[y*reads.Width : (y+1)*reads.Width]
		for at := from; at < to; at += w.Step(0) {
			for x, n := range line {
				reads.N[at*reads.Width+x] += n
			}
		}
	}
	return reads
}

// taps returns the first position inside 0..n-1 that an output reads along an
// axis, and the end of those that follow at the window's step.
func taps(w nn.Window, axis, output, pad, n int) (from, to int) {
	from = output*w.Stride[axis] - pad
	to = min(from+w.Reach(axis), n)
	if from < 0 {
		step := w.Step(axis)
		from += (-from + step - 1) / step * step
	}
	return from, to
}

// shift reads at an offset; what falls outside reads nothing.
func shift(wanted, reads *Grid, rows, columns int) *Grid {
	for i, n := range wanted.N {
		y, x := i/wanted.Width+rows, i%wanted.Width+columns
		if n > 0 && y >= 0 && y < reads.Height && x >= 0 && x < reads.Width {
			reads.N[y*reads.Width+x]++
		}
	}
	return reads
}

// elementwise reads the position that is computed; where an axis has one
// position that is repeated, that one.
func elementwise(wanted, reads *Grid) *Grid {
	repeats := func(have, want int) bool { return have == want || have == 1 }
	if !repeats(reads.Height, wanted.Height) || !repeats(reads.Width, wanted.Width) {
		return reads.filled(1)
	}
	for i, n := range wanted.N {
		if n > 0 {
			y, x := min(i/wanted.Width, reads.Height-1), min(i%wanted.Width, reads.Width-1)
			reads.N[y*reads.Width+x]++
		}
	}
	return reads
}

// joinedAt returns the row and the column at which the i-th input of a Concat
// begins; 0, 0 where channels are joined.
func joinedAt(op *nn.Concat, n *nn.Node, i int) (row, column int) {
	axis := op.Axis
	if axis < 0 {
		axis += len(n.Shape)
	}
	for _, before := range n.Inputs[:i] {
		switch axis {
		case 0:
			row += before.Shape[0]
		case 1:
			column += before.Shape[1]
		}
	}
	return row, column
}

func isZero(values []float32) bool {
	for _, v := range values {
		if v != 0 {
			return false
		}
	}
	return true
}
