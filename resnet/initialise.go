package resnet

import (
	"math"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Initialise gives every weight of g that is not set yet a value: a net to
// measure with, that has learnt nothing. Kernels are He-normal (He et al. 2015,
// Delving Deep into Rectifiers, arXiv:1502.01852, section 2.2: mean 0, standard
// deviation sqrt(2 / fan-in)) and biases 0. Batch normalisation has gamma 1,
// beta 0, mean 0 and about the variance that it would measure on inputs within
// -1 and 1, so that features stay near 1 however deep the net is, and a softmax
// is not all 0 and 1.
//
// The same seed gives the same bits on every platform. A weight depends on the
// seed, its place in g.Params and its shape, not on names.
func Initialise(g *nn.Graph, seed uint64) {
	squares := meanSquares(g)
	for i, p := range g.Params() {
		if *p.Value != nil {
			continue
		}
		t := nn.NewTensor(p.Shape...)
		switch p.Role {
		case "kernel":
			fillNormal(t.Data, math.Sqrt(2/float64(fanIn(p))), rand.NewPCG(seed, uint64(i)))
		case "gamma":
			fill(t.Data, 1)
		case "moving_variance", "variance":
			fill(t.Data, float32(squares[p.Node.Inputs[0].Index]))
		}
		*p.Value = t
	}
}

// fanIn returns how many products each output of a kernel sums.
func fanIn(p nn.NodeParam) int {
	if _, ok := p.Node.Op.(*nn.DepthwiseConv2D); ok {
		return p.Shape[0] * p.Shape[1]
	}
	return nn.Shape(p.Shape[:len(p.Shape)-1]).Len()
}

// meanSquares estimates the mean square of each node's output, with kernels that
// are He-normal. All products are by powers of 2, hence exact: no processor's
// fused multiply-add can change a bit.
func meanSquares(g *nn.Graph) []float64 {
	m := make([]float64, len(g.Nodes))
	for i, n := range g.Nodes {
		if len(n.Inputs) == 0 {
			m[i] = 1.0 / 3 // uniform within -1 and 1, or 0 and 1
			continue
		}
		in := n.Inputs[0]
		m[i] = m[in.Index]
		switch n.Op.(type) {
		case *nn.Conv2D, *nn.Dense:
			m[i] *= 2
		case *nn.BatchNorm:
			m[i] = 1
		case *nn.Activation:
			// Half of what is symmetric around 0; a sum with a shortcut is
			// mostly positive.
			if !isOp[*nn.Add](in) {
				m[i] /= 2
			}
		case *nn.Add:
			for _, other := range n.Inputs[1:] {
				m[i] += m[other.Index]
			}
		}
	}
	return m
}

func fill(values []float32, v float32) {
	for i := range values {
		values[i] = v
	}
}

// fillNormal draws values of that standard deviation, each the sum of four
// uniform integers: bell-shaped, within 3.5 deviations, and free of the
// logarithms that differ in the last bit between processors.
func fillNormal(values []float32, deviation float64, source *rand.PCG) {
	// Each of the four has mean (n - 1) / 2 and variance (n n - 1) / 12.
	const n = 1 << 16
	unit := deviation / math.Sqrt(4*(n*n-1)/12.0)
	for i := range values {
		u := source.Uint64()
		sum := int64(u&(n-1)) + int64(u>>16&(n-1)) + int64(u>>32&(n-1)) + int64(u>>48)
		values[i] = float32(float64(sum-2*(n-1)) * unit)
	}
}
