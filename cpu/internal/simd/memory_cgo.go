//go:build cgo

package simd

/*
#include <stdlib.h>
#include <stdint.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

// vk_allocate returns cleared memory, of which *from is the first byte at a
// multiple of 64. Large memory is asked for in huge pages: half of the time that
// reading weights takes on a cold translation buffer goes.
static void *vk_allocate(size_t bytes, void **from) {
	const size_t huge = 2 << 20, align = bytes >= 2 * huge ? huge : 64;
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
