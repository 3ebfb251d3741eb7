package simd

import "github.com/x448/float16"

// goWidth and goVectors are those of the strips of the set in Go, which has no
// vectors: sixteen sums are what the compiler keeps at hand in a cache.
const goWidth, goVectors = 4, 4

// plain returns the kernels in Go.
func plain() *Set {
	return &Set{
		Name: "go", Width: goWidth, Vectors: goVectors, Rows: 1,
		Product: product, Window: window, Reduce: reduce, Map: mapped, Softmax: softmax, ToHalf: toHalf,
	}
}

// toHalf rounds to the nearest float16.
func toHalf(x []float32, y []uint16) {
	for i, v := range x {
		y[i] = float16.Fromfloat32(v).Bits()
	}
}
