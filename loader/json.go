package loader

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vkeras/vkeras/internal/pythonjson"
)

// maxConfigBytes bounds a config's text: ResNet152's has 0.6 MB.
const maxConfigBytes = 16 << 20

// maxConfigValues bounds the values in a config, each of which takes many times
// its text in memory: ResNet152's has 30,000.
const maxConfigValues = 1 << 20

// object is a JSON object.
type object = map[string]any

// decodeJSON reads a text that is one JSON object, or Python's idea of one; what
// says where the text is. Numbers stay json.Number.
func decodeJSON(what string, text []byte) (object, error) {
	if len(text) > maxConfigBytes {
		return nil, advise(unsupported("%s: %d bytes, above %d", what, len(text), maxConfigBytes), rightFile)
	}
	values := 0
	for _, c := range text {
		if c == ',' || c == '[' || c == '{' { // before each, but for those in strings
			values++
		}
	}
	if values > maxConfigValues {
		return nil, advise(unsupported("%s: more than %d values", what, maxConfigValues), rightFile)
	}
	v, err := decodeValue(text)
	if err != nil {
		if plain := pythonjson.WithoutConstants(text); plain != nil {
			v, err = decodeValue(plain)
		}
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, malformed("%s: the JSON text ends before it is complete, at %s", what, lineOf(text, len(text)))
	case errors.As(err, &syntax):
		return nil, malformed("%s: not JSON: %w, at %s", what, err, lineOf(text, int(syntax.Offset)-1))
	case err != nil:
		return nil, malformed("%s: %w", what, err)
	}
	o, ok := v.(object)
	if !ok {
		return nil, malformed("%s: expected a JSON object, found %s", what, kindOf(v))
	}
	return o, nil
}

func decodeValue(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if at := bytes.IndexFunc(text[d.InputOffset():], func(r rune) bool { return !unicode.IsSpace(r) }); at >= 0 {
		return nil, fmt.Errorf("text after the JSON object, at %s", lineOf(text, int(d.InputOffset())+at))
	}
	return v, nil
}

// lineOf says in which line and at which character of it a byte of a text is,
// both from 1.
func lineOf(text []byte, at int) string {
	before := text[:min(max(at, 0), len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("line %d, character %d", 1+bytes.Count(before, []byte("\n")), 1+utf8.RuneCount(before[start:]))
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

// kindOf shows a JSON value in messages, as far as it is short.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case string:
		return `"` + cut(v) + `"`
	case []any:
		return kindOfList(v)
	case object:
		if class := text(v, "class_name"); class != "" {
			return fmt.Sprintf("an object of class %q", cut(class))
		}
		if len(v) == 0 {
			return "an empty object"
		}
		return "an object of " + few(quoted(slices.Sorted(maps.Keys(v))), ", ")
	default:
		return fmt.Sprintf("%v", v)
	}
}

// kindOfList shows a list of a few numbers or words, and counts others.
func kindOfList(l []any) string {
	const most = 6
	items := make([]string, 0, most)
	for _, v := range l {
		switch v.(type) {
		case []any, object:
			return fmt.Sprintf("a list of %d", len(l))
		}
		if len(items) == most {
			return fmt.Sprintf("a list of %d", len(l))
		}
		items = append(items, kindOf(v))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// cut shortens a text that is long for a message.
func cut(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

func quoted(names []string) []string {
	for i, name := range names {
		names[i] = `"` + cut(name) + `"`
	}
	return names
}
