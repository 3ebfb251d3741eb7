package cpu

import (
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// depthwise runs nn.DepthwiseConv2D. Weights are float32 in every precision: they
// are few. With more than one output a channel, the kernel sees an input in which
// every channel is repeated.
type depthwise struct{ op *nn.DepthwiseConv2D }

func (d depthwise) scratch(s *plan.Step, batch int) int64 {
	if d.op.Multiplier == 1 {
		return 0
	}
	return 4 * int64(batch) * int64(s.In[0].Shape.Len()*d.op.Multiplier)
}

func (d depthwise) pack(n *Net, s *plan.Step) packing {
	f := s.Folded(d.op.Kernel.Data)
	weights, shift := make([]float32, len(d.op.Kernel.Data)), make([]float32, len(f.Shift))
	for i, w := range d.op.Kernel.Data {
		weights[i] = float32(float64(w) * f.Scale[i%len(f.Scale)])
	}
	for o, v := range f.Shift {
		shift[o] = float32(v)
	}
	return tensors(weights, shift)
}

func (d depthwise) lower(l *lowered, s *plan.Step) error {
	a := simd.Window{
		Kind: simd.Depthwise, Weights: (*float32)(l.net.weightsAt(s, 0)),
		Shift: (*float32)(l.net.weightsAt(s, room(len(d.op.Kernel.Data)))),
	}
	if d.op.Multiplier > 1 {
		a.X = d.repeat(l, s)
	}
	l.slide(s, a)
	return nil
}

// repeat emits a copy of the input with every channel as often as it has outputs.
func (d depthwise) repeat(l *lowered, s *plan.Step) *float32 {
	m, elements := d.op.Multiplier, l.batch*s.In[0].Shape.Len()
	y := l.slot.arena.Float(l.net.layout.Scratch[s])
	x, wide := l.floats(s.In[0]), unsafe.Slice(y, elements*m)
	tiles := l.tilesOf(elements, float64(m))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(elements, tiles, tile)
		for i, v := range x[from:to] {
			for j := range m {
				wide[(from+i)*m+j] = v
			}
		}
	})
	return y
}
