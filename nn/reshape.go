package nn

import "fmt"

// Flatten makes a vector of an image's elements, in NHWC order.
type Flatten struct{ noWeights }

// Kind returns "Flatten".
func (*Flatten) Kind() string { return "Flatten" }

// Infer maps any shape to (elements).
func (*Flatten) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	return Shape{s.Len()}, err
}

// Reshape gives an image's elements another shape, in the same order.
type Reshape struct {
	noWeights
	Target Shape // of one image; one extent may be -1: what is left
}

// Kind returns "Reshape".
func (*Reshape) Kind() string { return "Reshape" }

// Infer returns Target with its -1 resolved.
func (op *Reshape) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	out, free, known := op.Target.Clone(), -1, 1
	for i, d := range out {
		switch {
		case d > 0:
			if d > s.Len()/known {
				return nil, fmt.Errorf("target %v has more elements than %v", op.Target, s)
			}
			known *= d
		case d == -1 && free < 0:
			free = i
		default:
			return nil, fmt.Errorf("target %v is not a shape", op.Target)
		}
	}
	if free >= 0 {
		out[free] = s.Len() / known
	}
	if out.Len() != s.Len() {
		return nil, fmt.Errorf("target %v has %d elements, the input %v has %d", op.Target, out.Len(), s, s.Len())
	}
	return out, nil
}
