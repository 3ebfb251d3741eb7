package validate

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// RandomInputs returns two images for each of the graph's inputs: the second shows
// errors in the distance from one to the next. Given a scaling they are random
// pixels, scaled in place by it; else they are normally distributed. The same seed
// gives the same images.
func RandomInputs(g *nn.Graph, seed uint64, scale func(pixels []float32)) []*nn.Tensor {
	const images = 2
	rng := rand.New(rand.NewPCG(seed, 0))
	in := make([]*nn.Tensor, len(g.Inputs))
	for i, n := range g.Inputs {
		in[i] = nn.NewTensor(n.Shape.Batch(images)...)
		for j := range in[i].Data {
			if in[i].Data[j] = float32(rng.NormFloat64()); scale != nil {
				in[i].Data[j] = float32(rng.IntN(256))
			}
		}
		if scale != nil {
			scale(in[i].Data)
		}
	}
	return in
}

// Repeat returns batches of that many images, the given ones over and over.
func Repeat(in []*nn.Tensor, batch int) []*nn.Tensor {
	out := make([]*nn.Tensor, len(in))
	for i, t := range in {
		out[i] = nn.NewTensor(nn.Shape(t.Shape[1:]).Batch(batch)...)
		for n := range batch {
			copy(out[i].Image(n), t.Image(n%t.Shape[0]))
		}
	}
	return out
}
