package nn

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Shape is the extent of each axis of a tensor, outermost first: (H, W, C) for
// the feature map of one image, (N, H, W, C) for a batch of them, (C) for a
// vector.
type Shape []int

// Elements returns the number of elements of a tensor of this shape, or an
// error when an extent is negative or the product does not fit an int.
func (s Shape) Elements() (int, error) {
	n := 1
	for _, d := range s {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative extent", s)
		}
		if d != 0 && n > math.MaxInt/d {
			return 0, fmt.Errorf("shape %v has too many elements", s)
		}
		n *= d
	}
	return n, nil
}

// Len returns the number of elements of a shape that Elements accepts.
func (s Shape) Len() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether both shapes have the same extents.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Clone returns a copy that shares no memory with s.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// Batch returns the shape of n tensors of shape s, with the batch axis first.
func (s Shape) Batch(n int) Shape { return append(Shape{n}, s...) }

// Channels returns the extent of the last axis: C of (H, W, C) or of (C).
func (s Shape) Channels() int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1]
}

// String writes the shape as Keras's users do: (64, 64, 3).
func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
	}
	if len(s) == 1 {
		parts[0] += ","
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// maxExtent bounds each extent of a shape and each number of a geometry, which
// come from files: sums and products of two of them fit an int.
const maxExtent = math.MaxInt32

// within reports whether every value is between low and maxExtent.
func within(low int, values ...int) bool {
	for _, v := range values {
		if v < low || v > maxExtent {
			return false
		}
	}
	return true
}

// positive returns an error unless every extent is at least 1, none is beyond
// maxExtent, and their product fits an int.
func (s Shape) positive() error {
	for _, d := range s {
		if d < 1 {
			return fmt.Errorf("shape %v has an extent below 1", s)
		}
		if d > maxExtent {
			return fmt.Errorf("shape %v has an extent above %d", s, maxExtent)
		}
	}
	_, err := s.Elements()
	return err
}
