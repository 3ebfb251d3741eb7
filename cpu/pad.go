package cpu

import "github.com/vkeras/vkeras/plan"

// pad runs nn.ZeroPad and nn.Crop, which are windows of one tap: copies, with zeros
// where the tap falls outside.
type pad struct {
	weightless
	frugal
}

func (pad) lower(l *lowered, s *plan.Step) error {
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	in, out, w := s.In[0].Shape, s.Out.Shape, s.Window
	lines, c := l.batch*out[0], out[2]
	tiles := l.tilesOf(lines, float64(out[1]*c))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(lines, tiles, tile)
		for line := from; line < to; line++ {
			i := line%out[0]*w.Stride[0] - w.Pad.Top
			for j := range out[1] {
				dst, column := y[(line*out[1]+j)*c:][:c], j*w.Stride[1]-w.Pad.Left
				if i < 0 || i >= in[0] || column < 0 || column >= in[1] {
					clear(dst)
					continue
				}
				copy(dst, x[((line/out[0]*in[0]+i)*in[1]+column)*c:])
			}
		}
	})
	return nil
}
