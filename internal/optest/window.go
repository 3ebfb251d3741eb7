package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// sliding is a window and the input that it slides over.
type sliding struct {
	window  nn.Window
	h, w, c int
}

func (s sliding) image() nn.Shape { return nn.Shape{s.h, s.w, s.c} }

// name writes size, stride, padding and dilation: k3x3_s2x2_p0,1,0,1_d1x1.
func (s sliding) name() string {
	w := s.window
	name := fmt.Sprintf("k%dx%d_s%dx%d", w.Size[0], w.Size[1], w.Stride[0], w.Stride[1])
	if w.Pad != (nn.Pad{}) {
		name += fmt.Sprintf("_p%d,%d,%d,%d", w.Pad.Top, w.Pad.Bottom, w.Pad.Left, w.Pad.Right)
	}
	if w.Step(0) != 1 || w.Step(1) != 1 {
		name += fmt.Sprintf("_d%dx%d", w.Step(0), w.Step(1))
	}
	return name
}

// geometries are the edges that every sliding window is tried on.
func geometries() []sliding {
	return []sliding{
		{nn.Square(1, 1), 1, 1, 1},
		{nn.Square(1, 1), 7, 7, 64},
		{nn.Square(1, 2), 15, 15, 64}, // the strided 1x1 that skips three of four positions
		{nn.Square(1, 2), 16, 16, 5},
		{nn.Square(1, 3), 7, 2, 4},
		{nn.Square(2, 2), 2, 2, 65},
		{nn.Square(2, 2), 7, 7, 3}, // the last row and column are never read
		{nn.Square(3, 1).Same(7, 7), 7, 7, 64},
		{nn.Square(3, 1).Same(1, 1), 1, 1, 63}, // all but the middle tap on padding
		{nn.Square(3, 2).Same(16, 16), 16, 16, 4},
		{nn.Square(3, 2).Same(15, 15), 15, 15, 4},
		{nn.Square(3, 2), 33, 33, 3},
		{nn.Square(5, 3).Same(33, 15), 33, 15, 5},
		{nn.Square(7, 2), 15, 33, 3},
		{nn.Square(7, 7), 7, 7, 65}, // one window, the whole input
		{nn.Window{Size: [2]int{1, 3}, Stride: [2]int{1, 1}, Pad: nn.Pad{Left: 1, Right: 1}}, 7, 15, 4},
		{nn.Window{Size: [2]int{3, 1}, Stride: [2]int{2, 1}}, 15, 7, 5},
		{nn.Window{Size: [2]int{3, 3}, Stride: [2]int{1, 2}, Pad: nn.Pad{Top: 2, Left: 1}}, 7, 15, 3},
		{nn.Window{Size: [2]int{2, 3}, Stride: [2]int{3, 2}, Pad: nn.Pad{Bottom: 1, Right: 2}}, 15, 7, 63},
		{nn.Window{Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{2, 2}, Pad: nn.Pad{Top: 2, Bottom: 2, Left: 2, Right: 2}}, 15, 15, 5},
		{nn.Window{Size: [2]int{3, 2}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 3}}, 15, 7, 4},
	}
}

// randomSliding draws a geometry that fits its input. No padding is as wide as
// the window, and dilation comes without padding, so that every window reads
// the input: the largest and the mean of nothing are no business of a pool.
func randomSliding(rng *rand.Rand) sliding {
	for {
		s := sliding{h: pick(rng, extents), w: pick(rng, extents), c: pick(rng, channels)}
		s.window = nn.Window{Size: pick(rng, sizes), Stride: pick(rng, strides), Dilation: [2]int{1, 1}}
		switch rng.IntN(5) {
		case 0:
			s.window = s.window.Same(s.h, s.w)
		case 1:
			v, h := s.window.Size[0]/2, s.window.Size[1]/2
			s.window.Pad = nn.Pad{Top: v, Bottom: v, Left: h, Right: h}
		case 2:
			v, h := s.window.Size[0], s.window.Size[1]
			s.window.Pad = nn.Pad{Top: rng.IntN(v), Bottom: rng.IntN(v), Left: rng.IntN(h), Right: rng.IntN(h)}
		case 3:
			s.window.Dilation = [2]int{1 + rng.IntN(2), 2}
		}
		if _, _, err := s.window.Output(s.h, s.w); err == nil {
			return s
		}
	}
}
