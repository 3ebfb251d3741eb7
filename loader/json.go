package loader

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// maxConfigBytes bounds a config's text: ResNet152's has 0.6 MB.
const maxConfigBytes = 16 << 20

// object is a JSON object.
type object = map[string]any

// decodeJSON reads a text that is one JSON object. Numbers stay json.Number.
func decodeJSON(text []byte) (object, error) {
	if len(text) > maxConfigBytes {
		return nil, unsupported("a config of %d bytes, above %d", len(text), maxConfigBytes)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, malformed("config: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("config: text after the JSON object")
	}
	o, ok := v.(object)
	if !ok {
		return nil, malformed("config: expected a JSON object, found %s", kindOf(v))
	}
	return o, nil
}

// text returns a field that is a string, or "".
func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

// list returns v as a list.
func list(v any) ([]any, bool) {
	l, ok := unwrap(v).([]any)
	return l, ok
}

// unwrap returns what is in the objects in which Keras puts tuples and arrays.
func unwrap(v any) any {
	o, ok := v.(object)
	if !ok {
		return v
	}
	switch text(o, "class_name") {
	case "__tuple__":
		return o["items"]
	case "__numpy__", "__tensor__":
		config, _ := o["config"].(object)
		return config["value"]
	default:
		return v
	}
}

// kindOf names a JSON value's kind for messages.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return v.String()
	case string:
		if len(v) > 40 {
			v = v[:40] + "..."
		}
		return `"` + v + `"`
	case []any:
		return "a list"
	default:
		return "an object"
	}
}
