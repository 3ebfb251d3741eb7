package resnet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vkeras/vkeras/internal/jsonerror"
)

// Signs returns the exercise's six classes: the number of fingers that the hand
// shows.
func Signs() []string { return []string{"0", "1", "2", "3", "4", "5"} }

// ErrLabels is the class of errors for files that do not name classes.
var ErrLabels = errors.New("not a list of class names")

// maxLabelBytes bounds what ParseLabels reads: 100 bytes for each of 160,000
// classes.
const maxLabelBytes = 16 << 20

// ParseLabels reads the names of classes, in the order of a net's outputs:
//
//   - text, one name a line, no line in between empty;
//   - a JSON list of names;
//   - a JSON object from index to name, or to a list whose last element is the
//     name: imagenet_class_index.json, {"0": ["n01440764", "tench"], ...};
//   - a JSON object from name to index: class_indices of Keras's generators.
//
// Errors are ErrLabels, or what r returned.
func ParseLabels(r io.Reader) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxLabelBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxLabelBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrLabels, maxLabelBytes)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: the text is not UTF-8", ErrLabels)
	}
	labels, err := parseLabels(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLabels, err)
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("%w: there are no names", ErrLabels)
	}
	for i, l := range labels {
		if l == "" || strings.ContainsFunc(l, unicode.IsControl) {
			return nil, fmt.Errorf("%w: the name of class %d, %q, is empty or has control characters", ErrLabels, i, l)
		}
	}
	return labels, nil
}

func parseLabels(data []byte) ([]string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("[")):
		var list []string
		err := json.Unmarshal(data, &list)
		return list, jsonerror.Plain(err)
	case bytes.HasPrefix(data, []byte("{")):
		var object map[string]json.RawMessage
		if err := json.Unmarshal(data, &object); err != nil {
			return nil, err
		}
		return indexed(object)
	case len(data) == 0:
		return nil, nil
	}
	lines := strings.Split(string(data), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines, nil
}

// indexed puts the members of an object in their order, 0 to n - 1.
func indexed(object map[string]json.RawMessage) ([]string, error) {
	labels := make([]string, len(object))
	seen := make([]bool, len(object))
	for key, value := range object {
		index, name, err := member(key, value)
		if err != nil {
			return nil, err
		}
		if index < 0 || index >= len(labels) || seen[index] {
			return nil, fmt.Errorf("class %d of %q is outside 0 to %d or named twice", index, name, len(labels)-1)
		}
		labels[index], seen[index] = name, true
	}
	return labels, nil
}

// member reads "0": "tench", "0": ["n01440764", "tench"] or "tench": 0.
func member(key string, value json.RawMessage) (index int, name string, err error) {
	if json.Unmarshal(value, &index) == nil {
		return index, key, nil
	}
	if index, err = strconv.Atoi(key); err != nil {
		return 0, "", fmt.Errorf("expected an index, found %q", key)
	}
	if json.Unmarshal(value, &name) == nil {
		return index, name, nil
	}
	var list []string
	if err := json.Unmarshal(value, &list); err != nil || len(list) == 0 {
		return 0, "", fmt.Errorf("class %d: expected a name or a list that ends in one, found %.40s", index, value)
	}
	return index, list[len(list)-1], nil
}
