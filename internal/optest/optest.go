package optest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// Seed is the seed of the suite that Run runs.
const Seed = 20151210

// Case is one operation with its weights set and batches to apply it to.
type Case struct {
	Name   string
	Op     nn.Op
	Inputs []*nn.Tensor // (N, ...): the batch axis comes first
}

// Suite is the cases of one kind of operation.
type Suite struct {
	Kind  string // nn.Op's Kind
	Cases []Case
}

// All returns the cases of every kind of operation, in a fixed order. Kinds
// draw from generators of their own: a new case changes its own kind alone.
func All(seed uint64) []Suite {
	kinds := []struct {
		name  string
		cases func(*rand.Rand) []Case
	}{
		{"Activation", Activation},
		{"Add", Add},
		{"AvgPool", AvgPool},
		{"BatchNorm", BatchNorm},
		{"Binary", Binary},
		{"Concat", Concat},
		{"Constant", Constant},
		{"Conv2D", Conv2D},
		{"Conv2DTranspose", Conv2DTranspose},
		{"Crop", Crop},
		{"Dense", Dense},
		{"DepthwiseConv2D", DepthwiseConv2D},
		{"Flatten", Flatten},
		{"Gather", Gather},
		{"GlobalAvgPool", GlobalAvgPool},
		{"GlobalMaxPool", GlobalMaxPool},
		{"GroupNorm", GroupNorm},
		{"GroupedConv2D", GroupedConv2D},
		{"Identity", Identity},
		{"LayerNorm", LayerNorm},
		{"LayerScale", LayerScale},
		{"LogSoftmax", LogSoftmax},
		{"MatMul", MatMul},
		{"MaxPool", MaxPool},
		{"Multiply", Multiply},
		{"Normalize", Normalize},
		{"PReLU", PReLU},
		{"Reduce", Reduce},
		{"Rescale", Rescale},
		{"Reshape", Reshape},
		{"Resize", Resize},
		{"Slice", Slice},
		{"Softmax", Softmax},
		{"Sort", Sort},
		{"Sparsemax", Sparsemax},
		{"Transpose", Transpose},
		{"Unary", Unary},
		{"ZeroPad", ZeroPad},
	}
	suites := make([]Suite, len(kinds))
	for i, k := range kinds {
		hash := fnv.New64a()
		hash.Write([]byte(k.name))
		suites[i] = Suite{Kind: k.name, Cases: k.cases(rand.New(rand.NewPCG(seed, hash.Sum64())))}
	}
	return suites
}

// Apply computes one operation on batches of one size, as reference.Apply does.
type Apply = func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error)

// T is *testing.T, which the tool's self-test does not link.
type T[self any] interface {
	Run(name string, f func(self)) bool
	Errorf(format string, args ...any)
}

// Run compares apply with reference.Apply on every case, as subtests named
// Kind/case.
func Run[t T[t]](top t, apply Apply, tolerance Tolerance) {
	for _, s := range All(Seed) {
		top.Run(s.Kind, func(kind t) {
			for _, c := range s.Cases {
				kind.Run(c.Name, func(t t) {
					if err := c.Check(apply, tolerance); err != nil {
						t.Errorf("seed %d: %v", Seed, err)
					}
				})
			}
		})
	}
}

// Check returns an error unless apply gives what reference.Apply gives, within
// the tolerance.
func (c Case) Check(apply Apply, tolerance Tolerance) error {
	want, err := reference.Apply(c.Op, c.Inputs...)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	got, err := apply(c.Op, c.Inputs...)
	if err != nil {
		return fmt.Errorf("%s on %v: %w", c.Op.Kind(), c.shapes(), err)
	}
	d, err := Compare(got, want)
	if err != nil {
		return fmt.Errorf("%s on %v: %w", c.Op.Kind(), c.shapes(), err)
	}
	if !tolerance.Holds(d) {
		return fmt.Errorf("%s on %v: %v; allowed: %v", c.Op.Kind(), c.shapes(), d, tolerance)
	}
	return nil
}

// shapes returns the inputs' shapes, with the batch axis.
func (c Case) shapes() []nn.Shape {
	shapes := make([]nn.Shape, len(c.Inputs))
	for i, in := range c.Inputs {
		shapes[i] = in.Shape
	}
	return shapes
}
