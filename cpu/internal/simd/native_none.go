//go:build !cgo

package simd

// native returns nothing: kernels in C need cgo.
func native() []*Set { return nil }
