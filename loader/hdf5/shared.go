package hdf5

import "fmt"

// sharedIndex says which types of messages are in a heap that several objects'
// headers share (III.I).
type sharedIndex struct {
	kinds uint16 // a bit for each type of message
	heap  uint64
}

// readExtension takes from the superblock's extension what changes how the rest
// of the file is read (II.A, "Superblock Extension").
func (f *File) readExtension(addr uint64) error {
	if addr == undefined {
		return nil
	}
	messages, err := f.walk().header(addr)
	if err != nil {
		return err
	}
	for _, m := range messages {
		switch m.kind {
		case msgDriverInfo:
			return unsupported("file driver information")
		case msgCacheImage:
			return unsupported("metadata cache image")
		case msgSharedTable:
			if err := f.readSharedTable(m.body); err != nil {
				return fmt.Errorf("table of shared messages: %w", err)
			}
		}
	}
	return nil
}

// readSharedTable reads the table that a shared message table message leads to
// (IV.A.2.p, III.I).
func (f *File) readSharedTable(body []byte) error {
	d := f.decoder(body)
	d.version("message", 0)
	addr, count := d.offset(), uint64(d.u8())
	if d.err != nil {
		return d.err
	}
	d, err := f.walk().readSummed(addr, 4+count*uint64(1+1+2+4+2+2+2+2*f.offsetSize)+4)
	if err != nil {
		return err
	}
	d.signature("SMTB")
	for range count {
		d.version("index", 0)
		d.skip(1) // a list or a B-tree
		index := sharedIndex{kinds: d.u16()}
		d.skip(4 + 2 + 2 + 2) // the least size, limits and number of messages
		d.offset()            // the index itself, which is for writing
		index.heap = d.offset()
		f.sharedIndexes = append(f.sharedIndexes, index)
	}
	return d.err
}

// shared returns the message that a shared one stands for: that of a committed
// datatype's header, or one in the heap of the file's table (IV.A.2, "Shared
// Message").
func (w *walk) shared(kind uint16, body []byte) ([]byte, error) {
	d := w.f.decoder(body)
	version, from := d.u8(), d.u8()
	switch {
	case version == 1:
		d.skip(6)
	case version > 3:
		return nil, unsupported("shared message version %d", version)
	case version == 3 && from == 1:
		id := d.bytes(8)
		if d.err != nil {
			return nil, d.err
		}
		return w.inSharedHeap(kind, id)
	case version == 3 && from != 2:
		return nil, unsupported("message shared in manner %d", from)
	}
	addr := d.offset()
	if d.err != nil {
		return nil, d.err
	}
	messages, err := w.header(addr)
	if err != nil {
		return nil, fmt.Errorf("shared message: %w", err)
	}
	for _, m := range messages {
		if m.kind == kind && m.flags&flagShared == 0 {
			return m.body, nil
		}
	}
	return nil, malformed("no message of type %#x at address %#x", kind, addr)
}

// inSharedHeap returns a message by its identifier in the heap for its type.
func (w *walk) inSharedHeap(kind uint16, id []byte) ([]byte, error) {
	for _, index := range w.f.sharedIndexes {
		if index.kinds>>kind&1 == 0 || index.heap == undefined {
			continue
		}
		h, ok := w.sharedHeaps[index.heap]
		if !ok {
			var err error
			if h, err = w.fractalHeap(index.heap); err != nil {
				return nil, fmt.Errorf("shared messages: %w", err)
			}
			if w.sharedHeaps == nil {
				w.sharedHeaps = map[uint64]*fractalHeap{}
			}
			w.sharedHeaps[index.heap] = h
		}
		return h.object(id)
	}
	return nil, malformed("the file shares no messages of type %#x", kind)
}
