package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// blockBytes is how much of contiguous data is read before it is converted: it
// stays in the processor's cache in between.
const blockBytes = 128 << 10

// Dataset is an array of numbers in the file; nothing of it is read on opening.
type Dataset struct {
	*object
	space dataspace
	typ   Type
}

func newDataset(o *object) (*Dataset, error) {
	if err := o.loadAttrs(); err != nil {
		return nil, err
	}
	space, err := o.find(msgDataspace)
	if err != nil {
		return nil, err
	}
	datatype, err := o.find(msgDatatype)
	if err != nil {
		return nil, err
	}
	d := &Dataset{object: o}
	if d.space, err = o.f.parseDataspace(space); err != nil {
		return nil, fmt.Errorf("dataspace: %w", err)
	}
	if d.typ, err = o.f.parseType(datatype); err != nil {
		return nil, fmt.Errorf("datatype: %w", err)
	}
	return d, nil
}

// Path returns the path that led to the dataset.
func (d *Dataset) Path() string { return d.path }

// Shape returns the dimensions; nil for a scalar, which has one element, and
// for a null dataspace, which has none.
func (d *Dataset) Shape() []int { return d.space.shape() }

// Type returns the type of the elements in the file.
func (d *Dataset) Type() Type { return d.typ }

// Attr returns the dataset's attribute of this name, or ErrNotFound.
func (d *Dataset) Attr(name string) (*Attr, error) { return d.attr(name) }

// ReadFloat32 reads all elements in row-major order into dst, whose length must
// be their number. Floats of other sizes and integers are rounded to the
// nearest float32; other types fail with ErrUnsupported. After an error the
// contents of dst are unspecified.
func (d *Dataset) ReadFloat32(dst []float32) error {
	decode, err := numberDecoder[float32](d.typ)
	if err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	return d.readAll(dst, decode)
}

// ReadBfloat16 is ReadFloat32 for elements of two opaque bytes that are bfloat16,
// little-endian: the upper halves of float32 values.
func (d *Dataset) ReadBfloat16(dst []float32) error {
	if d.typ.class != classOpaque || d.typ.size != 2 {
		return fmt.Errorf("%s: %w", d.path, unsupported("%v as bfloat16", d.typ))
	}
	return d.readAll(dst, eachOf(2, func(b []byte) float32 {
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	}))
}

// partReader sets dst to the elements from one on.
type partReader = func(dst []float32, from int) error

// Parts returns a function that begins to read the elements in order, part by part,
// as float32: what it returns sets dst to those from one on, which must be where the
// part before has ended. It is nil unless the elements lie in the file, or in its one
// chunk, as in memory.
func (d *Dataset) Parts() func() func(dst []float32, from int) error {
	begin := d.parts()
	if begin == nil {
		return nil
	}
	return func() partReader {
		read := begin()
		return func(dst []float32, from int) error {
			if from < 0 || uint64(from)+uint64(len(dst)) > d.space.elements {
				return fmt.Errorf("%s: elements %d to %d of %d", d.path, from, from+len(dst), d.space.elements)
			}
			if err := read(dst, from); err != nil {
				return fmt.Errorf("%s: %w", d.path, err)
			}
			return nil
		}
	}
}

func (d *Dataset) parts() func() partReader {
	if d.has(msgExternalFiles) || !d.typ.native() {
		return nil
	}
	body, err := d.find(msgLayout)
	if err != nil {
		return nil
	}
	l, err := d.f.parseLayout(body)
	size, ok := product(d.space.elements, uint64(d.typ.size))
	switch {
	case err != nil || !ok || l.addr == undefined:
	case l.class == layoutContiguous:
		if size > l.size || d.f.check(l.addr, size) != nil {
			return nil
		}
		return func() partReader {
			return func(dst []float32, from int) error { return d.f.readFull(bytesOf(dst), l.addr+4*uint64(from)) }
		}
	case l.class == layoutChunked:
		return d.oneChunk(l.chunked)
	}
	return nil
}

// bytesOf returns the memory of numbers.
func bytesOf(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

func (d *Dataset) readAll(dst []float32, decode decodeFunc) error {
	if uint64(len(dst)) != d.space.elements {
		return fmt.Errorf("%s: %d elements do not fit a slice of %d", d.path, d.space.elements, len(dst))
	}
	if len(dst) == 0 {
		return nil
	}
	if err := d.read(dst, decode); err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	return nil
}

func (d *Dataset) read(dst []float32, decode decodeFunc) error {
	if d.has(msgExternalFiles) {
		return unsupported("data in external files")
	}
	body, err := d.find(msgLayout)
	if err != nil {
		return err
	}
	l, err := d.f.parseLayout(body)
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	size, ok := product(d.space.elements, uint64(d.typ.size))
	if !ok {
		return malformed("shape %v of %v", d.space.dims, d.typ)
	}
	switch {
	case l.class == layoutCompact:
		if size > uint64(len(l.compact)) {
			return malformed("%d bytes of compact data where %d belong", len(l.compact), size)
		}
		decode(dst, append([]byte(nil), l.compact...))
		return nil
	case l.addr == undefined:
		return d.fill(dst, decode, true)
	case l.class == layoutContiguous:
		if size > l.size {
			return malformed("%d bytes of data where %d belong", l.size, size)
		}
		return d.readContiguous(dst, l.addr, size, decode)
	default:
		if err := d.fill(dst, decode, false); err != nil {
			return err
		}
		return d.readChunks(dst, l.chunked, decode)
	}
}

// decodeFunc is what numberDecoder returns.
type decodeFunc = func(dst []float32, src []byte)

func (d *Dataset) readContiguous(dst []float32, addr, size uint64, decode decodeFunc) error {
	if err := d.f.check(addr, size); err != nil {
		return err
	}
	if d.typ.native() {
		return d.f.readFull(bytesOf(dst), addr)
	}
	elementSize := uint64(d.typ.size)
	block := make([]byte, min(size, blockBytes))
	for len(dst) > 0 {
		n := min(uint64(len(dst)), blockBytes/elementSize)
		b := block[:n*elementSize]
		if err := d.f.readFull(b, addr); err != nil {
			return err
		}
		decode(dst[:n], b)
		dst, addr = dst[n:], addr+uint64(len(b))
	}
	return nil
}
