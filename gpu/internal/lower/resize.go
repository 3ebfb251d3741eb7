package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// resize runs nn.Resize.
type resize struct {
	frugal
	op *nn.Resize
}

func (r resize) taps(s *plan.Step) (rows, columns nn.Taps) {
	in := s.In[0].Shape
	return r.op.Taps(in[0], r.op.Height), r.op.Taps(in[1], r.op.Width)
}

func (r resize) pack(_ Target, s *plan.Step) Packing {
	var list [][]float32
	rows, columns := r.taps(s)
	for _, t := range []nn.Taps{rows, columns} {
		first, weights := make([]float32, len(t.First)), make([]float32, len(t.Weights))
		for i, f := range t.First {
			first[i] = float32(f)
		}
		for i, v := range t.Weights {
			weights[i] = float32(v)
		}
		list = append(list, first, weights)
	}
	return tensors(list...)
}

func (r resize) lower(l *lowering, s *plan.Step) error {
	in, out := s.In[0].Shape, s.Out.Shape
	rows, columns := r.taps(s)
	return l.images(s, func(a plainArgs) error {
		return l.emit("resize", l.count(a.out), a, func(h shaders.Head) any {
			return shaders.ResizePush{
				Head: h, Height: uint32(in[0]), Width: uint32(in[1]), Channels: uint32(in[2]), OutHeight: uint32(out[0]), OutWidth: uint32(out[1]),
				TapsY: uint32(rows.Count), TapsX: uint32(columns.Count),
			}
		})
	})
}

// images calls do for runs of whole images, with the step's tensors for them.
func (l *lowering) images(s *plan.Step, do func(plainArgs) error) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage := x.Bytes/l.batch, y.Bytes/l.batch
	return l.pieces(l.batch, func(from, n int64) error {
		return do(plainArgs{first: x.part(from*xImage, n*xImage), weights: l.weights[s], out: y.part(from*yImage, n*yImage)})
	}, xImage, yImage)
}
