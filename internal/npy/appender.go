package npy

import (
	"context"
	"io"
	"os"

	"github.com/vkeras/vkeras/internal/outfile"
	"github.com/vkeras/vkeras/nn"
)

// Appender writes one .npy file item by item. Its header states how many there are,
// so it is written last, and the file gets its name then. A nil Appender takes items
// and writes nothing.
type Appender struct {
	file  *outfile.File
	spool *os.File // of what cannot be written from its end: a pipe, a device; else nil
	kind  Type
	shape nn.Shape // of an item
	count int
}

// Create begins a file of items of that type and shape.
func Create(ctx context.Context, name string, kind Type, shape nn.Shape) (*Appender, error) {
	f, err := outfile.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	a := &Appender{file: f, kind: kind, shape: shape}
	if !f.Replaces() {
		if a.spool, err = os.CreateTemp("", "vkeras.*.npy"); err != nil {
			a.Discard()
			return nil, err
		}
	}
	if _, err := a.writer().Write(Header{Type: kind, Shape: shape.Batch(0)}.Bytes()); err != nil {
		a.Discard()
		return nil, err
	}
	return a, nil
}

// writer is what items go to.
func (a *Appender) writer() interface {
	io.Writer
	io.WriterAt
} {
	if a.spool != nil {
		return a.spool
	}
	return a.file
}

// Count is how many items there are.
func (a *Appender) Count() int { return a.count }

// AddFloats adds the items of a batch (N, ...) to a file of Float32.
func (a *Appender) AddFloats(x *nn.Tensor) error {
	if a == nil {
		return nil
	}
	a.count += x.Shape[0]
	return WriteFloats(a.writer(), x.Data)
}

// AddBytes adds an item to a file of Uint8.
func (a *Appender) AddBytes(item []byte) error {
	if a == nil {
		return nil
	}
	a.count++
	_, err := a.writer().Write(item)
	return err
}

// Finish writes the header and gives the file its name.
func (a *Appender) Finish() error {
	if a == nil {
		return nil
	}
	_, err := a.writer().WriteAt(Header{Type: a.kind, Shape: a.shape.Batch(a.count)}.Bytes(), 0)
	if err == nil && a.spool != nil {
		if _, err = a.spool.Seek(0, io.SeekStart); err == nil {
			_, err = io.Copy(a.file, a.spool)
		}
	}
	if err != nil {
		return err
	}
	return a.file.Commit()
}

// Discard removes what is there, unless the file is finished.
func (a *Appender) Discard() {
	if a == nil {
		return
	}
	a.file.Discard()
	if a.spool != nil {
		a.spool.Close()
		os.Remove(a.spool.Name())
	}
}
