// Package infile reads files that a user names. What is no regular file, a pipe, a
// terminal, may wait for ever for its other end: a context ends that.
//
// Files of a program's own do not belong here; internal/outfile writes what a user
// names.
package infile

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// File is an open file, of which a read ends when its context does.
type File struct {
	*os.File
	ctx     context.Context
	release func() bool
}

// Open opens a file. Where that, or a read, must wait for another process, it ends
// when ctx does, with ctx's error.
func Open(ctx context.Context, path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return &File{File: f, ctx: ctx, release: func() bool { return true }}, nil
	}
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() { // left behind if nobody ever writes
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		release := context.AfterFunc(ctx, func() { _ = o.file.SetReadDeadline(time.Now()) })
		return &File{File: o.file, ctx: ctx, release: release}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Read reads the whole of a file.
func Read(ctx context.Context, path string) ([]byte, error) {
	f, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func (f *File) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) && f.ctx.Err() != nil {
		err = f.ctx.Err()
	}
	return n, err
}

// Close closes the file.
func (f *File) Close() error {
	f.release()
	return f.File.Close()
}
