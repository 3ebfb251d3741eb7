package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// dump writes the tensors that a net gets, or pictures, into one .npy file, piece
// by piece.
// Its header states how many there are, so it is written last. A nil dump takes
// them and writes nothing.
type dump struct {
	file  *os.File // beside name, until it is whole
	name  string
	kind  npy.Type
	shape nn.Shape // of one
	count int
}

// newDump begins the file.
func newDump(name string, kind npy.Type, shape nn.Shape) (*dump, error) {
	if name == stdinName {
		return nil, usagef("a file is needed: standard output has the answers")
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, err
	}
	d := &dump{file: f, name: name, kind: kind, shape: shape}
	if _, err := f.Write(npy.Header{Type: kind, Shape: shape.Batch(0)}.Bytes()); err != nil {
		d.discard()
		return nil, err
	}
	return d, nil
}

func (d *dump) add(x *nn.Tensor) error {
	if d == nil {
		return nil
	}
	d.count += x.Shape[0]
	return npy.WriteFloats(d.file, x.Data)
}

// addBytes adds one, of bytes.
func (d *dump) addBytes(pix []byte) error {
	d.count++
	_, err := d.file.Write(pix)
	return err
}

// finish gives the file its name.
func (d *dump) finish() error {
	if d == nil {
		return nil
	}
	_, err := d.file.WriteAt(npy.Header{Type: d.kind, Shape: d.shape.Batch(d.count)}.Bytes(), 0)
	if err == nil {
		err = d.file.Chmod(0o644)
	}
	if err = errors.Join(err, d.file.Close()); err == nil {
		err = os.Rename(d.file.Name(), d.name)
	}
	return err
}

// discard removes what is there; after finish it does nothing.
func (d *dump) discard() {
	if d != nil {
		d.file.Close()
		os.Remove(d.file.Name())
	}
}
