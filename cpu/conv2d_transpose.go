package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// conv2DTranspose runs nn.Conv2DTranspose, which classifiers rarely have, in plain
// Go. Its kernel is packed as (taps, channels, filters).
type conv2DTranspose struct {
	frugal
	op *nn.Conv2DTranspose
}

func (c conv2DTranspose) pack(_ *Net, s *plan.Step) packing {
	channels, filters, kernel := s.In[0].Shape[2], c.op.Filters, c.op.Kernel.Data
	turned := make([]float32, len(kernel))
	for i := range turned {
		o, channel, tap := i%filters, i/filters%channels, i/filters/channels
		turned[i] = kernel[(tap*filters+o)*channels+channel]
	}
	bias := make([]float32, filters)
	if c.op.UseBias {
		copy(bias, c.op.Bias.Data)
	}
	return tensors(turned, bias)
}

func (c conv2DTranspose) lower(l *lowered, s *plan.Step) error {
	in, op := s.In[0].Shape, c.op
	channels, filters := in[2], op.Filters
	elements := op.Size[0] * op.Size[1] * channels * filters
	kernel := l.net.weightFloats(s, elements)
	bias := l.net.weightFloats(s, int(room(elements)/4)+filters)[room(elements)/4:]
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	lines := l.batch * op.Height
	tiles := l.tilesOf(lines, float64(op.Width*elements))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		sums := make([]float64, filters)
		from, to := cut(lines, tiles, tile)
		for line := from; line < to; line++ {
			image := x[line/op.Height*in.Len():]
			for j := range op.Width {
				for o, b := range bias {
					sums[o] = float64(b)
				}
				c.gather(sums, image, kernel, in, line%op.Height, j)
				for o, v := range sums {
					y[(line*op.Width+j)*filters+o] = float32(v)
				}
			}
		}
	})
	return nil
}

// gather adds to the sums of output (i, j) what the inputs under it contribute.
func (c conv2DTranspose) gather(sums []float64, image, kernel []float32, in nn.Shape, i, j int) {
	op, filters := c.op, c.op.Filters
	for p := range op.Size[0] {
		row, ok := under(i+op.Top-p*op.Dilation[0], op.Stride[0], in[0])
		if !ok {
			continue
		}
		for q := range op.Size[1] {
			column, ok := under(j+op.Left-q*op.Dilation[1], op.Stride[1], in[1])
			if !ok {
				continue
			}
			weights := kernel[(p*op.Size[1]+q)*in[2]*filters:]
			for channel, v := range image[(row*in[1]+column)*in[2]:][:in[2]] {
				for o, k := range weights[channel*filters:][:filters] {
					sums[o] += float64(v) * float64(k)
				}
			}
		}
	}
}

// under returns the input position that stands at a place among n positions that
// are stride apart, if there is one.
func under(place, stride, n int) (position int, ok bool) {
	return place / stride, place >= 0 && place%stride == 0 && place/stride < n
}
