//go:build !cgo

package simd

import "unsafe"

// allocate takes Go's own memory, which begins at a multiple of eight: enough for
// kernels in Go.
func allocate(bytes int) *Memory {
	words := make([]uint64, (bytes+7)/8)
	return &Memory{bytes: unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), bytes)}
}

// Free gives the memory back; nothing may point to it any more. Freeing nil does
// nothing.
func (m *Memory) Free() {
	if m != nil {
		*m = Memory{}
	}
}
