// Package npy reads and writes NumPy's .npy files (numpy.lib.format, versions 1
// to 3) in C order. Readers trust nothing: what is allocated follows what is
// there, not what a header claims.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/x448/float16"

	"github.com/vkeras/vkeras/nn"
)

// ErrFormat is a file that is no .npy file in C order, or not one of the type of
// elements that was expected.
var ErrFormat = errors.New("not a .npy file of floats in C order")

// Magic is how a .npy file begins.
const Magic = "\x93NUMPY"

// Bounds of a header: NumPy writes some 100 bytes, and has at most 64 axes.
const (
	maxHeaderBytes = 1 << 16
	maxRank        = 64
)

// Type is a type of elements, as NumPy's headers name it.
type Type string

// The types of floats that are read, little endian, and that of bytes.
const (
	Uint8   Type = "|u1"
	Float16 Type = "<f2"
	Float32 Type = "<f4"
	Float64 Type = "<f8"
)

// width returns the bytes an element, 0 for types that are not read.
func (t Type) width() int {
	switch t {
	case Uint8:
		return 1
	case Float16:
		return 2
	case Float32:
		return 4
	case Float64:
		return 8
	}
	return 0
}

// Header is what stands before the elements: what a file claims.
type Header struct {
	Type  Type
	Shape nn.Shape
}

// The header is a Python dictionary.
var (
	dtype  = regexp.MustCompile(`'descr': *'([^']*)'`)
	order  = regexp.MustCompile(`'fortran_order': *(True|False)`)
	extent = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// ReadHeader reads a header of any type; the elements follow in r, in row-major
// order. Errors wrap ErrFormat, or are the reader's own.
func ReadHeader(r io.Reader) (Header, error) {
	header, err := readHeader(r)
	if err != nil {
		return Header{}, err
	}
	types, orders, extents := dtype.FindStringSubmatch(header), order.FindStringSubmatch(header), extent.FindStringSubmatch(header)
	if types == nil || orders == nil || extents == nil {
		return Header{}, fmt.Errorf("%w: a header without type, order or shape: %.120q", ErrFormat, header)
	}
	if orders[1] == "True" {
		return Header{}, fmt.Errorf("%w: it is in Fortran order: save numpy.ascontiguousarray(x)", ErrFormat)
	}
	shape, err := parseShape(extents[1])
	return Header{Type: Type(types[1]), Shape: shape}, err
}

// Array is an array of floats, or of bytes, whose header has been read.
type Array struct {
	Header

	r io.Reader
}

// NewReader reads the header of an array of floats or bytes; the elements follow in r.
// Errors wrap ErrFormat, or are the reader's own.
func NewReader(r io.Reader) (*Array, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	return h.Array(r)
}

// Array returns the array of floats or bytes that r has the elements of. Errors wrap
// ErrFormat.
func (h Header) Array(r io.Reader) (*Array, error) {
	if h.Type.width() == 0 {
		return nil, fmt.Errorf("%w: expected uint8, float16, float32 or float64 (%s, %s, %s, %s), found dtype %.40q", ErrFormat, Uint8, Float16, Float32, Float64, h.Type)
	}
	return &Array{Header: h, r: r}, nil
}

// readHeader returns the dictionary.
func readHeader(r io.Reader) (string, error) {
	var start struct {
		Magic        [6]byte
		Major, Minor byte
		Low          uint16
	}
	if err := binary.Read(r, binary.LittleEndian, &start); err != nil {
		return "", ended("within its first bytes", err)
	}
	if string(start.Magic[:]) != Magic {
		return "", fmt.Errorf("%w: it begins with %q", ErrFormat, start.Magic[:])
	}
	if start.Major < 1 || start.Major > 3 {
		return "", fmt.Errorf("%w: version %d.%d", ErrFormat, start.Major, start.Minor)
	}
	length := uint32(start.Low)
	if start.Major > 1 {
		var high uint16
		if err := binary.Read(r, binary.LittleEndian, &high); err != nil {
			return "", ended("within its first bytes", err)
		}
		length |= uint32(high) << 16
	}
	if length > maxHeaderBytes {
		return "", fmt.Errorf("%w: a header of %d bytes, above %d", ErrFormat, length, maxHeaderBytes)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(r, header); err != nil {
		return "", ended("within its header", err)
	}
	return string(header), nil
}

// ended wraps an error of reading, of which an early end is the file's fault.
func ended(where string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends %s", ErrFormat, where)
	}
	return err
}

// parseShape reads the extents between a Python tuple's parentheses.
func parseShape(text string) (nn.Shape, error) {
	shape := nn.Shape{}
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || len(shape) == maxRank {
			return nil, fmt.Errorf("%w: the shape (%.60s)", ErrFormat, text)
		}
		shape = append(shape, n)
	}
	return shape, nil
}

// Read fills dst with the next elements, in row-major order, as float32:
// bytes and float16 exactly, float64 rounded.
func (a *Array) Read(dst []float32) error {
	width := a.Type.width()
	raw := make([]byte, width*min(len(dst), 1<<14))
	for len(dst) > 0 {
		n := min(len(dst), len(raw)/width)
		if _, err := io.ReadFull(a.r, raw[:n*width]); err != nil {
			return ended(fmt.Sprintf("before its array of shape %v does", a.Shape), err)
		}
		for i := range n {
			switch a.Type {
			case Uint8:
				dst[i] = float32(raw[i])
			case Float16:
				dst[i] = float16.Frombits(binary.LittleEndian.Uint16(raw[2*i:])).Float32()
			case Float64:
				dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
			default:
				dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
		}
		dst = dst[n:]
	}
	return nil
}

// Write writes a float32 array.
func Write(w io.Writer, shape nn.Shape, data []float32) error {
	if _, err := w.Write(Header{Float32, shape}.Bytes()); err != nil {
		return err
	}
	return WriteFloats(w, data)
}

// Bytes returns the header in format 1.0. For up to four axes it is 128 bytes
// whatever their extents, so that it can be written anew over one of another
// length.
func (h Header) Bytes() []byte {
	dims := ""
	for _, d := range h.Shape {
		dims += fmt.Sprintf("%d, ", d)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", h.Type, dims[:max(0, len(dims)-1)])
	const before, align = 10, 128 // bytes of magic, version and header length; the format asks for 64
	header = fmt.Sprintf("%-*s\n", (before+len(header)+1+align-1)/align*align-before-1, header)
	b := append([]byte(Magic+"\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(b, header...)
}

// WriteFloats writes elements, as they follow the header of a float32 array.
func WriteFloats(w io.Writer, data []float32) error {
	const piece = 1 << 14
	b := make([]byte, 0, 4*piece)
	for len(data) > 0 {
		n := min(piece, len(data))
		b = b[:0]
		for _, v := range data[:n] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
