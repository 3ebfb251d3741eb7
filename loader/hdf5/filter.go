package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zlib" // inflates faster than the standard library
)

// Filters (IV.A.2.l).
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
	filterLZF        = 32000 // h5py's own
)

// filterNames are for messages.
var filterNames = map[uint16]string{filterDeflate: "deflate", filterShuffle: "shuffle", filterFletcher32: "fletcher32",
	4: "szip", 5: "nbit", 6: "scaleoffset", filterLZF: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32015: "zstd"}

// maxDeflateRatio is the most that deflate can shrink data by: 258 bytes in the
// two bits of a length and a distance.
const maxDeflateRatio = 1032

// filter is one step of a pipeline.
type filter struct {
	id uint16
	// Bytes of what shuffle takes for one element.
	elementSize int
}

// pipeline is what chunks went through when written, in that order.
type pipeline []filter

// parsePipeline reads a filter pipeline message (IV.A.2.l).
func (f *File) parsePipeline(body []byte) (pipeline, error) {
	if body == nil {
		return nil, nil
	}
	d := f.decoder(body)
	version, count := d.u8(), int(d.u8())
	switch {
	case d.err == nil && version != 1 && version != 2:
		return nil, unsupported("message version %d", version)
	case version == 1:
		d.skip(6)
	}
	var p pipeline
	for range count {
		next, err := d.filter(version)
		if err != nil {
			return nil, err
		}
		// Bounds the ratio of what is read to what is stored.
		if p.has(next.id) {
			return nil, unsupported("filter %s twice", filterNames[next.id])
		}
		p = append(p, next)
	}
	// What one makes of the other's output has a size that nothing tells.
	if p.has(filterDeflate) && p.has(filterLZF) {
		return nil, unsupported("filters deflate and lzf together")
	}
	return p, d.err
}

func (d *decoder) filter(version uint8) (filter, error) {
	next := filter{id: d.u16()}
	var nameSize uint64
	// Version 2 leaves the name out where the filter is of the library itself.
	if version == 1 || next.id >= 256 {
		nameSize = uint64(d.u16())
	}
	d.skip(2) // flags
	parameters := uint64(d.u16())
	if version == 1 {
		nameSize += -nameSize % 8
	}
	d.skip(nameSize)
	values := d.bytes(4 * parameters)
	if version == 1 && parameters%2 == 1 {
		d.skip(4)
	}
	if d.err != nil {
		return next, d.err
	}
	switch next.id {
	case filterDeflate, filterFletcher32, filterLZF:
	case filterShuffle:
		if parameters < 1 {
			return next, malformed("shuffle without the size of an element")
		}
		next.elementSize = int(binary.LittleEndian.Uint32(values))
		if next.elementSize <= 0 {
			return next, malformed("shuffle of elements of %d bytes", next.elementSize)
		}
	default:
		if name, ok := filterNames[next.id]; ok {
			return next, unsupported("filter %s", name)
		}
		return next, unsupported("filter %d", next.id)
	}
	return next, nil
}

// applied returns the filters that a chunk's mask does not switch off.
func (p pipeline) applied(mask uint32) pipeline {
	if mask == 0 {
		return p
	}
	var left pipeline
	for i, step := range p {
		if i >= 32 || mask>>i&1 == 0 {
			left = append(left, step)
		}
	}
	return left
}

// checksums is how many bytes fletcher32 adds.
func (p pipeline) checksums() uint64 {
	if p.has(filterFletcher32) {
		return 4
	}
	return 0
}

func (p pipeline) has(id uint16) bool {
	return slices.ContainsFunc(p, func(step filter) bool { return step.id == id })
}

// checkStored refuses stored sizes that cannot become a chunk of size bytes,
// before memory is taken for it.
func (p pipeline) checkStored(stored, size uint64) error {
	possible := stored == size+p.checksums()
	switch {
	case p.has(filterDeflate):
		possible = size/maxDeflateRatio <= stored
	case p.has(filterLZF):
		possible = size/maxLZFRatio <= stored
	}
	if !possible {
		return malformed("a chunk of %d bytes stored in %d", size, stored)
	}
	return nil
}

// scratch is the memory that a chunk passes through, used again for the next.
type scratch struct {
	stored, inflated, unshuffled, row []byte

	inflater io.ReadCloser
}

// undo takes back all filters of a chunk that had size bytes before them. What
// it returns is in s, valid until the next call.
func (s *scratch) undo(p pipeline, b []byte, size uint64) ([]byte, error) {
	var err error
	for i := len(p) - 1; i >= 0; i-- {
		switch p[i].id {
		case filterDeflate:
			b, err = s.inflate(b, size+p[:i].checksums())
		case filterLZF:
			b, err = s.expand(b, size+p[:i].checksums())
		case filterShuffle:
			s.unshuffled = resized(s.unshuffled, uint64(len(b)))
			whole := unshuffle(s.unshuffled, b, p[i].elementSize, 0)
			copy(s.unshuffled[whole:], b[whole:]) // bytes too few for an element stay last
			b = s.unshuffled
		case filterFletcher32:
			b, err = checkFletcher32(b)
		}
		if err != nil {
			return nil, err
		}
	}
	if uint64(len(b)) != size {
		return nil, malformed("a chunk of %d bytes where %d belong", len(b), size)
	}
	return b, nil
}

// inflate takes back deflate (RFC 1950), which must give size bytes.
func (s *scratch) inflate(b []byte, size uint64) ([]byte, error) {
	s.inflated = resized(s.inflated, size)
	if err := s.inflateInto(s.inflated, bytes.NewReader(b)); err != nil {
		return nil, fmt.Errorf("%w: deflate: %w", ErrFormat, err)
	}
	return s.inflated, nil
}

// expand takes back lzf, which must give size bytes.
func (s *scratch) expand(b []byte, size uint64) ([]byte, error) {
	s.inflated = resized(s.inflated, size)
	if err := expandLZF(s.inflated, b); err != nil {
		return nil, malformed("lzf: %v", err)
	}
	return s.inflated, nil
}

func (s *scratch) inflateInto(dst []byte, src io.Reader) (err error) {
	if s.inflater == nil {
		s.inflater, err = zlib.NewReader(src)
	} else {
		err = s.inflater.(zlib.Resetter).Reset(src, nil)
	}
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(s.inflater, dst); err != nil {
		return err
	}
	// The end of the stream is where its checksum is compared.
	var more [1]byte
	switch n, err := io.ReadFull(s.inflater, more[:]); {
	case n > 0:
		return errors.New("more data than a chunk holds")
	case err != io.EOF:
		return err
	}
	return nil
}

// unshuffle gathers the bytes of elements, from one on as many as dst has room for,
// which shuffle had put apart: all first bytes, then all second ones. It returns how
// many bytes it set.
func unshuffle(dst, src []byte, elementSize, from int) int {
	all := len(src) / elementSize
	n := min(len(dst)/elementSize, all-from)
	if n <= 0 {
		return 0 // before looping over the bytes of an element, of which a file may claim billions
	}
	if elementSize == 4 {
		b0, b1, b2, b3 := src[from:][:n], src[all+from:][:n], src[2*all+from:][:n], src[3*all+from:][:n]
		for i := range n {
			word := uint32(b0[i]) | uint32(b1[i])<<8 | uint32(b2[i])<<16 | uint32(b3[i])<<24
			binary.LittleEndian.PutUint32(dst[4*i:], word)
		}
		return 4 * n
	}
	for i := range elementSize {
		for j, v := range src[i*all+from:][:n] {
			dst[j*elementSize+i] = v
		}
	}
	return n * elementSize
}

func checkFletcher32(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, malformed("no room for a checksum in a chunk")
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if fletcher32(body) != sum {
		return nil, malformed("wrong checksum of a chunk")
	}
	return body, nil
}

// resized returns n bytes, in the memory of b where that suffices.
func resized(b []byte, n uint64) []byte {
	if n <= uint64(cap(b)) {
		return b[:n]
	}
	return make([]byte, n)
}
