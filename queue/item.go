package queue

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
)

// MaxLineBytes bounds a line that names an item; `vkeras worker` has the same bound.
const MaxLineBytes = 1 << 20

// Item is a picture that a job has to classify.
type Item struct {
	Line []byte          // as `vkeras worker` reads it
	ID   json.RawMessage // of a line that is an object and has one; compact
	Path string
}

// ParseItem reads a line: a path, a path as a JSON string, or an object with a
// path and, perhaps, an id.
func ParseItem(line []byte) (Item, error) {
	item := Item{Line: bytes.TrimSpace(line)}
	switch {
	case len(item.Line) == 0:
		return item, errors.New("an empty line is no item")
	case len(item.Line) > MaxLineBytes:
		return item, fmt.Errorf("a line of more than %d bytes", MaxLineBytes)
	}
	item.Path = string(item.Line)
	var err error
	switch item.Line[0] {
	case '"':
		err = json.Unmarshal(item.Line, &item.Path)
	case '{':
		item.ID, item.Path, err = identify(item.Line)
	}
	if err == nil && item.Path == "" {
		err = errors.New("it has no path")
	}
	if err != nil {
		return item, fmt.Errorf("not an item: %w", err)
	}
	return item, nil
}

// ItemOf returns the item of a file.
func ItemOf(path string) Item {
	item := Item{Line: []byte(path), Path: path}
	if path == "" || strings.ContainsAny(path, "\r\n") || strings.TrimSpace(path) != path || path[0] == '"' || path[0] == '{' {
		item.Line, _ = json.Marshal(path) // a string has no errors
	}
	return item
}

// identify returns the id and the path of an object.
func identify(object []byte) (id json.RawMessage, path string, err error) {
	var in struct {
		ID   json.RawMessage `json:"id"`
		Path string          `json:"path"`
	}
	if err := json.Unmarshal(object, &in); err != nil {
		return nil, "", err
	}
	if len(in.ID) > 0 && string(in.ID) != "null" {
		var compact bytes.Buffer
		err = json.Compact(&compact, in.ID)
		id = compact.Bytes()
	}
	return id, in.Path, err
}

// Key returns what tells the item from others, by its id or else its path, as
// a token of a NATS subject.
func (i Item) Key() string {
	text := "path " + i.Path
	if i.ID != nil {
		text = "id " + string(i.ID)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// String names the item to people.
func (i Item) String() string {
	if i.ID != nil {
		return fmt.Sprintf("%s (id %s)", i.Path, i.ID)
	}
	return i.Path
}

// shard tells whether the item is a file of many pictures, which a worker answers with
// a line for each.
func (i Item) shard() bool { return strings.EqualFold(filepath.Ext(i.Path), ".npy") }

// answeredBy tells whether an answer is to this item: it has its id, or else its path.
func (i Item) answeredBy(answer []byte) error {
	id, path, err := identify(answer)
	switch {
	case err != nil:
		return fmt.Errorf("%s: the answer is not a JSON object: %w", i, err)
	case i.ID != nil && !bytes.Equal(id, i.ID), i.ID == nil && path != throughJSON(i.Path):
		return fmt.Errorf("%s: the answer is to another item: %.200s", i, answer)
	}
	return nil
}

// throughJSON returns text as it comes back from JSON, which is all Unicode.
func throughJSON(text string) string {
	b, _ := json.Marshal(text) // a string has no errors
	_ = json.Unmarshal(b, &text)
	return text
}

// Lines returns the items that a text names, a line each. The first fault ends it.
func Lines(r io.Reader) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(nil, MaxLineBytes+2)
		n := 0
		for s.Scan() {
			n++
			if len(bytes.TrimSpace(s.Bytes())) == 0 {
				continue
			}
			item, err := ParseItem(bytes.Clone(s.Bytes()))
			if err != nil {
				yield(item, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(item, nil) {
				return
			}
		}
		if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(Item{}, fmt.Errorf("line %d: a line of more than %d bytes", n+1, MaxLineBytes))
		} else if err != nil {
			yield(Item{}, err)
		}
	}
}

// failure is the answer that an item has failed.
func (i Item) failure(why string) []byte {
	b, _ := json.Marshal(struct { // of what came as JSON
		ID    json.RawMessage `json:"id,omitempty"`
		Path  string          `json:"path"`
		Error string          `json:"error"`
	}{i.ID, i.Path, why})
	return b
}
