package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// GroupedConv2D returns the edges of the window's geometry and random draws, with
// one to four channels and filters a group.
func GroupedConv2D(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range append(geometries(), sliding{onPadding(), 2, 3, 4}) {
		cases = append(cases, groupedConv2D(rng, s, 1+i%5, 1+i%3, 1+(i/2)%4, 1+i%2, i%2 == 0))
	}
	for len(cases) < 45 {
		s := randomSliding(rng)
		cases = append(cases, groupedConv2D(rng, s, 1+rng.IntN(8), 1+rng.IntN(4), 1+rng.IntN(4), 1+rng.IntN(3), rng.IntN(2) == 0))
	}
	return distinct(cases)
}

// groupedConv2D makes a case of so many groups, each of so many channels and filters.
func groupedConv2D(rng *rand.Rand, s sliding, groups, channels, filters, batch int, useBias bool) Case {
	s.c = groups * channels
	op := &nn.GroupedConv2D{Window: s.window, Groups: groups, Filters: groups * filters, UseBias: useBias}
	return newCase(rng, op, batch, []nn.Shape{s.image()}, s.name(), fmt.Sprint("groups", groups), fmt.Sprint("to", groups*filters), biasName(useBias))
}
