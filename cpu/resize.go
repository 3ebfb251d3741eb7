package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// resize runs nn.Resize.
type resize struct {
	weightless
	frugal
	op *nn.Resize
}

func (r resize) lower(l *lowered, s *plan.Step) error {
	in, out := s.In[0].Shape, s.Out.Shape
	rows, columns := r.op.Taps(in[0], out[0]), r.op.Taps(in[1], out[1])
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	lines, c := l.batch*out[0], out[2]
	tiles := l.tilesOf(lines, float64(2*out[1]*c*rows.Count*columns.Count))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		sums := make([]float64, c)
		from, to := cut(lines, tiles, tile)
		for line := from; line < to; line++ {
			image, i := x[line/out[0]*in.Len():], line%out[0]
			for j := range out[1] {
				clear(sums)
				for p := range rows.Count {
					for q := range columns.Count {
						weight := rows.Weights[i*rows.Count+p] * columns.Weights[j*columns.Count+q]
						for k, v := range image[((rows.First[i]+p)*in[1]+columns.First[j]+q)*c:][:c] {
							sums[k] += weight * float64(v)
						}
					}
				}
				for k, v := range sums {
					y[(line*out[1]+j)*c+k] = float32(v)
				}
			}
		}
	})
	return nil
}
