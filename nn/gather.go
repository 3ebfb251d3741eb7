package nn

import "fmt"

// Gather takes positions of one axis in any order, each as often as wanted:
// position i of the output's axis is position Positions[i] of the input's, or
// Fill throughout where Positions[i] is -1. Padding of every mode, repetition,
// rolling and enlarging by the nearest neighbour are gathers.
type Gather struct {
	noWeights
	Axis      int // of one image; negative counts from the end
	Positions []int32
	Fill      float32
}

// maxGathered bounds the extent of the axis: devices hold positions as float32.
const maxGathered = 1 << 24

// Kind returns "Gather".
func (*Gather) Kind() string { return "Gather" }

// Infer replaces the extent of the axis by the number of positions.
func (op *Gather) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	a, err := axis(op.Axis, len(s))
	if err != nil {
		return nil, err
	}
	if s[a] > maxGathered {
		return nil, fmt.Errorf("axis %d of %v is longer than %d", a, s, maxGathered)
	}
	for _, p := range op.Positions {
		if p < -1 || int(p) >= s[a] {
			return nil, fmt.Errorf("position %d is outside axis %d of %v", p, a, s)
		}
	}
	out := s.Clone()
	out[a] = len(op.Positions)
	return out, nil
}

// Around returns the extents of an image before, on and behind the axis: element
// (o, p, i) of the input lies at (o extent + p) inner + i.
func (op *Gather) Around(in Shape) (outer, extent, inner int) {
	a, err := axis(op.Axis, len(in))
	if err != nil {
		return 0, 0, 0
	}
	return Shape(in[:a]).Len(), in[a], Shape(in[a+1:]).Len()
}
