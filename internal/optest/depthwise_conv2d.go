package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// DepthwiseConv2D returns the edges of the window's geometry and random draws,
// with one to three outputs an input channel.
func DepthwiseConv2D(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range append(geometries(), sliding{onPadding(), 2, 3, 4}) {
		cases = append(cases, depthwiseConv2D(rng, s, 1+i%3, 1+i%2, i%2 == 0))
	}
	for _, size := range []int{3, 5} { // the windows of nearly every network, over fours of channels
		for _, stride := range []int{1, 2} {
			for i := range 3 {
				s := sliding{nn.Square(size, stride), size + rng.IntN(12), size + rng.IntN(12), 4 * (1 + rng.IntN(6))}
				switch i {
				case 1:
					s.window = s.window.Same(s.h, s.w)
				case 2:
					s.window.Pad = nn.Pad{Top: rng.IntN(size), Bottom: rng.IntN(size), Left: rng.IntN(size), Right: rng.IntN(size)}
				}
				cases = append(cases, depthwiseConv2D(rng, s, 1, 1+rng.IntN(3), i > 0))
			}
		}
	}
	for len(cases) < 57 {
		s, multiplier, batch, useBias := randomSliding(rng), 1+rng.IntN(3), 1+rng.IntN(3), rng.IntN(2) == 0
		cases = append(cases, depthwiseConv2D(rng, s, multiplier, batch, useBias))
	}
	return distinct(cases)
}

func depthwiseConv2D(rng *rand.Rand, s sliding, multiplier, batch int, useBias bool) Case {
	op := &nn.DepthwiseConv2D{Window: s.window, Multiplier: multiplier, UseBias: useBias}
	return newCase(rng, op, batch, []nn.Shape{s.image()}, s.name(), fmt.Sprint("by", multiplier), biasName(useBias))
}
