package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// MaxPool returns the edges of the window's geometry and random draws; in some
// all values are negative, so that padding read as 0 would win.
func MaxPool(rng *rand.Rand) []Case {
	return pools(rng, func(w nn.Window) nn.Op { return &nn.MaxPool{Window: w} })
}

// AvgPool returns the edges of the window's geometry and random draws; in some
// all values are negative, so that a divisor that counts padding shows.
func AvgPool(rng *rand.Rand) []Case {
	return pools(rng, func(w nn.Window) nn.Op { return &nn.AvgPool{Window: w} })
}

func pools(rng *rand.Rand, op func(nn.Window) nn.Op) []Case {
	all := geometries()
	for len(all) < 40 {
		all = append(all, randomSliding(rng))
	}
	var cases []Case
	for i, s := range all {
		c := newCase(rng, op(s.window), 1+i%3, []nn.Shape{s.image()}, s.name())
		if i%2 == 1 {
			c.Inputs[0] = uniform(rng, -2, -1, c.Inputs[0].Shape...)
			c.Name += "_negative"
		}
		cases = append(cases, c)
	}
	return distinct(cases)
}

// GlobalMaxPool returns cases with and without the kept axes; in some all
// values are negative.
func GlobalMaxPool(rng *rand.Rand) []Case {
	return globalPools(rng, func(keep bool) nn.Op { return &nn.GlobalMaxPool{KeepDims: keep} })
}

// GlobalAvgPool returns cases with and without the kept axes.
func GlobalAvgPool(rng *rand.Rand) []Case {
	return globalPools(rng, func(keep bool) nn.Op { return &nn.GlobalAvgPool{KeepDims: keep} })
}

func globalPools(rng *rand.Rand, op func(keep bool) nn.Op) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{1, 1, 1}, {1, 1, 65}, {7, 7, 64}, {2, 33, 5}, {15, 1, 63}, {33, 33, 3}, {7, 7, 2048}} {
		c := newCase(rng, op(i%2 == 0), 1+i%3, []nn.Shape{s}, fmt.Sprint("keep_", i%2 == 0))
		if i > 2 {
			c.Inputs[0] = uniform(rng, -2, -1, c.Inputs[0].Shape...)
		}
		cases = append(cases, c)
	}
	return cases
}
