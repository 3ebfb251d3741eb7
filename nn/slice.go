package nn

import "fmt"

// Slice takes evenly spaced positions of each axis: position i of the output is
// position Start + i Step of the input. A negative Step runs backwards.
type Slice struct {
	noWeights
	Start, Count, Step []int // an axis of the image each
}

// Kind returns "Slice".
func (*Slice) Kind() string { return "Slice" }

// Infer returns Count.
func (op *Slice) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if err := rank(s); err != nil {
		return nil, err
	}
	if len(op.Start) != len(s) || len(op.Count) != len(s) || len(op.Step) != len(s) {
		return nil, fmt.Errorf("a slice of %d axes for an input of shape %v", len(op.Start), s)
	}
	for a, n := range s {
		if !within(1, op.Count[a]) || !within(-maxExtent, op.Step[a]) {
			return nil, fmt.Errorf("a slice of %d positions on axis %d of %v", op.Count[a], a, s)
		}
		first, last := op.Start[a], op.Start[a]+(op.Count[a]-1)*op.Step[a]
		if first < 0 || first >= n || last < 0 || last >= n {
			return nil, fmt.Errorf("a slice from %d to %d on axis %d of %v", first, last, a, s)
		}
	}
	return Shape(op.Count).Clone(), nil
}
