package nn

import "fmt"

// Rescale is y = x scale + offset, with one scale and offset for all elements
// or one a channel.
type Rescale struct {
	noWeights
	Scale, Offset []float32 // 1 or C elements each
}

// Kind returns "Rescale".
func (*Rescale) Kind() string { return "Rescale" }

// Infer returns the input's shape.
func (op *Rescale) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	for _, v := range [][]float32{op.Scale, op.Offset} {
		if len(v) != 1 && len(v) != s.Channels() {
			return nil, fmt.Errorf("expected 1 or %d constants, found %d", s.Channels(), len(v))
		}
	}
	return s, nil
}
