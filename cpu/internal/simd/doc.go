// Package simd is the inner loops of package cpu: few kernels, each for one tile
// of an operator's output, in C with the vectors of a processor (AVX-512, AVX2,
// NEON, or whatever the compiler has) behind cgo, and once more in plain Go.
//
// Sets says which of them this processor can run. All take the same arguments: a
// struct of pointers and numbers, the same in Go and in C (kernels.h). A C file
// per processor defines some thirty operations on a vector (avx2.c), and includes
// the kernels (product.h, window.h, ...), which are written once; target
// attributes make the compiler use the instructions, so that no flags are needed
// and a program carries all sets. Without cgo, the kernels in Go are all there is.
//
// Arguments are not checked: package cpu answers for shapes and for memory, which
// comes from Allocate. The package knows nothing of networks, and starts no
// threads.
package simd
