package nn

import "fmt"

// Input is where a batch of images enters the graph.
type Input struct {
	noWeights
	Shape Shape // of one image
}

// Kind returns "Input".
func (*Input) Kind() string { return "Input" }

// Infer returns the declared shape.
func (op *Input) Infer(in []Shape) (Shape, error) {
	if len(in) != 0 {
		return nil, fmt.Errorf("an input reads no other node, found %d", len(in))
	}
	return op.Shape, nil
}
