//go:build cgo

package simd

/*
#cgo CFLAGS: -O3
#cgo noescape vk_run_product
#cgo nocallback vk_run_product
#cgo noescape vk_run_window
#cgo nocallback vk_run_window
#cgo noescape vk_run_reduce
#cgo nocallback vk_run_reduce
#cgo noescape vk_run_map
#cgo nocallback vk_run_map
#cgo noescape vk_run_softmax
#cgo nocallback vk_run_softmax
#cgo noescape vk_run_to_half
#cgo nocallback vk_run_to_half
#include <stdlib.h>
#include "kernels.h"

extern const vk_kernels vk_avx512, vk_avx2, vk_neon, vk_portable;

static const vk_kernels *vk_set(int which) {
	switch (which) {
#if defined(__x86_64__)
	case 0: return &vk_avx512;
	case 1: return &vk_avx2;
#endif
#if defined(__aarch64__)
	case 2: return &vk_neon;
#endif
	case 3: return &vk_portable;
	}
	return NULL;
}
static void vk_run_product(const vk_kernels *k, void *a) { k->product(a); }
static void vk_run_window(const vk_kernels *k, void *a) { k->window(a); }
static void vk_run_reduce(const vk_kernels *k, void *a) { k->reduce(a); }
static void vk_run_map(const vk_kernels *k, void *a) { k->map(a); }
static void vk_run_softmax(const vk_kernels *k, void *a) { k->softmax(a); }
static void vk_run_to_half(const vk_kernels *k, const float *x, uint16_t *y, int64_t n) { k->to_half(x, y, n); }
*/
import "C"

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// native returns the sets in C that the processor can run.
func native() []*Set {
	var sets []*Set
	has := cpuid.CPU.Supports
	avx2 := has(cpuid.AVX2, cpuid.FMA3, cpuid.F16C)
	for i, s := range []struct {
		name string
		runs bool
	}{
		{"avx512", avx2 && has(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL)},
		{"avx2", avx2},
		{"neon", true}, // every 64-bit Arm processor has it
		{"portable", true},
	} {
		if k := C.vk_set(C.int(i)); k != nil && s.runs {
			sets = append(sets, bind(s.name, k))
		}
	}
	return sets
}

// bind returns a set of kernels in C. Their arguments hold pointers to memory of
// Allocate alone.
func bind(name string, k *C.vk_kernels) *Set {
	return &Set{
		Name: name, native: unsafe.Pointer(k), Width: int(k.width), Vectors: int(k.strip), Rows: int(k.rows), Scratch: int(k.scratch),
		Product: func(a *Product) { C.vk_run_product(k, unsafe.Pointer(a)) },
		Window:  func(a *Window) { C.vk_run_window(k, unsafe.Pointer(a)) },
		Reduce:  func(a *Reduce) { C.vk_run_reduce(k, unsafe.Pointer(a)) },
		Map:     func(a *Map) { C.vk_run_map(k, unsafe.Pointer(a)) },
		Softmax: func(a *Softmax) { C.vk_run_softmax(k, unsafe.Pointer(a)) },
		ToHalf: func(x []float32, y []uint16) {
			if len(x) > 0 {
				C.vk_run_to_half(k, (*C.float)(&x[0]), (*C.uint16_t)(&y[0]), C.int64_t(len(x)))
			}
		},
	}
}
