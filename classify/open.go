package classify

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// openFile opens a file that the user named. What is no regular file, a pipe, a
// terminal, may wait for ever for the other end: opening and reading it then end
// when ctx does, with ctx's error.
func openFile(ctx context.Context, path string) (io.ReadCloser, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() || info.IsDir() {
		return os.Open(path)
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
		w := &waiting{File: o.file, ctx: ctx}
		w.release = context.AfterFunc(ctx, func() { _ = o.file.SetReadDeadline(time.Now()) })
		return w, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// waiting is a file of which a read ends when ctx does.
type waiting struct {
	*os.File
	ctx     context.Context
	release func() bool
}

func (w *waiting) Read(b []byte) (int, error) {
	n, err := w.File.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) && w.ctx.Err() != nil {
		err = w.ctx.Err()
	}
	return n, err
}

// Close closes the file.
func (w *waiting) Close() error {
	w.release()
	return w.File.Close()
}

// either returns a context that ends when one of two does. Its cancel function
// must be called.
func either(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a)
	release := context.AfterFunc(b, cancel)
	return ctx, func() { release(); cancel() }
}
