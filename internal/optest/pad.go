package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// ZeroPad returns cases of no, even and uneven padding.
func ZeroPad(rng *rand.Rand) []Case {
	return frames(rng, func(p nn.Pad) nn.Op { return &nn.ZeroPad{Pad: p} })
}

// Crop returns cases of no, even and uneven cropping.
func Crop(rng *rand.Rand) []Case {
	return frames(rng, func(p nn.Pad) nn.Op { return &nn.Crop{Pad: p} })
}

// frames returns cases of an operation that changes the edges of its input by
// up to six positions.
func frames(rng *rand.Rand, op func(nn.Pad) nn.Op) []Case {
	var cases []Case
	for _, p := range []nn.Pad{{}, {Top: 1, Bottom: 1, Left: 1, Right: 1}, {Top: 3, Bottom: 3, Left: 3, Right: 3}, {Bottom: 1, Right: 1}, {Top: 4, Left: 2}, {Top: 1, Bottom: 2, Left: 3}} {
		for i, s := range []nn.Shape{{7, 7, 3}, {15, 33, 4}, {33, 7, 65}} {
			cases = append(cases, newCase(rng, op(p), 1+i, []nn.Shape{s}, fmt.Sprintf("p%d,%d,%d,%d", p.Top, p.Bottom, p.Left, p.Right)))
		}
	}
	return cases
}
