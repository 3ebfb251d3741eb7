package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// results is standard output. It keeps the first error of writing there, so that
// no result is lost without a word: not every writer of text looks.
type results struct {
	io.Writer
	err error
}

func (r *results) Write(b []byte) (int, error) {
	n, err := r.Writer.Write(b)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// closed is standard output where the process has none.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, os.ErrClosed }

// file returns the file that a stream of the tool is, nil for none.
func file(stream io.Writer) *os.File {
	if r, ok := stream.(*results); ok {
		stream = r.Writer
	}
	f, _ := stream.(*os.File)
	return f
}

// terminal returns the terminal that a stream of the tool is, nil for none.
func terminal(stream io.Writer) *os.File {
	if f := file(stream); f != nil && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}
