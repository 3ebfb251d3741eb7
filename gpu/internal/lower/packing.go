package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Packing is weights yet to be written: how many bytes, and by what. A kernel that
// is deferred is read as it is packed, into slices from alloc.
type Packing struct {
	Bytes int64
	Write func(dst []byte, alloc func(n int) []float32) error
}

// rowsAtOnce is how many rows of a kernel are read and packed at once: they stay in
// a processor's cache while every strip takes its columns.
const rowsAtOnce = 16

// kernelRows gives a kernel's rows of n output channels, one after another, with
// what was folded into them.
type kernelRows struct {
	plan.Folded
	n    int64
	next func(elements int) ([]float32, error)
}

// rows begins at a step's kernel, of rows of n output channels.
func rows(s *plan.Step, kernel *nn.Tensor, n int64, alloc func(n int) []float32) (kernelRows, error) {
	if s.InShift != nil { // the shifts are sums over all of it
		var err error
		if kernel, err = kernel.Load(alloc); err != nil {
			return kernelRows{}, err
		}
	}
	return kernelRows{s.Folded(kernel.Data), n, kernel.Pieces(alloc)}, nil
}

// take returns the next rows, until the next call.
func (r kernelRows) take(count int64) ([]float32, error) {
	if count == 0 {
		return nil, nil // behind the last, too, where reading would begin anew
	}
	return r.next(int(count * r.n))
}

// fold writes a row of packed weights: what Fold makes of weights w, and zeros behind
// them. buffer has the length of what is written, for weights that are rounded.
func (t Target) fold(dst []byte, buffer []float32, f *plan.Folded, w []float32, row, o int64) error {
	half := t.Precision.HalfWeights()
	if !half {
		buffer = Floats(dst)[:len(buffer)]
	}
	f.Fold(buffer[:len(w)], w, int(row), int(o))
	clear(buffer[len(w):])
	if half {
		return t.put(dst, buffer)
	}
	return nil
}

// tensors packs weights one behind the other, as they are, in every precision:
// the kernels that take them multiply by no matrix.
func tensors(list ...[]float32) Packing {
	var n int64
	for _, t := range list {
		n += int64(len(t))
	}
	return Packing{4 * n, func(dst []byte, _ func(int) []float32) error {
		to := Floats(dst)
		for _, t := range list {
			to = to[copy(to, t):]
		}
		return nil
	}}
}

// params packs the operation's own weights in Keras's order.
func params(s *plan.Step) Packing {
	var list [][]float32
	for _, p := range s.Op.Params(s.InputShapes()) {
		list = append(list, (*p.Value).Data)
	}
	return tensors(list...)
}
