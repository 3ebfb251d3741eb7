package hdf5

import (
	"fmt"
	"slices"
)

// Types of header messages (IV.A.2).
const (
	msgDataspace     = 0x01
	msgLinkInfo      = 0x02
	msgDatatype      = 0x03
	msgFillOld       = 0x04
	msgFill          = 0x05
	msgLink          = 0x06
	msgExternalFiles = 0x07
	msgLayout        = 0x08
	msgFilters       = 0x0b
	msgAttribute     = 0x0c
	msgSharedTable   = 0x0f
	msgContinuation  = 0x10
	msgSymbolTable   = 0x11
	msgDriverInfo    = 0x14
	msgAttributeInfo = 0x15
	msgCacheImage    = 0x18
	msgLast          = 0x18
)

// Flags of header messages (IV.A.1.b).
const (
	flagShared        = 1 << 1
	flagFailIfUnknown = 1 << 7
)

// message is one piece of an object header.
type message struct {
	kind  uint16
	flags uint8
	body  []byte
}

// object is what groups and datasets have in common: a header at an address.
type object struct {
	f        *File
	path     string
	messages []message
	attrs    map[string]rawAttr // set by loadAttrs
}

func (f *File) object(addr uint64, path string) (*object, error) {
	messages, err := f.walk().header(addr)
	if err != nil {
		return nil, err
	}
	return &object{f: f, path: path, messages: messages}, nil
}

func (o *object) isGroup() bool { return o.has(msgSymbolTable) || o.has(msgLinkInfo) }

func (o *object) isDataset() bool { return o.has(msgLayout) }

func (o *object) has(kind uint16) bool {
	return slices.ContainsFunc(o.messages, func(m message) bool { return m.kind == kind })
}

// find returns the first message of a kind, from where it is shared if it is;
// nil where there is none.
func (o *object) find(kind uint16) ([]byte, error) {
	for _, m := range o.messages {
		if m.kind != kind {
			continue
		}
		if m.flags&flagShared != 0 {
			return o.f.walk().shared(kind, m.body)
		}
		return m.body, nil
	}
	return nil, nil
}

// span is a run of bytes in the file.
type span struct{ addr, size uint64 }

// header reads all messages of the object header at an address (IV.A.1).
func (w *walk) header(addr uint64) ([]message, error) {
	if err := w.enter(addr); err != nil {
		return nil, err
	}
	prefix, err := w.read(addr, 16)
	if err != nil {
		return nil, err
	}
	if string(prefix[:4]) == "OHDR" {
		return w.header2(addr)
	}
	d := w.f.decoder(prefix)
	d.version("object header", 1)
	d.skip(7)
	size := uint64(d.u32())
	if d.err != nil {
		return nil, d.err
	}
	h := &headerReader{walk: w, rest: []span{{addr + 16, size}}}
	return h.messages()
}

// header2 reads a version 2 header, whose first block begins with the prefix.
func (w *walk) header2(addr uint64) ([]message, error) {
	prefix, err := w.read(addr, min(4+1+1+16+4+8, w.f.size-w.f.base-addr))
	if err != nil {
		return nil, err
	}
	d := w.f.decoder(prefix)
	d.signature("OHDR")
	d.version("object header", 2)
	flags := d.u8()
	if flags&(1<<5) != 0 {
		d.skip(16) // times
	}
	if flags&(1<<4) != 0 {
		d.skip(4) // limits of compact attributes
	}
	size := d.uint(1 << (flags & 3))
	if d.err != nil {
		return nil, d.err
	}
	head := uint64(len(prefix) - len(d.b))
	if err := w.f.check(addr, size); err != nil {
		return nil, err
	}
	h := &headerReader{walk: w, v2: true, ordered: flags&(1<<2) != 0}
	first, err := w.readSummed(addr, head+size+4)
	if err != nil {
		return nil, err
	}
	first.skip(head)
	if err := h.block(first); err != nil {
		return nil, err
	}
	return h.messages()
}

// headerReader collects the messages of one header and its continuations.
type headerReader struct {
	*walk
	v2      bool
	ordered bool // version 2 messages carry a creation order
	found   []message
	rest    []span
}

func (h *headerReader) messages() ([]message, error) {
	for len(h.rest) > 0 {
		next := h.rest[0]
		h.rest = h.rest[1:]
		if err := h.enter(next.addr); err != nil {
			return nil, fmt.Errorf("header continuation: %w", err)
		}
		d, err := h.open(next)
		if err != nil {
			return nil, fmt.Errorf("header continuation: %w", err)
		}
		if err := h.block(d); err != nil {
			return nil, err
		}
	}
	return h.found, nil
}

func (h *headerReader) open(s span) (*decoder, error) {
	if !h.v2 {
		b, err := h.read(s.addr, s.size)
		return h.f.decoder(b), err
	}
	d, err := h.readSummed(s.addr, s.size)
	if err != nil {
		return nil, err
	}
	d.signature("OCHK")
	return d, nil
}

// block takes the messages of one block; bytes too few for a message are a gap.
func (h *headerReader) block(d *decoder) error {
	prefix := 8
	if h.v2 {
		prefix = 4
		if h.ordered {
			prefix = 6
		}
	}
	for d.err == nil && len(d.b) >= prefix {
		var m message
		var size uint16
		if h.v2 {
			m.kind, size, m.flags = uint16(d.u8()), d.u16(), d.u8()
			d.skip(uint64(prefix - 4))
		} else {
			m.kind, size, m.flags = d.u16(), d.u16(), d.u8()
			d.skip(3)
		}
		m.body = d.bytes(uint64(size))
		if d.err != nil {
			return fmt.Errorf("header message of type %#x: %w", m.kind, d.err)
		}
		if m.kind > msgLast && m.flags&flagFailIfUnknown != 0 {
			return unsupported("header message of type %#x", m.kind)
		}
		if m.kind == msgContinuation {
			c := h.f.decoder(m.body)
			next := span{c.offset(), c.length()}
			if c.err != nil {
				return c.err
			}
			h.rest = append(h.rest, next)
			continue
		}
		if m.kind != 0 {
			h.found = append(h.found, m)
		}
	}
	return d.err
}
