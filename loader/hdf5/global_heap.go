package hdf5

import "fmt"

// collection is one piece of the global heap, which holds variable-length
// values by index.
type collection map[uint16][]byte

// collection reads the collection at an address (III.E), once in a walk.
func (w *walk) collection(addr uint64) (collection, error) {
	if c, ok := w.collections[addr]; ok {
		return c, nil
	}
	c, err := w.readCollection(addr)
	if err != nil {
		return nil, fmt.Errorf("global heap: %w", err)
	}
	if w.collections == nil {
		w.collections = map[uint64]collection{}
	}
	w.collections[addr] = c
	return c, nil
}

func (w *walk) readCollection(addr uint64) (collection, error) {
	// Both the collection and each object begin with this, padded to 8 bytes.
	fields := uint64(8 + w.f.lengthSize)
	padding := -fields % 8
	head := fields + padding
	b, err := w.read(addr, head)
	if err != nil {
		return nil, err
	}
	d := w.f.decoder(b)
	d.signature("GCOL")
	d.version("global heap", 1)
	d.skip(3)
	size := d.length()
	if d.err != nil {
		return nil, d.err
	}
	if size < head {
		return nil, malformed("collection of %d bytes", size)
	}
	if b, err = w.read(addr, size); err != nil {
		return nil, err
	}
	d = w.f.decoder(b[head:])
	c := collection{}
	for len(d.b) >= int(head) {
		index := d.u16()
		d.skip(2 + 4) // references, reserved
		n := d.length()
		d.skip(padding)
		if index == 0 {
			break // the free space, which is last
		}
		c[index] = d.bytes(n)
		d.skip(min(-n%8, uint64(len(d.b))))
		if d.err != nil {
			return nil, fmt.Errorf("object %d: %w", index, d.err)
		}
	}
	return c, nil
}
