//go:build cgo

package simd

/*
#include <stdlib.h>
#include <stdint.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

// vk_allocate returns cleared memory, of which *from is the first byte at a
// multiple of 64. All but little memory is asked for in whole huge pages: rows of
// a product that lie a small page apart cost half of its speed, and weights that
// are read on a cold translation buffer half of theirs.
static void *vk_allocate(size_t bytes, void **from) {
	const size_t huge = 2 << 20, align = bytes >= huge / 8 ? huge : 64;
	if (align == huge) bytes = (bytes + huge - 1) / huge * huge;
	char *raw = calloc(1, bytes + align);
	if (raw == NULL) return NULL;
	*from = raw + (align - (uintptr_t)raw % align) % align;
#if defined(__linux__)
	if (align == huge) madvise(*from, bytes, MADV_HUGEPAGE);
#endif
	return raw;
}
*/
import "C"

import "unsafe"

func allocate(bytes int) *Memory {
	var from unsafe.Pointer
	raw := C.vk_allocate(C.size_t(bytes), &from)
	if raw == nil {
		return nil
	}
	return &Memory{bytes: unsafe.Slice((*byte)(from), bytes), raw: raw}
}

// Free gives the memory back; nothing may point to it any more. Freeing nil does
// nothing.
func (m *Memory) Free() {
	if m != nil {
		C.free(m.raw)
		*m = Memory{}
	}
}
