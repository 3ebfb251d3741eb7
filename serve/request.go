package serve

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/vkeras/vkeras/nn"
)

// invalidError is a request's own fault.
type invalidError struct{ error }

func (e invalidError) Unwrap() error { return e.error }

func invalid(format string, a ...any) error { return invalidError{fmt.Errorf(format, a...)} }

// headerLength is the header that says how long the JSON before the binary data
// is.
const headerLength = "Inference-Header-Content-Length"

// request is an inference request as it comes. Parameters that are not known are
// passed over, as the protocol has it.
type request struct {
	ID         string      `json:"id"`
	Inputs     []inputJSON `json:"inputs"`
	Outputs    []wanted    `json:"outputs"`
	Parameters struct {
		Binary bool `json:"binary_data_output"`
	} `json:"parameters"`

	whole bool // the body is one encoded picture, and nothing else
}

type inputJSON struct {
	Name       string `json:"name"`
	Datatype   string `json:"datatype"`
	Shape      []int  `json:"shape"`
	Parameters struct {
		BinarySize *int `json:"binary_data_size"`
	} `json:"parameters"`
	Data json.RawMessage `json:"data"`

	binary []byte // what follows the JSON for it, where BinarySize is given
}

// wanted is an output that the client asks for.
type wanted struct {
	Name       string `json:"name"`
	Parameters struct {
		Binary  *bool `json:"binary_data"`
		Classes int   `json:"classification"` // of the highest scores, instead of all
	} `json:"parameters"`
}

// parse reads a request's body. A header length of 0 means that the body is the
// data of the only input: one encoded picture.
func parse(h http.Header, body []byte) (*request, error) {
	length, has := len(body), false
	if text := h.Get(headerLength); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > len(body) {
			return nil, invalid("%s %.40q: expected a number up to the body's %d bytes", headerLength, text, len(body))
		}
		length, has = n, true
	}
	if has && length == 0 {
		in := inputJSON{Datatype: raw, Shape: []int{1}, binary: body}
		return &request{Inputs: []inputJSON{in}, whole: true}, nil
	}
	var r request
	if err := json.Unmarshal(body[:length], &r); err != nil {
		return nil, invalid("the request is not what the protocol says: %w", err)
	}
	return &r, r.attach(body[length:])
}

// attach hands the binary data that follow the JSON to their inputs.
func (r *request) attach(data []byte) error {
	for i := range r.Inputs {
		in := &r.Inputs[i]
		size := in.Parameters.BinarySize
		if size == nil {
			continue
		}
		if in.Data != nil {
			return invalid("input %.100q has both data and binary_data_size", in.Name)
		}
		if *size < 0 || *size > len(data) {
			return invalid("input %.100q: binary_data_size %d, and %d bytes are left in the body", in.Name, *size, len(data))
		}
		in.binary, data = data[:*size:*size], data[*size:]
	}
	if len(data) > 0 {
		return invalid("%d bytes follow the last input", len(data))
	}
	return nil
}

// images returns how many images the request has, after holding its inputs to
// the model's: names, types and shapes, but not yet their data.
func (r *request) images(m *Model) (int, error) {
	if r.whole {
		r.Inputs[0].Name = m.Inputs[0].Name // it names none; more inputs are refused below
	}
	if len(r.Inputs) != len(m.Inputs) {
		return 0, invalid("model %s takes %d inputs, found %d", m.Name, len(m.Inputs), len(r.Inputs))
	}
	n, seen := 0, map[string]bool{}
	for i := range r.Inputs {
		in := &r.Inputs[i]
		at, err := find(m.Inputs, in.Name)
		if err != nil {
			return 0, invalid("inputs: %w", err)
		}
		if seen[in.Name] {
			return 0, invalid("input %q comes twice", in.Name)
		}
		seen[in.Name] = true
		if err := in.check(m, m.Inputs[at]); err != nil {
			return 0, fmt.Errorf("input %q: %w", in.Name, err)
		}
		if i > 0 && in.Shape[0] != n {
			return 0, invalid("input %q has %d images, the one before it %d", in.Name, in.Shape[0], n)
		}
		n = in.Shape[0]
	}
	return n, nil
}

// check holds an input's type and shape to a spec.
func (in *inputJSON) check(m *Model, spec Spec) error {
	shape := nn.Shape(in.Shape)
	switch {
	case in.Datatype == raw && m.Pictures == nil:
		return invalid("datatype BYTES: model %s takes FP32 alone", m.Name)
	case in.Datatype == raw && (len(shape) == 1 || len(shape) == 2 && shape[1] == 1) && shape[0] > 0:
		return nil
	case in.Datatype == raw:
		return invalid("expected shape (N) or (N, 1) of encoded pictures, found %v", shape)
	case in.Datatype != fp32:
		return invalid("datatype %.40q: expected FP32%s", in.Datatype, map[bool]string{true: ", or BYTES of encoded pictures"}[m.Pictures != nil])
	case len(shape) != len(spec.Shape)+1 || !shape[1:].Equal(spec.Shape):
		return invalid("expected shape (N, %s, found %v", spec.Shape.String()[1:], shape)
	case shape[0] < 1:
		return invalid("%d images", shape[0])
	}
	return nil
}

// floats fills dst with an input's elements.
func (in *inputJSON) floats(dst []float32) error {
	if in.binary == nil {
		return parseFloats(dst, in.Data)
	}
	if len(in.binary) != 4*len(dst) {
		return invalid("expected %d bytes for shape %v, found %d", 4*len(dst), nn.Shape(in.Shape), len(in.binary))
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(in.binary[4*i:]))
	}
	return nil
}

// parseFloats reads as many numbers as dst has from a JSON array, flat or nested;
// json.Unmarshal has seen that it is JSON.
func parseFloats(dst []float32, data []byte) error {
	n := 0
	for at := 0; at < len(data); {
		switch c := data[at]; {
		case c == '-' || c >= '0' && c <= '9':
			end := at + 1
			for end < len(data) && isNumber(data[end]) {
				end++
			}
			if n == len(dst) {
				return invalid("more than the %d numbers of its shape", len(dst))
			}
			v, err := strconv.ParseFloat(string(data[at:end]), 32)
			if err != nil {
				return invalid("number %d, %.40s, is no float32", n, data[at:end])
			}
			dst[n], n, at = float32(v), n+1, end
		case c == '[' || c == ']' || c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r':
			at++
		default:
			return invalid("data: expected numbers, found %.40q", data[at:])
		}
	}
	if n != len(dst) {
		return invalid("expected %d numbers for its shape, found %d", len(dst), n)
	}
	return nil
}

func isNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// files returns an input's elements of type BYTES: from binary data, each after
// its length of 4 bytes, little-endian; from JSON, base64.
func (in *inputJSON) files(whole bool) ([][]byte, error) {
	var files [][]byte
	switch {
	case whole:
		return [][]byte{in.binary}, nil
	case in.binary == nil:
		var texts []string
		if err := unmarshalStrings(in.Data, &texts); err != nil {
			return nil, err
		}
		for i, text := range texts {
			file, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, invalid("element %d is not base64: %w", i, err)
			}
			files = append(files, file)
		}
	default:
		for rest := in.binary; len(rest) > 0; {
			if len(rest) < 4 || uint64(binary.LittleEndian.Uint32(rest)) > uint64(len(rest)-4) {
				return nil, invalid("element %d is longer than what is left of its %d bytes", len(files), len(in.binary))
			}
			size := 4 + int(binary.LittleEndian.Uint32(rest))
			files, rest = append(files, rest[4:size]), rest[size:]
		}
	}
	if len(files) != in.Shape[0] {
		return nil, invalid("expected %d elements for shape %v, found %d", in.Shape[0], nn.Shape(in.Shape), len(files))
	}
	return files, nil
}

// unmarshalStrings reads a list of strings, or of lists of one.
func unmarshalStrings(data []byte, texts *[]string) error {
	var nested [][]string
	if json.Unmarshal(data, texts) == nil {
		return nil
	}
	if json.Unmarshal(data, &nested) != nil {
		return invalid("data: expected base64 strings, found %.40q", data)
	}
	*texts = nil
	for _, list := range nested {
		*texts = append(*texts, list...)
	}
	return nil
}

// isInvalid reports whether an error is the request's own fault.
func isInvalid(err error) bool { return errors.As(err, new(invalidError)) }
