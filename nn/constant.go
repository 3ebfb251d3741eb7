package nn

import "fmt"

// Constant gives every image the same values, whatever its input holds: of the
// input it takes the size of the batch alone.
type Constant struct {
	noWeights
	Value *Tensor // without a batch axis
}

// Kind returns "Constant".
func (*Constant) Kind() string { return "Constant" }

// Infer returns the value's shape.
func (op *Constant) Infer(in []Shape) (Shape, error) {
	if _, err := one(in); err != nil {
		return nil, err
	}
	if op.Value == nil || op.Value.Shape.Len() != len(op.Value.Data) {
		return nil, fmt.Errorf("expected a value with its elements")
	}
	return op.Value.Shape, nil
}
