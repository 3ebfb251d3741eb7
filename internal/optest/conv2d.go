package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// maxMACs bounds one random case, to keep the suite fast.
const maxMACs = 1_000_000

// Conv2D returns the edges of the window's geometry, the shapes of residual
// networks in small, and random draws.
func Conv2D(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range geometries() {
		cases = append(cases, conv2D(rng, s, channels[i%len(channels)], 1+i%3, i%2 == 0))
	}
	for _, c := range []struct {
		s       sliding
		filters int
		batch   int
	}{
		{sliding{nn.Square(7, 2), 35, 35, 3}, 64, 1},
		{sliding{nn.Square(1, 1), 15, 15, 64}, 256, 1},
		{sliding{nn.Square(1, 2), 15, 15, 256}, 128, 1},
		{sliding{nn.Square(3, 1).Same(4, 4), 4, 4, 256}, 256, 1},
		{sliding{nn.Square(3, 1).Same(2, 2), 2, 2, 512}, 512, 1},
		{sliding{nn.Square(1, 1), 2, 2, 2048}, 512, 3},
		{sliding{nn.Square(1, 2), 4, 4, 1024}, 130, 2},
		{sliding{nn.Square(3, 2).Same(14, 14), 14, 14, 65}, 65, 2},
		{sliding{onPadding(), 2, 3, 4}, 5, 2},
	} {
		cases = append(cases, conv2D(rng, c.s, c.filters, c.batch, true))
	}
	for len(cases) < 110 {
		s, filters, batch, useBias := randomSliding(rng), pick(rng, channels), 1+rng.IntN(3), rng.IntN(2) == 0
		oh, ow, err := s.window.Output(s.h, s.w)
		if err == nil && batch*oh*ow*filters*s.c*s.window.Size[0]*s.window.Size[1] <= maxMACs {
			cases = append(cases, conv2D(rng, s, filters, batch, useBias))
		}
	}
	return distinct(cases)
}

// onPadding returns a window some of whose positions read padding alone: their
// output is the bias.
func onPadding() nn.Window {
	w := nn.Square(2, 2)
	w.Pad = nn.Pad{Top: 3, Bottom: 4, Left: 5, Right: 2}
	return w
}

func conv2D(rng *rand.Rand, s sliding, filters, batch int, useBias bool) Case {
	op := &nn.Conv2D{Window: s.window, Filters: filters, UseBias: useBias}
	return newCase(rng, op, batch, []nn.Shape{s.image()}, s.name(), fmt.Sprint("to", filters), biasName(useBias))
}

func biasName(useBias bool) string {
	if useBias {
		return "bias"
	}
	return "plain"
}
