// Package pythonjson reads JSON as Python writes it, with constants that JSON
// lacks.
package pythonjson

import (
	"bytes"
	"encoding/json"
)

// Unmarshal is json.Unmarshal for such a text.
func Unmarshal(text []byte, v any) error {
	err := json.Unmarshal(text, v)
	if err != nil {
		if plain := WithoutConstants(text); plain != nil {
			return json.Unmarshal(plain, v)
		}
	}
	return err
}

// WithoutConstants returns a text in which the constants that Python writes and
// JSON lacks, NaN and Infinity, are numbers that no float holds: they are then
// refused only where they are read. It returns nil if there are none.
func WithoutConstants(text []byte) []byte {
	var out []byte
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case bytes.HasPrefix(text[i:], []byte("NaN")), bytes.HasPrefix(text[i:], []byte("Infinity")):
			out = append(append(out, text[from:i]...), "1e999"...)
			i += len("NaN") - 1
			if c == 'I' {
				i += len("Infinity") - len("NaN")
			}
			from = i + 1
		}
	}
	if out == nil {
		return nil
	}
	return append(out, text[from:]...)
}
