package classify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vkeras/vkeras/internal/jsonerror"
)

// Files is the source of listed files, [StandardInput] among them.
func Files(names ...string) Source {
	return func(ctx context.Context, in *Intake) error {
		for _, name := range names {
			if err := in.Add(ctx, Item{Path: name, Stdin: name == StandardInput}); err != nil {
				return err
			}
		}
		return nil
	}
}

// Count returns how many pictures listed files have for a run with these options,
// and how many of them Skip leaves.
func Count(files []string, o Options) (left, all int) {
	for _, file := range files {
		a := Answer{Item: Item{Path: file, Stdin: file == StandardInput}, Index: -1}
		n := o.count(file)
		for i := range n {
			if IsShard(file) {
				a.Index = i
			}
			if o.Skip == nil || !o.Skip(&a) {
				left++
			}
		}
		all += n
	}
	return left, all
}

// Part is every Of-th item from number At on: work divided among processes. The
// zero Part is all of it.
type Part struct{ At, Of int }

// has reports whether item n, counted from 0, is in the part.
func (p Part) has(n int) bool { return n%max(p.Of, 1) == p.At }

// linger is how long a batch that is not full waits for another line.
const linger = 5 * time.Millisecond

// Lines is the source of what a reader's lines name, as they come: each a path,
// as it is or as a JSON string, or a JSON object {"path": ..., "id": ...}. Empty
// lines don't count. A batch that is not full goes when no line has come for 5 ms,
// so that who writes the lines may wait for each answer.
//
// A line that is none of these is an answer with an error; one that is longer than
// a MiB ends the run with [ErrLine]. A reader that blocks is left behind when the
// run ends.
func Lines(r io.Reader, part Part) Source {
	return func(ctx context.Context, in *Intake) error {
		lines := make(chan []byte, in.batch)
		ended := make(chan error, 1)
		go func() { ended <- readLines(ctx, r, lines) }() // which may wait for ever for a line
		for n := 0; ; n++ {
			line, more, err := nextLine(ctx, in, lines)
			if err != nil {
				return err
			}
			if !more {
				return <-ended
			}
			if !part.has(n) {
				continue
			}
			if err := in.Add(ctx, parseItem(line)); err != nil {
				return err
			}
		}
	}
}

// nextLine waits for a line, and lets go of a batch that is not full if there is
// none.
func nextLine(ctx context.Context, in *Intake, lines <-chan []byte) (line []byte, more bool, err error) {
	select {
	case line, more = <-lines:
		return line, more, nil
	case <-time.After(linger):
	}
	if err := in.Idle(ctx); err != nil {
		return nil, false, err
	}
	select {
	case line, more = <-lines:
		return line, more, nil
	case <-in.stop.Done():
		return nil, false, errStopped
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// maxLineBytes bounds a line of the input.
const maxLineBytes = 1 << 20

// ErrLine is a line that is too long to name a picture.
var ErrLine = fmt.Errorf("a line of more than %d bytes", maxLineBytes)

// readLines sends the input's lines, without those that are empty.
func readLines(ctx context.Context, r io.Reader, lines chan<- []byte) error {
	defer close(lines)
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLineBytes)
	for s.Scan() {
		if line := bytes.TrimSpace(s.Bytes()); len(line) > 0 {
			if err := send(ctx, lines, bytes.Clone(line)); err != nil {
				return err
			}
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return ErrLine
	}
	return s.Err()
}

// parseItem reads a line; what is wrong with it becomes the picture's error.
func parseItem(line []byte) Item {
	item := Item{Path: string(line)}
	var err error
	switch line[0] {
	case '"':
		err = json.Unmarshal(line, &item.Path)
	case '{':
		var in struct {
			ID   json.RawMessage `json:"id"`
			Path string          `json:"path"`
		}
		if err = json.Unmarshal(line, &in); err == nil && in.Path == "" {
			err = errors.New("it has no path")
		}
		if err == nil {
			item.ID, item.Path = in.ID, in.Path
		}
	}
	if err != nil {
		item.Err = fmt.Errorf("not an item: %w", jsonerror.Plain(err))
	}
	return item
}
