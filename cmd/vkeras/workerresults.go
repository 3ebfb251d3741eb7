package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// workResult is a line that a worker writes: an answer, or an error.
type workResult struct {
	ID      json.RawMessage `json:"id,omitempty"` // as it came
	Path    string          `json:"path"`
	Index   *int            `json:"index,omitempty"` // in a shard
	Width   int             `json:"width,omitempty"`
	Height  int             `json:"height,omitempty"`
	Classes []class         `json:"classes,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// result returns what a worker writes of a picture.
func (p *picture) result() workResult {
	r := workResult{ID: p.id, Path: p.path, Width: p.info.Width, Height: p.info.Height, Classes: p.classes}
	if p.index >= 0 {
		r.Index = &p.index
	}
	if p.err != nil {
		r.Error = oneLine(hint(p.err))
	}
	return r
}

// key is what tells a picture from others: the id of its line, or else its path,
// and its index in a shard. It is the same before the picture's result was written
// and after that was read again.
func (p *picture) key() string {
	id, err := json.Marshal(p.id) // without spaces between
	if len(p.id) == 0 || err != nil {
		return fmt.Sprintf("%d path %s", p.index, string([]rune(p.path))) // JSON has no invalid UTF-8
	}
	return fmt.Sprintf("%d id %s", p.index, id)
}

// key is that of the picture that the result is of.
func (r workResult) key() string {
	p := picture{id: r.ID, path: r.Path, index: -1}
	if r.Index != nil {
		p.index = *r.Index
	}
	return p.key()
}

// writeResults writes a batch's results, a line each.
func writeResults(out io.Writer, b *batch) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, pic := range b.pictures {
		if err := encoder.Encode(pic.result()); err != nil {
			return fmt.Errorf("%s: %w", pic.path, err)
		}
	}
	_, err := out.Write(text.Bytes())
	return err
}

// openResults opens what the results go to, and notes the keys of those that it
// has.
func (w *worker) openResults() (io.WriteCloser, error) {
	if w.output == "" {
		return keepOpen{w.stdout}, nil
	}
	w.held = map[string]bool{}
	f, err := openLines(w.output, func(line []byte) error {
		var done workResult
		if err := json.Unmarshal(line, &done); err != nil {
			return err
		}
		w.held[done.key()] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("--results: %w", err)
	}
	return f, nil
}

// keepOpen is a writer that is not ours to close.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// openLines opens a file to add lines to, makes it if it is not there, and calls
// note for each line that it has. A last line without its end, of a process that
// was killed, is cut off.
func openLines(name string, note func(line []byte) error) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	whole := int64(0)
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err == nil {
			err = note(line)
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: line %d: %w", name, n, err)
		}
		whole += int64(len(line))
	}
	if _, err = f.Seek(whole, io.SeekStart); err == nil {
		err = f.Truncate(whole)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
