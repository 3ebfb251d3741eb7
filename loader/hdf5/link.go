package hdf5

import (
	"errors"
	"fmt"
	"strings"
)

// link is where a name leads; a hard one to the object header at addr.
type link struct {
	kind uint8
	addr uint64
}

// Link types (IV.A.2.g).
const (
	linkHard     = 0
	linkSoft     = 1
	linkExternal = 64
)

func (k link) String() string {
	switch k.kind {
	case linkSoft:
		return "soft link"
	case linkExternal:
		return "external link"
	}
	return fmt.Sprintf("link of type %d", k.kind)
}

// linkReader collects the links of one group, in whichever way they are stored.
type linkReader struct {
	*walk
	links map[string]link
}

func (r *linkReader) add(name string, l link) error {
	if _, ok := r.links[name]; ok {
		return malformed("two links are named %q", name)
	}
	r.links[name] = l
	return nil
}

func (r *linkReader) collect(o *object) error {
	for _, m := range o.messages {
		var err error
		switch m.kind {
		case msgSymbolTable:
			err = r.symbolTable(m.body)
		case msgLink:
			err = r.link(m.body)
		case msgLinkInfo:
			err = r.dense(m.body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// link reads a link message (IV.A.2.g).
func (r *linkReader) link(body []byte) error {
	d := r.f.decoder(body)
	d.version("link message", 1)
	flags := d.u8()
	var l link
	if flags&(1<<3) != 0 {
		l.kind = d.u8()
	}
	if flags&(1<<2) != 0 {
		d.skip(8) // creation order
	}
	if flags&(1<<4) != 0 {
		d.skip(1) // character set
	}
	name := string(d.bytes(d.uint(1 << (flags & 3))))
	if l.kind == linkHard {
		l.addr = d.offset()
	}
	if d.err != nil {
		return fmt.Errorf("link message: %w", d.err)
	}
	return r.add(name, l)
}

// dense reads the links that a link info message (IV.A.2.c) leads to, if any.
func (r *linkReader) dense(body []byte) error {
	d := r.f.decoder(body)
	d.version("link info message", 0)
	if d.u8()&1 != 0 {
		d.skip(8) // creation order
	}
	heapAddr, index := d.offset(), d.offset()
	if d.err != nil || heapAddr == undefined {
		return d.err
	}
	h, err := r.fractalHeap(heapAddr)
	if err != nil {
		return err
	}
	return r.btree2(index, recordLinkName, func(record *decoder) error {
		record.skip(4) // hash of the name
		body, err := h.object(record.bytes(h.idLen))
		if err = errors.Join(record.err, err); err != nil {
			return err
		}
		return r.link(body)
	})
}

// symbolTable reads an old-style group (IV.A.2.r): a B-tree of symbol nodes
// with their names in a local heap.
func (r *linkReader) symbolTable(body []byte) error {
	d := r.f.decoder(body)
	tree, heapAddr := d.offset(), d.offset()
	if d.err != nil {
		return d.err
	}
	names, err := r.localHeap(heapAddr)
	if err != nil {
		return fmt.Errorf("local heap: %w", err)
	}
	// Each name has its own bytes in the heap.
	left := len(names)
	return r.btree1(tree, nodeGroup, uint64(r.f.lengthSize), func(_ *decoder, node uint64) error {
		if err := r.enter(node); err != nil {
			return err
		}
		return r.symbolNode(node, names, &left)
	})
}

// symbolNode reads the entries of a group's leaf (III.B, III.C).
func (r *linkReader) symbolNode(addr uint64, names string, left *int) error {
	head, err := r.read(addr, 8)
	if err != nil {
		return err
	}
	d := r.f.decoder(head)
	d.signature("SNOD")
	d.version("symbol node", 1)
	d.skip(1)
	count := uint64(d.u16())
	if d.err != nil {
		return d.err
	}
	entries, err := r.read(addr+8, count*uint64(r.f.lengthSize+r.f.offsetSize+24))
	if err != nil {
		return err
	}
	d = r.f.decoder(entries)
	for range count {
		at, l := d.length(), link{addr: d.offset()}
		// Cache type 2 is a soft link.
		if d.u32() == 2 {
			l.kind = linkSoft
		}
		d.skip(4 + 16)
		if at >= uint64(len(names)) {
			return malformed("a link's name is outside the local heap")
		}
		name, _, ok := strings.Cut(names[at:], "\x00")
		if *left -= len(name) + 1; !ok || *left < 0 {
			return malformed("names overlap in the local heap")
		}
		if err := r.add(name, l); err != nil {
			return err
		}
	}
	return d.err
}

// localHeap returns the data segment of a local heap (III.D).
func (r *linkReader) localHeap(addr uint64) (string, error) {
	head, err := r.read(addr, uint64(8+2*r.f.lengthSize+r.f.offsetSize))
	if err != nil {
		return "", err
	}
	d := r.f.decoder(head)
	d.signature("HEAP")
	d.version("local heap", 0)
	d.skip(3)
	size, _, data := d.length(), d.length(), d.offset()
	if d.err != nil {
		return "", d.err
	}
	b, err := r.read(data, size)
	return string(b), err
}
