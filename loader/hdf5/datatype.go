package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/x448/float16"
)

// class is the kind of a datatype (IV.A.2.d).
type class uint8

const (
	classInteger  class = 0
	classFloat    class = 1
	classString   class = 3
	classOpaque   class = 5
	classVariable class = 9
)

// classNames are for messages; those not among the constants are not read.
var classNames = [...]string{"integer", "float", "time", "string", "bitfield", "opaque", "compound",
	"reference", "enum", "variable-length sequence", "array", "complex"}

// Type is the datatype of a dataset or an attribute.
type Type struct {
	class  class
	size   int  // bytes of one element in the file
	big    bool // big-endian
	signed bool
	plain  bool // a number of a layout that is read: all bits used, IEEE 754
	vlen   bool // a string in the global heap
	pad    uint8
}

// Padding of fixed-length strings.
const (
	padNullTerminated = 0
	padNull           = 1
	padSpace          = 2
)

// String returns the name in NumPy's manner where there is one: "float32",
// "int64", "string", "opaque[2]"; else the class, "compound" for example.
func (t Type) String() string {
	if int(t.class) >= len(classNames) {
		return fmt.Sprintf("type of class %d", t.class)
	}
	name := classNames[t.class]
	switch {
	case t.vlen:
		return "string"
	case t.class == classOpaque:
		return fmt.Sprintf("opaque[%d]", t.size)
	case t.class == classInteger && t.plain && t.signed:
		return fmt.Sprintf("int%d", 8*t.size)
	case t.class == classInteger && t.plain:
		return fmt.Sprintf("uint%d", 8*t.size)
	case t.class == classFloat && t.plain:
		return fmt.Sprintf("float%d", 8*t.size)
	case t.class == classInteger || t.class == classFloat:
		return fmt.Sprintf("%s of %d bytes in an unusual layout", name, t.size)
	}
	return name
}

// parseType reads a datatype message (IV.A.2.d), of the types that are not read
// only what names them.
func (f *File) parseType(body []byte) (Type, error) {
	d := f.decoder(body)
	first := d.u8()
	bits := uint32(d.uint(3))
	t := Type{class: class(first & 15), size: int(d.u32())}
	if version := first >> 4; d.err == nil && (version < 1 || version > 5) {
		return t, unsupported("datatype version %d", version)
	}
	switch t.class {
	case classInteger, classFloat:
		t.big = bits&1 != 0
		offset, precision := d.u16(), int(d.u16())
		t.plain = offset == 0 && precision == 8*t.size
		if t.class == classInteger {
			t.signed = bits&(1<<3) != 0
			t.plain = t.plain && (t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8)
			break
		}
		layout := floatLayout{int(bits >> 8 & 0xff), int(d.u8()), int(d.u8()), int(d.u8()), int(d.u8()), d.u32()}
		// Bits 4 and 5: an implied leading mantissa bit. Bit 6: VAX order.
		t.plain = t.plain && bits>>4&3 == 2 && bits&(1<<6) == 0 && layout == ieeeLayout(t.size)
	case classString:
		t.pad = uint8(bits & 15)
	case classVariable:
		t.vlen = bits&15 == 1
	}
	// Over the limit are sizes that an int of 32 bits would not hold.
	if d.err == nil && (t.size <= 0 || t.size > math.MaxInt32) {
		return t, malformed("elements of %d bytes", t.size)
	}
	return t, d.err
}

// floatLayout is where in a float its parts are, in bits.
type floatLayout struct {
	sign, exponentAt, exponent, mantissaAt, mantissa int
	bias                                             uint32
}

// ieeeLayout returns the layout of IEEE 754 binary16, 32 or 64.
func ieeeLayout(size int) floatLayout {
	switch size {
	case 2:
		return floatLayout{15, 10, 5, 0, 10, 15}
	case 4:
		return floatLayout{31, 23, 8, 0, 23, 127}
	case 8:
		return floatLayout{63, 52, 11, 0, 52, 1023}
	}
	return floatLayout{sign: -1}
}

// numberDecoder returns a function that converts len(dst) elements at the front
// of src to T, rounding to the nearest value once. It may reorder src's bytes.
func numberDecoder[T float32 | float64](t Type) (func(dst []T, src []byte), error) {
	decode := littleEndianDecoder[T](t)
	if decode == nil {
		return nil, unsupported("%v as numbers", t)
	}
	if !t.big || t.size == 1 {
		return decode, nil
	}
	return func(dst []T, src []byte) {
		for element := range slices.Chunk(src[:len(dst)*t.size], t.size) {
			slices.Reverse(element)
		}
		decode(dst, src)
	}, nil
}

// native reports whether elements lie in the file as a float32 does in this
// machine's memory.
func (t Type) native() bool {
	return t.plain && t.String() == "float32" && t.big == (binary.NativeEndian.Uint16([]byte{0, 1}) == 1)
}

// littleEndianDecoder returns nil for types that are not numbers.
func littleEndianDecoder[T float32 | float64](t Type) func(dst []T, src []byte) {
	if !t.plain {
		return nil
	}
	little := binary.LittleEndian
	switch t.String() {
	case "float16":
		return eachOf(2, func(b []byte) T { return T(float16.Frombits(little.Uint16(b)).Float32()) })
	case "float32":
		return decodeFloat32[T]
	case "float64":
		return eachOf(8, func(b []byte) T { return T(math.Float64frombits(little.Uint64(b))) })
	case "int8":
		return eachOf(1, func(b []byte) T { return T(int8(b[0])) })
	case "int16":
		return eachOf(2, func(b []byte) T { return T(int16(little.Uint16(b))) })
	case "int32":
		return eachOf(4, func(b []byte) T { return T(int32(little.Uint32(b))) })
	case "int64":
		return eachOf(8, func(b []byte) T { return T(int64(little.Uint64(b))) })
	case "uint8":
		return eachOf(1, func(b []byte) T { return T(b[0]) })
	case "uint16":
		return eachOf(2, func(b []byte) T { return T(little.Uint16(b)) })
	case "uint32":
		return eachOf(4, func(b []byte) T { return T(little.Uint32(b)) })
	case "uint64":
		return eachOf(8, func(b []byte) T { return T(little.Uint64(b)) })
	}
	return nil
}

func eachOf[T any](size int, convert func([]byte) T) func(dst []T, src []byte) {
	return func(dst []T, src []byte) {
		for i := range dst {
			dst[i] = convert(src[i*size:][:size])
		}
	}
}

// decodeFloat32 is not an eachOf: nearly all weights are of this type, and the
// call for each element would take longer than the reading.
func decodeFloat32[T float32 | float64](dst []T, src []byte) {
	for i := range dst {
		dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
	}
}
