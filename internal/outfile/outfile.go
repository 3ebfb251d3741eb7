package outfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// Write writes a file by a function. The error is the function's or the system's;
// with one, a regular file is as it was before. It ends, with ctx's error, when ctx
// does, though nobody reads the other end of a pipe.
func Write(ctx context.Context, name string, write func(io.Writer) error) error {
	f, err := Create(ctx, name)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := write(f); err != nil {
		return f.explain(err)
	}
	return f.Commit()
}

// lost are the standard streams that Go's runtime stands the null device in for.
var lost [3]atomic.Bool

// Lose notes that the process was started without a standard stream: writing to its
// descriptor is an error from now on, as it would be without Go's runtime.
func Lose(stream int) { lost[stream].Store(true) }

// another returns another handle of what a descriptor is open for.
func another(descriptor int, name string) (*os.File, error) {
	if descriptor < len(lost) && lost[descriptor].Load() {
		return nil, &fs.PathError{Op: "write", Path: name, Err: syscall.EBADF}
	}
	return duplicate(descriptor, name)
}

// File is a file that is being written.
type File struct {
	file    *os.File
	target  string // that is replaced by the file; "" where the file is what was named
	mode    fs.FileMode
	exists  bool // with that mode
	ctx     context.Context
	release func() bool // stops watching ctx
}

// Create begins a file. It is what was named after Commit, or, where there is
// nothing to replace, from now on.
func Create(ctx context.Context, name string) (*File, error) {
	target, err := resolve(name)
	if err != nil {
		return nil, err
	}
	if target.descriptor >= 0 {
		f, err := another(target.descriptor, name)
		return watched(ctx, f), err
	}
	info, err := os.Stat(target.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return beside(ctx, target.path, nil)
	case err != nil:
		return nil, err
	case info.Mode().IsRegular():
		return beside(ctx, target.path, info)
	case info.IsDir():
		return nil, &fs.PathError{Op: "write", Path: name, Err: syscall.EISDIR}
	}
	f, err := open(ctx, target.path)
	return watched(ctx, f), err
}

// beside makes the temporary file that is to replace one; info is that of the one
// that is there.
func beside(ctx context.Context, name string, info fs.FileInfo) (*File, error) {
	folder, base := filepath.Split(name)
	const most = 100 // characters of its name, which the system bounds
	if len(base) > most {
		base = base[:most]
	}
	for range 1000 {
		f, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf(".%s.%08x", base, rand.Uint32())), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "write", Path: name, Err: errors.Unwrap(err)}
		}
		made := watched(ctx, f)
		made.target = name
		if info != nil {
			made.mode, made.exists = info.Mode().Perm(), true
		}
		return made, nil
	}
	return nil, &fs.PathError{Op: "write", Path: name, Err: fs.ErrExist}
}

// open opens what is no regular file. A pipe that nobody reads blocks that, and who
// gives up leaves it behind.
func open(ctx context.Context, name string) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// watched returns the file, writes to which end when ctx does, where the system
// can do that.
func watched(ctx context.Context, f *os.File) *File {
	if f == nil {
		return nil
	}
	return &File{file: f, ctx: ctx, release: context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(time.Now()) })}
}

// explain returns ctx's error for that of a write which ended because of it, and
// calls a temporary file by the name that it is for.
func (f *File) explain(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && f.ctx.Err() != nil {
		return f.ctx.Err()
	}
	if at, ok := err.(*fs.PathError); ok && f.target != "" && at.Path == f.file.Name() {
		return &fs.PathError{Op: at.Op, Path: f.target, Err: at.Err}
	}
	return err
}

// Write writes to the file.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.file.Write(b)
	return n, f.explain(err)
}

// WriteAt writes at an offset; not every file can.
func (f *File) WriteAt(b []byte, offset int64) (int, error) {
	n, err := f.file.WriteAt(b, offset)
	return n, f.explain(err)
}

// Replaces reports whether the file is new, to be read and written anywhere, and
// replaces another or none at Commit.
func (f *File) Replaces() bool { return f.target != "" }

// Commit ends the file and gives it its name.
func (f *File) Commit() error {
	f.release()
	if f.exists {
		if err := f.file.Chmod(f.mode); err != nil {
			f.Discard()
			return err
		}
	}
	err := f.file.Close()
	if f.target != "" && err == nil {
		err = os.Rename(f.file.Name(), f.target)
		if at, ok := err.(*os.LinkError); ok {
			err = &fs.PathError{Op: "replace", Path: f.target, Err: at.Err}
		}
	}
	if f.target != "" && err != nil {
		os.Remove(f.file.Name())
	}
	f.target = ""
	return err
}

// Discard drops a file that is to replace another, and closes any; after Commit it
// does nothing.
func (f *File) Discard() {
	f.release()
	f.file.Close()
	if f.target != "" {
		os.Remove(f.file.Name())
	}
	f.target = ""
}

// Append opens a file for adding to it, and makes it if it is not there. Regular
// reports whether it can be read and cut; else it takes what is written, and has
// nothing.
func Append(ctx context.Context, name string) (f *os.File, regular bool, err error) {
	target, err := resolve(name)
	if err != nil {
		return nil, false, err
	}
	if target.descriptor >= 0 {
		f, err = another(target.descriptor, name)
		return f, false, err
	}
	if info, err := os.Stat(target.path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		f, err = open(ctx, target.path)
		return f, false, err
	}
	f, err = os.OpenFile(target.path, os.O_RDWR|os.O_CREATE, 0o666)
	return f, true, err
}
