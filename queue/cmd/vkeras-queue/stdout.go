package main

import (
	"io"
	"os"
)

// output is standard output. It keeps the first error of writing there, so that
// nothing is lost without a word: not every writer of text looks.
type output struct {
	io.Writer
	err error
}

func (r *output) Write(b []byte) (int, error) {
	n, err := r.Writer.Write(b)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// closed is standard output where the process has none.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, os.ErrClosed }
