package nn

import "fmt"

// Op is one operation of a network. Each kind is a small struct in a file of
// its own; the same name stands for its reference (package reference), its
// shader (package shaders) and its test cases (internal/optest).
//
// Ops are pointers: a layer that a network calls twice is one Op on two nodes.
type Op interface {
	// Kind returns the operation's name, the same in every package: "Conv2D".
	Kind() string
	// Infer returns the shape of one output image from those of the inputs,
	// or an error that says what does not fit.
	Infer(in []Shape) (Shape, error)
	// Params returns the weights that the operation needs for these inputs,
	// in the order in which Keras stores them; nil when it has none.
	Params(in []Shape) []Param
	// MACs returns the multiply-accumulates for one image, as written: taps
	// that fall on padding count. Operations without weights' products: 0.
	MACs(in []Shape, out Shape) int64
}

// Param is one weight of an operation: what it is called, the shape it must
// have, and where it goes.
type Param struct {
	Role      string // Keras's name of the variable: "kernel", "moving_mean"
	Shape     Shape
	Trainable bool
	Value     **Tensor // the Op's own field
}

// Check returns an error unless the weight is there and has its shape.
func (p Param) Check() error {
	if *p.Value == nil {
		return fmt.Errorf("%s %v is not set", p.Role, p.Shape)
	}
	if got := (*p.Value).Shape; !got.Equal(p.Shape) {
		return fmt.Errorf("%s: expected shape %v, found %v", p.Role, p.Shape, got)
	}
	return nil
}

// one returns the only input shape, or an error that counts them.
func one(in []Shape) (Shape, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("expected one input, found %d", len(in))
	}
	return in[0], nil
}

// feature returns the only input shape, which must be (H, W, C).
func feature(in []Shape) (h, w, c int, err error) {
	s, err := one(in)
	if err != nil {
		return 0, 0, 0, err
	}
	if len(s) != 3 {
		return 0, 0, 0, fmt.Errorf("expected an input of shape (H, W, C), found %v", s)
	}
	return s[0], s[1], s[2], nil
}

// noWeights is embedded by operations that have none.
type noWeights struct{}

// Params returns nil: the operation has no weights.
func (noWeights) Params([]Shape) []Param { return nil }

// MACs returns 0: the operation multiplies by no weights.
func (noWeights) MACs([]Shape, Shape) int64 { return 0 }

// sameShape is embedded by operations of one input that keep its shape.
type sameShape struct{}

// Infer returns the input's shape.
func (sameShape) Infer(in []Shape) (Shape, error) { return one(in) }
