package simd

import "math"

// Softmax is y[r, c] = exp(x[r, c] - m) / sum over k of exp(x[r, k] - m), m being
// the largest of a row.
type Softmax struct {
	X, Y          *float32 // (Rows, Columns)
	Rows, Columns int64
}

// softmax is Softmax.
func softmax(s *Softmax) {
	for r := range s.Rows {
		x, y := floats(at(s.X, r*s.Columns), s.Columns), floats(at(s.Y, r*s.Columns), s.Columns)
		largest, sum := x[0], 0.0
		for _, v := range x {
			largest = max(largest, v)
		}
		for _, v := range x {
			sum += math.Exp(float64(v) - float64(largest))
		}
		for c, v := range x {
			y[c] = float32(math.Exp(float64(v)-float64(largest)) / sum)
		}
	}
}
