package loader

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// locallyConnected is LocallyConnected2D of Keras 2, and of rows, which are maps
// of one column, LocallyConnected1D: a convolution whose filters are others at each
// position. The patches that it sees are the groups of a convolution in groups. Keras
// stores its kernel in three ways.
func locallyConnected(rows bool) class {
	return func(f *fields, in []nn.Shape) []stage {
		w, filters, way, s := f.window("kernel_size", in), f.int("filters"), 1, first(in)
		if f.has("implementation") { // from Keras 2.3 on
			way = f.int("implementation")
		}
		useBias := f.bool("use_bias")
		plain := &nn.Conv2D{Window: w, Filters: filters}
		out, err := plain.Infer(in)
		if err != nil {
			return single(plain) // whose Infer says it again
		}
		if way < 1 || way > 3 {
			f.refuse("implementation", f.config["implementation"])
			return nil
		}
		if f.config["padding"] == "same" {
			w.Pad.Top, w.Pad.Bottom = middled(w, 0, s[0])
			w.Pad.Left, w.Pad.Right = middled(w, 1, s[1])
		}
		l := local{window: w, input: s, output: out, inside: s[2]}
		m := composer{in: in}
		x := input(0)
		for axis, name := range []string{"/rows", "/columns"} {
			positions, ok := windowPositions(w, axis, s[axis], out[axis])
			if !ok {
				f.fail(unsupported("windows of %d at %d positions", w.Size[axis], out[axis]))
				return nil
			}
			x = m.add(name, &nn.Gather{Axis: axis, Positions: positions}, x)
			l.inside *= len(slices.DeleteFunc(slices.Clone(positions), func(p int32) bool { return p < 0 }))
		}
		x = m.add("/windows", &nn.Reshape{Target: nn.Shape{out[0], w.Size[0], out[1], w.Size[1], s[2]}}, x)
		x = m.add("/patches", &nn.Transpose{Axes: []int{0, 2, 1, 3, 4}}, x)
		x = m.add("/groups", &nn.Reshape{Target: nn.Shape{1, 1, l.positions() * l.taps()}}, x)
		x = m.add("/product", &nn.GroupedConv2D{Window: nn.Square(1, 1), Groups: l.positions(), Filters: l.positions() * filters, UseBias: useBias}, x)
		m.stages[x].adjust, m.stages[x].saved = l.kernel(way), func(role string, _ nn.Shape) nn.Shape { return l.stored(way, role, rows) }
		m.add("", &nn.Reshape{Target: out}, x)
		return f.withActivation(in, m.stages...)
	}
}

// middled returns the padding of these layers' "same" along an axis of n positions, by
// which a window's middle, or what is behind it, is where its place is.
func middled(w nn.Window, axis, n int) (before, after int) {
	before = w.Size[axis] / 2
	out := (n + w.Stride[axis] - 1) / w.Stride[axis]
	return before, max((out-1)*w.Stride[axis]+w.Size[axis]-n-before, 0)
}

// windowPositions are the positions along one axis, of n, that windows see at out
// places: those of the first window, of the second, and so on; -1 is padding. false:
// they are too many.
func windowPositions(w nn.Window, axis, n, out int) (positions []int32, ok bool) {
	if w.Size[axis] > maxBound/out {
		return nil, false
	}
	before := [2]int{w.Pad.Top, w.Pad.Left}[axis]
	for i := range out {
		for k := range w.Size[axis] {
			at := i*w.Stride[axis] + k*w.Step(axis) - before
			if at < 0 || at >= n {
				at = -1
			}
			positions = append(positions, int32(at))
		}
	}
	return positions, true
}

// local is the geometry of a locally connected layer.
type local struct {
	window        nn.Window
	input, output nn.Shape
	inside        int // taps of all positions that are inside of the input
}

func (l local) positions() int { return l.output[0] * l.output[1] }

// taps returns how many numbers a filter sees.
func (l local) taps() int { return l.window.Size[0] * l.window.Size[1] * l.input[2] }

// each visits the taps of a position that are inside of the input, in the input's order:
// their place among the window's taps, and in the input.
func (l local) each(position int, visit func(tap, at int)) {
	w, channels := l.window, l.input[2]
	top := position/l.output[1]*w.Stride[0] - w.Pad.Top
	left := position%l.output[1]*w.Stride[1] - w.Pad.Left
	for p := range w.Size[0] {
		for q := range w.Size[1] {
			row, column := top+p*w.Step(0), left+q*w.Step(1)
			if row < 0 || row >= l.input[0] || column < 0 || column >= l.input[1] {
				continue
			}
			for c := range channels {
				visit((p*w.Size[1]+q)*channels+c, (row*l.input[1]+column)*channels+c)
			}
		}
	}
}

// stored returns the shape in which Keras stores a weight: its kernel as a matrix for
// each position, as one of all inputs by all outputs, or as the numbers of that which
// may differ from 0. Rows have no columns.
func (l local) stored(way int, role string, rows bool) nn.Shape {
	shape := nn.Shape{l.positions(), l.taps(), l.output[2]}
	switch {
	case role == "bias":
		shape = l.output.Clone()
		if rows {
			shape = slices.Delete(shape, 1, 2)
		}
	case way == 2 && rows:
		shape = nn.Shape{l.input[0], l.input[2], l.output[0], l.output[2]}
	case way == 2:
		shape = slices.Concat(l.input, l.output)
	case way == 3:
		shape = nn.Shape{l.inside * l.output[2]}
	}
	return shape
}

// kernel is the adjustment that makes the kernel of the convolution in groups, (1, 1,
// taps, positions and filters), of what is stored.
func (l local) kernel(way int) *adjustment {
	filters, outputs := l.output[2], l.output.Len()
	return &adjustment{unpack: func(kernel, stored *nn.Tensor, _ []*nn.Tensor) {
		next := 0
		for i := range outputs {
			position, filter := i/filters, i%filters
			if way == 1 {
				for tap := range l.taps() {
					kernel.Data[tap*outputs+i] = stored.Data[(position*l.taps()+tap)*filters+filter]
				}
				continue
			}
			l.each(position, func(tap, at int) {
				from := at*outputs + i
				if way == 3 {
					from, next = next, next+1
				}
				kernel.Data[tap*outputs+i] = stored.Data[from]
			})
		}
	}}
}
