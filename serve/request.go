package serve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// invalidError is a request's own fault.
type invalidError struct{ error }

func (e invalidError) Unwrap() error { return e.error }

func invalid(format string, a ...any) error { return invalidError{fmt.Errorf(format, a...)} }

// isInvalid reports whether an error is the request's own fault.
func isInvalid(err error) bool { return errors.As(err, new(invalidError)) }

// request is an inference request, whichever way it came.
type request struct {
	id      string
	inputs  []input
	outputs []wanted // none: all
	packed  bool     // all are wanted as packed elements
	whole   bool     // the only input is one encoded picture, and has no name
}

type input struct {
	name, datatype string
	shape          nn.Shape // as the request has it: nothing is sure about it
	contents       contents
}

// contents are an input's elements, as the request has them.
type contents interface {
	// floats fills dst with elements of type FP32.
	floats(dst []float32) error
	// files returns n elements of type BYTES.
	files(n int) ([][]byte, error)
}

// wanted is an output that the client asks for.
type wanted struct {
	name    string
	packed  bool // as packed elements
	classes int  // so many of the highest scores, instead of all
}

// images returns how many images the request has, after holding its inputs to
// the model's: names, types and shapes, but not yet their contents.
func (r *request) images(m *Model) (int, error) {
	if len(r.inputs) != len(m.Inputs) {
		return 0, invalid("model %s takes %d inputs, found %d", m.Name, len(m.Inputs), len(r.inputs))
	}
	if r.whole {
		r.inputs[0].name = m.Inputs[0].Name
	}
	n, seen := 0, map[string]bool{}
	for i := range r.inputs {
		in := &r.inputs[i]
		at, err := find(m.Inputs, in.name)
		if err != nil {
			return 0, invalid("inputs: %w", err)
		}
		if seen[in.name] {
			return 0, invalid("input %q comes twice", in.name)
		}
		seen[in.name] = true
		if err := in.check(m, m.Inputs[at]); err != nil {
			return 0, fmt.Errorf("input %q: %w", in.name, err)
		}
		if i > 0 && in.shape[0] != n {
			return 0, invalid("input %q has %d images, the one before it %d", in.name, in.shape[0], n)
		}
		n = in.shape[0]
	}
	return n, nil
}

// check holds an input's type and shape to a spec.
func (in *input) check(m *Model, spec Spec) error {
	shape := in.shape
	switch {
	case in.datatype == raw && m.Pictures == nil:
		return invalid("datatype BYTES: model %s takes FP32 alone", m.Name)
	case in.datatype == raw && (len(shape) == 1 || len(shape) == 2 && shape[1] == 1) && shape[0] > 0:
		return nil
	case in.datatype == raw:
		return invalid("expected shape (N) or (N, 1) of encoded pictures, found %v", shape)
	case in.datatype != fp32:
		return invalid("datatype %.40q: expected FP32%s", in.datatype, map[bool]string{true: ", or BYTES of encoded pictures"}[m.Pictures != nil])
	case len(shape) != len(spec.Shape)+1 || !shape[1:].Equal(spec.Shape):
		return invalid("expected shape (N, %s, found %v", spec.Shape.String()[1:], shape)
	case shape[0] < 1:
		return invalid("%d images", shape[0])
	}
	return nil
}

// packed are elements as bytes: numbers little-endian, one after the other;
// elements of BYTES each after its length of 4 bytes, little-endian.
type packed []byte

func (p packed) floats(dst []float32) error {
	if len(p) != 4*len(dst) {
		return invalid("expected %d bytes for the %d numbers of its shape, found %d", 4*len(dst), len(dst), len(p))
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(p[4*i:]))
	}
	return nil
}

func (p packed) files(n int) ([][]byte, error) {
	var files [][]byte
	for rest := p; len(rest) > 0; {
		if len(files) == n {
			return nil, invalid("%d bytes follow the %d elements of its shape", len(rest), n)
		}
		if len(rest) < 4 || uint64(binary.LittleEndian.Uint32(rest)) > uint64(len(rest)-4) {
			return nil, invalid("element %d is longer than what is left of its %d bytes", len(files), len(p))
		}
		size := 4 + int(binary.LittleEndian.Uint32(rest))
		files, rest = append(files, rest[4:size]), rest[size:]
	}
	return files, exactly(n, len(files))
}

// listed are elements as lists of their type.
type listed struct {
	numbers  []float32
	elements [][]byte
}

func (l listed) floats(dst []float32) error {
	copy(dst, l.numbers)
	return exactly(len(dst), len(l.numbers))
}

func (l listed) files(n int) ([][]byte, error) { return l.elements, exactly(n, len(l.elements)) }

// exactly holds the number of an input's elements to its shape.
func exactly(expected, found int) error {
	if expected != found {
		return invalid("expected %d elements for its shape, found %d", expected, found)
	}
	return nil
}
