package npy

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/vkeras/vkeras/nn"
)

// Appender writes one .npy file item by item. Its header states how many there are,
// so it is written last, and the file gets its name then. A nil Appender takes items
// and writes nothing.
type Appender struct {
	file  *os.File // beside name, until it is whole
	name  string
	kind  Type
	shape nn.Shape // of an item
	count int
}

// Create begins a file of items of that type and shape.
func Create(name string, kind Type, shape nn.Shape) (*Appender, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, err
	}
	a := &Appender{file: f, name: name, kind: kind, shape: shape}
	if _, err := f.Write(Header{Type: kind, Shape: shape.Batch(0)}.Bytes()); err != nil {
		a.Discard()
		return nil, err
	}
	return a, nil
}

// Count is how many items there are.
func (a *Appender) Count() int { return a.count }

// AddFloats adds the items of a batch (N, ...) to a file of Float32.
func (a *Appender) AddFloats(x *nn.Tensor) error {
	if a == nil {
		return nil
	}
	a.count += x.Shape[0]
	return WriteFloats(a.file, x.Data)
}

// AddBytes adds an item to a file of Uint8.
func (a *Appender) AddBytes(item []byte) error {
	if a == nil {
		return nil
	}
	a.count++
	_, err := a.file.Write(item)
	return err
}

// Finish writes the header and gives the file its name.
func (a *Appender) Finish() error {
	if a == nil {
		return nil
	}
	_, err := a.file.WriteAt(Header{Type: a.kind, Shape: a.shape.Batch(a.count)}.Bytes(), 0)
	if err == nil {
		err = a.file.Chmod(0o644)
	}
	if err = errors.Join(err, a.file.Close()); err == nil {
		err = os.Rename(a.file.Name(), a.name)
	}
	return err
}

// Discard removes what is there; after Finish it does nothing.
func (a *Appender) Discard() {
	if a != nil {
		a.file.Close()
		os.Remove(a.file.Name())
	}
}
