package tensorbundle

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/x448/float16"
)

// DataType is TensorFlow's number of a type of elements
// (tensorflow/core/framework/types.proto).
type DataType uint64

// The types that are read.
const (
	Float32  DataType = 1
	Float64  DataType = 2
	String   DataType = 7
	BFloat16 DataType = 14
	Float16  DataType = 19
)

var typeNames = map[DataType]string{
	Float32: "float32", Float64: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", String: "string", 8: "complex64", 9: "int64",
	10: "bool", 11: "qint8", 12: "quint8", 13: "qint32", BFloat16: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16", 18: "complex128",
	Float16: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64",
}

// String returns TensorFlow's name of the type.
func (t DataType) String() string {
	if name := typeNames[t]; name != "" {
		return name
	}
	return fmt.Sprintf("type %d", uint64(t))
}

// width returns the bytes of an element that is a float, 0 for other types.
func (t DataType) width() int {
	switch t {
	case Float16, BFloat16:
		return 2
	case Float32:
		return 4
	case Float64:
		return 8
	}
	return 0
}

// Tensor is an array in a bundle, safe to read from several goroutines.
type Tensor struct {
	name  string
	typ   DataType
	shape []int
	parts []part

	unverified bool
}

// Name returns the tensor's name in the bundle.
func (t *Tensor) Name() string { return t.name }

// Type returns the type of the elements in the file.
func (t *Tensor) Type() DataType { return t.typ }

// Shape returns the dimensions; nil for a scalar.
func (t *Tensor) Shape() []int { return t.shape }

// ReadFloat32 reads all elements in row-major order into dst, whose length must
// be their number. Floats of other sizes are rounded to the nearest float32;
// other types fail with ErrUnsupported. After an error, such as a checksum that
// is wrong, the contents of dst are unspecified.
func (t *Tensor) ReadFloat32(dst []float32) error {
	if t.typ.width() == 0 {
		return unsupported("%s: weights of type %v", t.name, t.typ)
	}
	if len(dst) != elements(t.shape) {
		return fmt.Errorf("%s: %d elements do not fit a slice of %d", t.name, elements(t.shape), len(dst))
	}
	for _, p := range t.parts {
		if err := t.read(p, dst); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// blockBytes is how much is read before it is converted: a multiple of every
// element's size.
const blockBytes = 64 << 10

// read reads a part into its place in dst.
func (t *Tensor) read(p part, dst []float32) error {
	s := stream{r: p.r, typ: t.typ, left: p.r.Size()}
	rank := len(t.shape)
	if p.start == nil || rank == 0 {
		if err := s.next(dst); err != nil {
			return err
		}
		return t.verify(s.sum, p.sum)
	}
	if elements(p.extent) == 0 {
		return nil
	}
	at := make([]int, rank) // the row in the part; its last axis is read at once
	for {
		offset := 0
		for i, stride := rank-1, 1; i >= 0; i-- {
			offset += (p.start[i] + at[i]) * stride
			stride *= t.shape[i]
		}
		if err := s.next(dst[offset:][:p.extent[rank-1]]); err != nil {
			return err
		}
		axis := rank - 2
		for ; axis >= 0; axis-- {
			if at[axis]++; at[axis] < p.extent[axis] {
				break
			}
			at[axis] = 0
		}
		if axis < 0 {
			return t.verify(s.sum, p.sum)
		}
	}
}

func (t *Tensor) verify(sum, want uint32) error {
	if masked(sum) != want && !t.unverified {
		return malformed("wrong checksum")
	}
	return nil
}

// stream reads elements one after the other, and sums them up.
type stream struct {
	r      io.ReaderAt
	typ    DataType
	offset int64
	left   int64  // bytes behind the buffer's
	buffer []byte // read, not converted yet
	block  []byte
	sum    uint32
}

// next reads the elements that dst holds.
func (s *stream) next(dst []float32) error {
	width := s.typ.width()
	for len(dst) > 0 {
		if len(s.buffer) == 0 {
			n := min(s.left, blockBytes)
			if s.block == nil {
				s.block = make([]byte, n)
			}
			s.buffer = s.block[:n]
			if read, err := s.r.ReadAt(s.buffer, s.offset); read < len(s.buffer) || n == 0 {
				return malformed("%d bytes of %d can be read: %w", read, n, err)
			}
			s.sum = crc32.Update(s.sum, castagnoli, s.buffer)
			s.offset, s.left = s.offset+n, s.left-n
		}
		n := min(len(dst), len(s.buffer)/width)
		decode(s.typ, dst[:n], s.buffer)
		dst, s.buffer = dst[n:], s.buffer[n*width:]
	}
	return nil
}

// decode converts little endian floats.
func decode(typ DataType, dst []float32, src []byte) {
	switch typ {
	case Float32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case Float16:
		for i := range dst {
			dst[i] = float16.Frombits(binary.LittleEndian.Uint16(src[2*i:])).Float32()
		}
	case BFloat16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	}
}

// maxStringBytes bounds a string. The object graph of a SavedModel of the largest
// networks of keras.applications has some 10 MB.
const maxStringBytes = 64 << 20

// ReadString reads a tensor that is one string: the string's length, a checksum of
// it, and its bytes.
func (t *Tensor) ReadString() ([]byte, error) {
	s, err := t.readString()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return s, nil
}

func (t *Tensor) readString() ([]byte, error) {
	if t.typ != String || elements(t.shape) != 1 || len(t.parts) != 1 {
		return nil, malformed("%v of shape %v, where one string belongs", t.typ, t.shape)
	}
	p := t.parts[0]
	if p.r.Size() > maxStringBytes {
		return nil, unsupported("a string of %d bytes, above %d", p.r.Size(), maxStringBytes)
	}
	content := make([]byte, p.r.Size())
	if n, err := p.r.ReadAt(content, 0); n < len(content) {
		return nil, malformed("%d bytes of %d can be read: %w", n, len(content), err)
	}
	length, n := binary.Uvarint(content)
	if n <= 0 || len(content)-n < 4 || length != uint64(len(content)-n-4) {
		return nil, malformed("a string of %d bytes in %d", length, len(content))
	}
	// The checksum is of the length as a number, its checksum as stored, and the
	// bytes.
	var number []byte
	if number = binary.LittleEndian.AppendUint32(nil, uint32(length)); length > math.MaxUint32 {
		number = binary.LittleEndian.AppendUint64(nil, length)
	}
	sum := crc32.Checksum(number, castagnoli)
	if got := binary.LittleEndian.Uint32(content[n:]); masked(sum) != got && !t.unverified {
		return nil, malformed("wrong checksum of a string's length")
	}
	if err := t.verify(crc32.Update(sum, castagnoli, content[n:]), p.sum); err != nil {
		return nil, err
	}
	return content[n+4:], nil
}
