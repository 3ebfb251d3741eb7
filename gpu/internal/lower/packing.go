package lower

import (
	"github.com/vkeras/vkeras/plan"
)

// Packing is weights yet to be written: how many bytes, and by what.
type Packing struct {
	Bytes int64
	Write func(dst []byte) error
}

// tensors packs weights one behind the other, as they are, in every precision:
// the kernels that take them multiply by no matrix.
func tensors(list ...[]float32) Packing {
	var n int64
	for _, t := range list {
		n += int64(len(t))
	}
	return Packing{4 * n, func(dst []byte) error {
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
