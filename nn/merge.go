package nn

import (
	"fmt"
	"slices"
)

// Add sums its inputs, element by element, with broadcasting: shapes are
// aligned at the last axis, and an extent of 1 is repeated.
type Add struct{ noWeights }

// Kind returns "Add".
func (*Add) Kind() string { return "Add" }

// Infer returns the broadcast shape.
func (*Add) Infer(in []Shape) (Shape, error) { return broadcast(in) }

// Multiply multiplies its inputs, element by element, with broadcasting as Add.
type Multiply struct{ noWeights }

// Kind returns "Multiply".
func (*Multiply) Kind() string { return "Multiply" }

// Infer returns the broadcast shape.
func (*Multiply) Infer(in []Shape) (Shape, error) { return broadcast(in) }

// broadcast returns the shape that all inputs broadcast to.
func broadcast(in []Shape) (Shape, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("expected two inputs or more, found %d", len(in))
	}
	out := in[0].Clone()
	for _, s := range in[1:] {
		if s.Equal(out) {
			continue
		}
		if len(s) > MaxRank || len(out) > MaxRank {
			return nil, fmt.Errorf("shapes %v and %v differ; broadcasting is for up to %d axes", out, s, MaxRank)
		}
		long, short := out, s
		if len(short) > len(long) {
			long, short = short, long
		}
		next := long.Clone()
		for i, d := range short {
			j := len(long) - len(short) + i
			switch {
			case d == long[j] || d == 1:
			case long[j] == 1:
				next[j] = d
			default:
				return nil, fmt.Errorf("shapes %v and %v do not fit each other", out, s)
			}
		}
		out = next
	}
	return out, nil
}

// Concat joins its inputs along an axis.
type Concat struct {
	noWeights
	Axis int // of one image: 2 of (H, W, C); negative counts from the end
}

// Kind returns "Concat".
func (*Concat) Kind() string { return "Concat" }

// Infer sums the extents on Axis; all others must be equal.
func (op *Concat) Infer(in []Shape) (Shape, error) {
	if len(in) < 1 {
		return nil, fmt.Errorf("expected at least one input")
	}
	a, err := axis(op.Axis, len(in[0]))
	if err != nil {
		return nil, err
	}
	out := in[0].Clone()
	for _, s := range in[1:] {
		same := len(s) == len(out) && slices.Equal(s[:a], out[:a]) && slices.Equal(s[a+1:], out[a+1:])
		if !same {
			return nil, fmt.Errorf("shapes %v and %v differ off axis %d", in[0], s, a)
		}
		out[a] += s[a]
	}
	return out, nil
}

// Outer returns the number of slices that lie before the joined axis in one
// image, and the number of elements behind it.
func (op *Concat) Outer(out Shape) (outer, inner int) {
	a, err := axis(op.Axis, len(out))
	if err != nil {
		return 0, 0
	}
	return Shape(out[:a]).Len(), Shape(out[a+1:]).Len()
}

// ByChannel reports whether the joined axis is the last one.
func (op *Concat) ByChannel(out Shape) bool {
	a, err := axis(op.Axis, len(out))
	return err == nil && a == len(out)-1
}
