package cpu

import (
	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/plan"
)

// pool runs nn.MaxPool and nn.AvgPool.
type pool struct {
	weightless
	frugal
	kind simd.WindowKind
}

func (p pool) lower(l *lowered, s *plan.Step) error {
	l.slide(s, simd.Window{Kind: p.kind})
	return nil
}

// slide emits a window that slides over every channel by itself. a says what it
// does, and where its input is if that is not the step's.
func (l *lowered) slide(s *plan.Step, a simd.Window) {
	in, out, w := s.In[0].Shape, s.Out.Shape, s.Window
	if a.X == nil {
		a.X = l.at(s.In[0])
	}
	a.Y, a.Residual = l.at(s.Out), l.at(s.Residual)
	a.Height, a.Width, a.Channels = int64(in[0]), int64(in[1]), int64(out[2])
	a.OutHeight, a.OutWidth = int64(out[0]), int64(out[1])
	for axis := range 2 {
		a.Size[axis], a.Stride[axis], a.Dilation[axis] = int64(w.Size[axis]), int64(w.Stride[axis]), int64(w.Step(axis))
	}
	a.Before = [2]int64{int64(w.Pad.Top), int64(w.Pad.Left)}
	var after rowsFunction
	a.Behind, after, a.Lowest, a.Highest = behindOf(s)
	lines, line := l.batch*out[0], out[1]*out[2]
	cost := float64(line*w.Size[0]*w.Size[1]) / 2
	if after == nil {
		l.callEach(s, "window", lines, cost, func(from, to int) simd.Call {
			a := a
			a.FromLine, a.ToLine = int64(from), int64(to)
			return &a
		})
		return
	}
	tiles := l.tilesOf(lines, cost)
	l.emit(s, "window", tiles, func(tile, _ int) {
		a := a
		from, to := cut(lines, tiles, tile)
		for i := from; i < to; i++ { // the activation finds its line in the nearest cache
			a.FromLine, a.ToLine = int64(i), int64(i+1)
			l.net.set.Window(&a)
			at := offset(a.Y, i*line)
			after(l.net, at, at, 1, line, line)
		}
	})
}

// globalPool runs nn.GlobalMaxPool and nn.GlobalAvgPool.
type globalPool struct {
	weightless
	frugal
	kind simd.WindowKind
}

func (p globalPool) lower(l *lowered, s *plan.Step) error {
	in := s.In[0].Shape
	positions, channels := in[0]*in[1], in[2]
	x, y := l.at(s.In[0]), l.at(s.Out)
	// Channels are cut at multiples of a cache line.
	const line = 16
	across := (channels + line - 1) / line
	l.callWithin(s, "reduce", l.batch, across, float64(positions*line)/4, func(image, from, to int) simd.Call {
		return &simd.Reduce{
			X: offset(x, image*positions*channels), Y: offset(y, image*channels), Kind: p.kind, Positions: int64(positions),
			Channels: int64(channels), FromChannel: int64(from * line), ToChannel: int64(min(channels, to*line)),
		}
	})
	return nil
}
