package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/vkeras/vkeras/internal/jsonerror"
)

// headerLength is the header that says how long the JSON before the binary data
// is.
const headerLength = "Inference-Header-Content-Length"

// requestJSON is an inference request. Parameters that are not known are passed
// over, as the protocol has it.
type requestJSON struct {
	ID         string          `json:"id"`
	Inputs     few[inputJSON]  `json:"inputs"`
	Outputs    few[wantedJSON] `json:"outputs"`
	Parameters struct {
		Binary bool `json:"binary_data_output"`
	} `json:"parameters"`
}

type inputJSON struct {
	Name       string `json:"name"`
	Datatype   string `json:"datatype"`
	Shape      []int  `json:"shape"`
	Parameters struct {
		BinarySize *int `json:"binary_data_size"`
	} `json:"parameters"`
	Data json.RawMessage `json:"data"`
}

type wantedJSON struct {
	Name       string `json:"name"`
	Parameters struct {
		Binary  *bool `json:"binary_data"`
		Classes int   `json:"classification"`
	} `json:"parameters"`
}

// few is a list of up to maxTensors: an element of two bytes, {}, takes 88 when it
// is decoded, and more while the list grows.
type few[T any] []T

const maxTensors = 1 << 10

func (f *few[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil: // null
		return nil
	case t != json.Delim('['):
		return fmt.Errorf("expected a list, found %.40q", b)
	}
	for d.More() {
		if len(*f) == maxTensors {
			return fmt.Errorf("a list of more than %d inputs or outputs", maxTensors)
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return err
		}
		*f = append(*f, v)
	}
	return nil
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
		in := input{datatype: raw, shape: []int{1}, contents: listed{elements: [][]byte{body}}}
		return &request{inputs: []input{in}, whole: true}, nil
	}
	var j requestJSON
	if err := json.Unmarshal(body[:length], &j); err != nil {
		return nil, invalid("the request is not what the protocol says: %w", jsonerror.Plain(err))
	}
	r := &request{id: j.ID, packed: j.Parameters.Binary}
	for _, w := range j.Outputs {
		out := wanted{name: w.Name, packed: r.packed, classes: w.Parameters.Classes}
		if w.Parameters.Binary != nil {
			out.packed = *w.Parameters.Binary
		}
		r.outputs = append(r.outputs, out)
	}
	return r, r.attach(j.Inputs, body[length:])
}

// attach adds the inputs, with the binary data that follow the JSON.
func (r *request) attach(inputs []inputJSON, data []byte) error {
	for _, j := range inputs {
		in := input{name: j.Name, datatype: j.Datatype, shape: j.Shape, contents: textual(j.Data)}
		if size := j.Parameters.BinarySize; size != nil {
			if j.Data != nil {
				return invalid("input %.100q has both data and binary_data_size", j.Name)
			}
			if *size < 0 || *size > len(data) {
				return invalid("input %.100q: binary_data_size %d, and %d bytes are left in the body", j.Name, *size, len(data))
			}
			in.contents, data = packed(data[:*size:*size]), data[*size:]
		}
		r.inputs = append(r.inputs, in)
	}
	if len(data) > 0 {
		return invalid("%d bytes follow the last input", len(data))
	}
	return nil
}

// textual are elements in JSON, which json.Unmarshal has seen to be JSON: an
// array, flat or nested.
type textual json.RawMessage

func (data textual) floats(dst []float32) error {
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
			return invalid("data: expected numbers, found %.40q", []byte(data[at:]))
		}
	}
	return exactly(len(dst), n)
}

func isNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// files reads base64.
func (data textual) files(n int) ([][]byte, error) {
	var files [][]byte
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return files, exactly(n, len(files))
		}
		text, ok := token.(string)
		switch {
		case token == json.Delim('[') || token == json.Delim(']'):
			continue
		case !ok:
			return nil, invalid("data: expected base64 strings, found %.40q", []byte(data))
		case len(files) == n:
			return nil, invalid("more than the %d elements of its shape", n)
		}
		file, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, invalid("element %d is not base64: %w", len(files), err)
		}
		files = append(files, file)
	}
}
