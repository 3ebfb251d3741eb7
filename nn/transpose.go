package nn

import (
	"fmt"
	"slices"
)

// MaxRank bounds the axes of an image in the operations that move elements
// between axes or repeat them.
const MaxRank = 6

// rank returns an error when an image has more axes than those operations take.
func rank(s Shape) error {
	if len(s) > MaxRank {
		return fmt.Errorf("shape %v has more than %d axes", s, MaxRank)
	}
	return nil
}

// Transpose exchanges the axes of an image: axis i of the output is axis Axes[i]
// of the input.
type Transpose struct {
	noWeights
	Axes []int // each axis of the input once, counted without the batch axis
}

// Kind returns "Transpose".
func (*Transpose) Kind() string { return "Transpose" }

// Infer returns the extents in the order of Axes.
func (op *Transpose) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if err := rank(s); err != nil {
		return nil, err
	}
	out := make(Shape, len(op.Axes))
	for i, a := range op.Axes {
		if len(op.Axes) != len(s) || a < 0 || a >= len(s) || slices.Contains(op.Axes[:i], a) {
			return nil, fmt.Errorf("axes %v are not those of %v in another order", op.Axes, s)
		}
		out[i] = s[a]
	}
	if len(out) != len(s) {
		return nil, fmt.Errorf("axes %v are not those of %v in another order", op.Axes, s)
	}
	return out, nil
}
