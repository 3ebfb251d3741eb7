package lower

// Memory is one of the two buffers that kernels work on.
type Memory int

// The buffers.
const (
	Arena Memory = iota
	Weights
)

// Region is a range of bytes of a buffer.
type Region struct {
	In            Memory
	Offset, Bytes int64
}

// part returns n bytes of the region, from one of its bytes on.
func (r Region) part(from, n int64) Region { return Region{r.In, r.Offset + from, n} }

// none is the region of a binding that the kernel does not touch.
var none Region

// aligned returns the region with its beginning moved down to a multiple of
// align, and the elements of the given size by which it was moved.
func (r Region) aligned(align, element int64) (Region, uint32) {
	rest := r.Offset % align
	return Region{r.In, r.Offset - rest, r.Bytes + rest}, uint32(rest / element)
}
