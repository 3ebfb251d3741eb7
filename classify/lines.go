package classify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/vkeras/vkeras/internal/outfile"
)

// Line is an answer as a line of JSON.
type Line struct {
	ID      json.RawMessage `json:"id,omitempty"` // as it came
	Path    string          `json:"path"`
	Index   *int            `json:"index,omitempty"` // in a shard
	Width   int             `json:"width,omitempty"`
	Height  int             `json:"height,omitempty"`
	Classes []Class         `json:"classes,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// Line returns the answer as a line has it.
func (a *Answer) Line() Line {
	l := Line{ID: a.ID, Path: a.Path, Width: a.Info.Width, Height: a.Info.Height, Classes: a.Classes, Error: a.Message()}
	if a.Index >= 0 {
		l.Index = &a.Index
	}
	return l
}

// key is what tells a picture from others: the id of its line, or else its path,
// and its index in a shard. It is the same before the answer was written and after
// that was read again.
func (a *Answer) key() string {
	id, err := json.Marshal(a.ID) // without spaces between
	if len(a.ID) == 0 || err != nil {
		return fmt.Sprintf("%d path %s", a.Index, string([]rune(a.Path))) // JSON has no invalid UTF-8
	}
	return fmt.Sprintf("%d id %s", a.Index, id)
}

// key is that of the picture that the line is of.
func (l Line) key() string {
	a := Answer{Item: Item{ID: l.ID, Path: l.Path}, Index: -1}
	if l.Index != nil {
		a.Index = *l.Index
	}
	return a.key()
}

// WriteLines writes answers, a line of JSON each.
func WriteLines(w io.Writer, answers []*Answer) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, a := range answers {
		if err := encoder.Encode(a.Line()); err != nil {
			return fmt.Errorf("%s: %w", a.Path, err)
		}
	}
	_, err := w.Write(text.Bytes())
	return err
}

// LinesFile is a file of such lines, to which a run adds what lacks.
type LinesFile struct {
	file *os.File
	held map[string]bool // keys of the answers that are there
}

// OpenLines reads the file, if it is there, else makes it. A last line without its
// end, of a process that was killed, is cut off. A file of another kind is an error,
// and stays as it is; a pipe or a device has nothing, and takes all.
func OpenLines(ctx context.Context, name string) (*LinesFile, error) {
	l := &LinesFile{held: map[string]bool{}}
	var err error
	l.file, err = openLines(ctx, name, func(text []byte) error {
		var done Line
		if err := json.Unmarshal(text, &done); err != nil {
			return err
		}
		l.held[done.key()] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Has reports whether the file answers for the picture.
func (l *LinesFile) Has(a *Answer) bool { return l.held[a.key()] }

func (l *LinesFile) Write(b []byte) (int, error) { return l.file.Write(b) }

// Close closes the file.
func (l *LinesFile) Close() error { return l.file.Close() }

// openLines opens a file to add lines to, makes it if it is not there, and calls
// note for each line that it has. A last line without its end, of a process that
// was killed, is cut off.
func openLines(ctx context.Context, name string, note func(line []byte) error) (*os.File, error) {
	f, regular, err := outfile.Append(ctx, name)
	if err != nil || !regular {
		return f, err
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
