package simd

import "unsafe"

// Set is the kernels for one kind of processor.
type Set struct {
	Name    string // "avx512", "avx2", "neon", "portable" (C), "go"
	Width   int    // floats of a vector
	Vectors int    // of the widest strip of packed weights
	Rows    int    // of the largest block of a product
	Scratch int    // bytes that Product needs, for each thread

	Product func(*Product)
	Window  func(*Window)
	Reduce  func(*Reduce)
	Map     func(*Map)
	Softmax func(*Softmax)
	ToHalf  func(x []float32, y []uint16) // y has as many elements as x

	native unsafe.Pointer // the kernels in C; nil: they are in Go
}

// Sets returns the sets that this processor can run, the fastest first; the last
// is "go".
func Sets() []*Set { return append(native(), plain()) }

// Named returns the set of that name, nil where this processor has none.
func Named(name string) *Set {
	for _, s := range Sets() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Strips returns how many strips so many filters are packed into, and where each
// begins, in filters; the last entry is the end, a multiple of Width. Filters'
// vectors are spread over the strips as evenly as can be.
func (s *Set) Strips(filters int) []int {
	vectors := (filters + s.Width - 1) / s.Width
	strips := (vectors + s.Vectors - 1) / s.Vectors
	begin := make([]int, strips+1)
	for i := range begin {
		begin[i] = i * vectors / strips * s.Width
	}
	return begin
}

// floats returns n floats from p on.
func floats(p *float32, n int64) []float32 { return unsafe.Slice(p, n) }

// at returns a pointer i floats behind p.
func at(p *float32, i int64) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i))
}

// bound keeps a number between two; NaN stays.
func bound(v, lowest, highest float32) float32 { return min(max(v, lowest), highest) }
