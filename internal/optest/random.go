package optest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Extents that the random draws pick from: around the edges of vectors, sub-
// groups and tiles.
var (
	extents  = []int{1, 2, 7, 15, 33}
	channels = []int{1, 3, 4, 5, 63, 64, 65}
	sizes    = [][2]int{{1, 1}, {2, 2}, {3, 3}, {5, 5}, {7, 7}, {1, 3}, {3, 1}}
	strides  = [][2]int{{1, 1}, {2, 2}, {3, 3}, {1, 2}, {3, 1}}
)

// pick returns one of the values.
func pick[T any](rng *rand.Rand, values []T) T { return values[rng.IntN(len(values))] }

// Normal returns a tensor of normally distributed values.
func Normal(rng *rand.Rand, mean, deviation float64, shape ...int) *nn.Tensor {
	t := nn.NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = float32(mean + deviation*rng.NormFloat64())
	}
	return t
}

// uniform returns a tensor of values between low and high.
func uniform(rng *rand.Rand, low, high float64, shape ...int) *nn.Tensor {
	t := nn.NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = float32(low + (high-low)*rng.Float64())
	}
	return t
}

// SetWeights gives the operation random weights for inputs of these shapes, of
// a size that keeps activations of order 1: kernels as in He et al. 2015
// ("Delving deep into rectifiers"), statistics around 0 and 1.
func SetWeights(rng *rand.Rand, op nn.Op, in []nn.Shape) {
	for _, p := range op.Params(in) {
		switch p.Role {
		case "kernel":
			*p.Value = Normal(rng, 0, math.Sqrt(2/float64(fanIn(op, p.Shape))), p.Shape...)
		case "gamma", "scale":
			*p.Value = Normal(rng, 1, 0.4, p.Shape...)
		case "moving_variance", "variance":
			*p.Value = uniform(rng, 0.2, 2, p.Shape...)
		default:
			*p.Value = Normal(rng, 0, 0.5, p.Shape...)
		}
	}
}

// SetGraphWeights gives every operation of the graph random weights.
func SetGraphWeights(rng *rand.Rand, g *nn.Graph) {
	done := map[nn.Op]bool{}
	for _, n := range g.Nodes {
		if !done[n.Op] {
			done[n.Op] = true
			SetWeights(rng, n.Op, n.InputShapes())
		}
	}
}

// fanIn returns how many products an output of the kernel sums.
func fanIn(op nn.Op, kernel nn.Shape) int {
	if _, ok := op.(*nn.DepthwiseConv2D); ok {
		return kernel[0] * kernel[1]
	}
	if _, ok := op.(*nn.Conv2DTranspose); ok { // at most
		return kernel[0] * kernel[1] * kernel[3]
	}
	return nn.Shape(kernel[:len(kernel)-1]).Len()
}

// newCase makes a case with random weights and normally distributed inputs,
// one an image shape. Parts of the name are joined by underscores: a slash
// would end a subtest's name.
func newCase(rng *rand.Rand, op nn.Op, batch int, images []nn.Shape, name ...string) Case {
	c := Case{Op: op, Name: fmt.Sprintf("n%d", batch)}
	for _, s := range images {
		c.Inputs = append(c.Inputs, Normal(rng, 0, 1, s.Batch(batch)...))
		c.Name += "_" + extentsOf(s)
	}
	if len(name) > 0 {
		c.Name += "_" + strings.Join(name, "_")
	}
	SetWeights(rng, op, images)
	return c
}

// extentsOf writes (7, 15, 64) as 7x15x64.
func extentsOf(s nn.Shape) string {
	return strings.ReplaceAll(strings.Trim(s.String(), "(,)"), ", ", "x")
}

// plainName writes [3 3] as 3x3.
func plainName(name string) string {
	return strings.NewReplacer("[", "", "]", "", " ", "x").Replace(name)
}

// distinct drops cases whose name, and so whose operation and shapes, were
// drawn before.
func distinct(cases []Case) []Case {
	seen := map[string]bool{}
	return slices.DeleteFunc(cases, func(c Case) bool {
		before := seen[c.Name]
		seen[c.Name] = true
		return before
	})
}
