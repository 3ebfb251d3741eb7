package simd

import (
	"fmt"
	"unsafe"
)

// Align is what memory of Allocate begins at a multiple of: a cache line, and the
// widest vector.
const Align = 64

// Memory is memory that kernels may read and write, cleared at first. It lies
// outside of Go's heap where the kernels are in C.
type Memory struct {
	bytes []byte
	raw   unsafe.Pointer // to be freed
}

// Allocate returns so many bytes.
func Allocate(bytes int64) (*Memory, error) {
	if bytes < 0 || bytes > 1<<46 {
		return nil, fmt.Errorf("%d bytes of memory", bytes)
	}
	m := allocate(max(int(bytes), 1))
	if m == nil {
		return nil, fmt.Errorf("%w: %d bytes", ErrOutOfMemory, bytes)
	}
	return m, nil
}

// Bytes returns the memory, for as long as it is not freed.
func (m *Memory) Bytes() []byte { return m.bytes }

// Float returns a pointer to the float32 at an offset in bytes.
func (m *Memory) Float(offset int64) *float32 { return (*float32)(unsafe.Pointer(&m.bytes[offset])) }

// Floats returns n float32 from an offset in bytes on.
func (m *Memory) Floats(offset int64, n int) []float32 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice(m.Float(offset), n)
}
