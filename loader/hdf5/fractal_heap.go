package hdf5

import (
	"fmt"
	"math/bits"
)

// fractalHeap holds the links or attributes of one object when they are many
// (III.G). Objects are managed (in blocks of the heap's own address space),
// huge (elsewhere in the file) or tiny (in their identifier).
type fractalHeap struct {
	*walk
	addr        uint64
	idLen       uint64
	summed      bool // direct blocks carry a checksum
	hugeIndex   uint64
	huge        map[uint64]span // by identifier, read on first use
	width       uint64          // blocks in a row
	startSize   uint64          // of blocks in the first row
	maxDirect   uint64          // size of the largest direct block
	offsetBytes int             // of an offset in the heap
	lengthBytes int             // of an object's length
	root        block
	blocks      map[uint64][]byte // direct blocks by address
}

// block is one node of the heap's tree: direct if rows is 0.
type block struct {
	addr uint64
	at   uint64 // offset in the heap
	size uint64
	rows uint64
}

// fractalHeap reads a heap's header (III.G).
func (w *walk) fractalHeap(addr uint64) (*fractalHeap, error) {
	h, err := w.fractalHeapHeader(addr)
	if err != nil {
		return nil, fmt.Errorf("fractal heap: %w", err)
	}
	return h, nil
}

func (w *walk) fractalHeapHeader(addr uint64) (*fractalHeap, error) {
	d, err := w.readSummed(addr, uint64(26+3*w.f.offsetSize+12*w.f.lengthSize))
	if err != nil {
		// Filtered heaps have longer headers: say so rather than "checksum".
		if b, e := w.read(addr, 9); e == nil && string(b[:4]) == "FRHP" && (b[7] != 0 || b[8] != 0) {
			return nil, unsupported("filtered fractal heap")
		}
		return nil, err
	}
	d.signature("FRHP")
	d.version("fractal heap", 0)
	h := &fractalHeap{walk: w, addr: addr, blocks: map[uint64][]byte{}}
	h.idLen = uint64(d.u16())
	d.skip(2) // length of the filters, 0 as the header had the size for that
	h.summed = d.u8()&(1<<1) != 0
	maxManaged := uint64(d.u32())
	d.length() // next huge identifier
	h.hugeIndex = d.offset()
	d.length() // free space
	d.offset() // its manager
	for range 8 {
		d.length() // totals, counts and the allocation iterator
	}
	h.width, h.startSize, h.maxDirect = uint64(d.u16()), d.length(), d.length()
	heapBits := int(d.u16())
	d.skip(2)
	h.root = block{addr: d.offset(), rows: uint64(d.u16())}
	if d.err != nil {
		return nil, d.err
	}
	if !powerOfTwo(h.width) || !powerOfTwo(h.startSize) || !powerOfTwo(h.maxDirect) ||
		h.maxDirect < h.startSize || h.maxDirect > 1<<40 || heapBits > 64 || h.root.rows > 64 || h.idLen < 1 {
		return nil, malformed("table of %d x %d bytes, blocks of %d at most, 2^%d in all",
			h.width, h.startSize, h.maxDirect, heapBits)
	}
	h.root.size = h.startSize
	h.offsetBytes = (heapBits + 7) / 8
	h.lengthBytes = int(min(uint64(bits.Len64(h.maxDirect)-1+7)/8, bytesFor(maxManaged)))
	return h, nil
}

func powerOfTwo(n uint64) bool { return n != 0 && n&(n-1) == 0 }

// object returns the bytes of the object with this identifier.
func (h *fractalHeap) object(id []byte) ([]byte, error) {
	b, err := h.find(id)
	if err != nil {
		return nil, fmt.Errorf("fractal heap: %w", err)
	}
	return b, nil
}

func (h *fractalHeap) find(id []byte) ([]byte, error) {
	d := h.f.decoder(id)
	first := d.u8()
	if d.err == nil && first>>6 != 0 {
		return nil, unsupported("heap identifier version %d", first>>6)
	}
	switch kind := first >> 4 & 3; kind {
	case 0:
		offset, length := d.uint(h.offsetBytes), d.uint(h.lengthBytes)
		if d.err != nil {
			return nil, d.err
		}
		return h.managed(offset, length)
	case 1:
		return h.hugeObject(d)
	case 2:
		n := uint64(first & 15)
		if h.idLen > 18 {
			n = n<<8 | uint64(d.u8())
		}
		return d.bytes(n + 1), d.err
	default:
		return nil, malformed("heap object of type %d", kind)
	}
}

// hugeObject finds an object outside the heap's blocks: by its address in the
// identifier where that fits, else by a key of the huge objects' B-tree.
func (h *fractalHeap) hugeObject(id *decoder) ([]byte, error) {
	var s span
	if int(h.idLen)-1 >= h.f.offsetSize+h.f.lengthSize {
		s = span{id.offset(), id.length()}
	} else {
		if err := h.loadHuge(); err != nil {
			return nil, err
		}
		key, ok := id.uint(min(len(id.b), h.f.lengthSize)), false
		if s, ok = h.huge[key]; !ok {
			return nil, malformed("no huge object %d", key)
		}
	}
	if id.err != nil {
		return nil, id.err
	}
	return h.read(s.addr, s.size)
}

func (h *fractalHeap) loadHuge() error {
	if h.huge != nil {
		return nil
	}
	h.huge = map[uint64]span{}
	return h.btree2(h.hugeIndex, recordHuge, func(r *decoder) error {
		s := span{r.offset(), r.length()}
		h.huge[r.length()] = s
		return r.err
	})
}

// managed descends from the root to the direct block around an offset.
func (h *fractalHeap) managed(offset, length uint64) ([]byte, error) {
	at := h.root
	for at.rows > 0 {
		next, err := h.child(at, offset)
		if err != nil {
			return nil, err
		}
		at = next
	}
	b, err := h.direct(at)
	if err != nil {
		return nil, err
	}
	if offset < at.at || offset-at.at > uint64(len(b)) || length > uint64(len(b))-(offset-at.at) {
		return nil, malformed("object of %d bytes at %d crosses its block", length, offset)
	}
	if err := h.spend(length); err != nil {
		return nil, err
	}
	return b[offset-at.at:][:length:length], nil
}

// child finds the entry of an indirect block that covers an offset. Rows of
// blocks double in size from the second on; those larger than a direct block
// may be are indirect, with fewer rows than their parent.
func (h *fractalHeap) child(parent block, offset uint64) (block, error) {
	directRows := uint64(bits.Len64(h.maxDirect/h.startSize)) + 1
	rowAt := parent.at
	for row := range parent.rows {
		size, ok := product(h.startSize, 1<<(max(row, 1)-1))
		rowSize, ok2 := product(size, h.width)
		if !ok || !ok2 || rowAt+rowSize < rowAt {
			break
		}
		if offset-rowAt >= rowSize {
			rowAt += rowSize
			continue
		}
		column := (offset - rowAt) / size
		next := block{at: rowAt + column*size, size: size}
		if row >= directRows {
			next.rows = uint64(bits.Len64(size)) - uint64(bits.Len64(h.startSize*h.width)) + 1
			if size < h.startSize*h.width || next.rows >= parent.rows {
				return block{}, malformed("indirect block with %d rows in one with %d", next.rows, parent.rows)
			}
		}
		addrs, err := h.indirect(parent)
		if err != nil {
			return block{}, err
		}
		addrs.skip((row*h.width + column) * uint64(h.f.offsetSize))
		next.addr = addrs.offset()
		return next, addrs.err
	}
	return block{}, malformed("object at %d is outside the heap", offset)
}

// indirect returns the entries of an indirect block (III.G, "FHIB").
func (h *fractalHeap) indirect(b block) (*decoder, error) {
	head := uint64(5 + h.f.offsetSize + h.offsetBytes)
	body, ok := h.blocks[b.addr]
	if !ok {
		d, err := h.readSummed(b.addr, head+b.rows*h.width*uint64(h.f.offsetSize)+4)
		if err != nil {
			return nil, err
		}
		body = d.b
		h.blocks[b.addr] = body
	}
	d := h.f.decoder(body)
	return d, h.prefix(d, "FHIB", b)
}

// direct returns a direct block, its prefix included (III.G, "FHDB").
func (h *fractalHeap) direct(b block) ([]byte, error) {
	if body, ok := h.blocks[b.addr]; ok {
		return body, h.prefix(h.f.decoder(body), "FHDB", b)
	}
	body, err := h.read(b.addr, b.size)
	if err != nil {
		return nil, err
	}
	d := h.f.decoder(body)
	if err := h.prefix(d, "FHDB", b); err != nil {
		return nil, err
	}
	if h.summed {
		sum := d.bytes(4)
		want := h.f.decoder(sum).u32()
		clear(sum) // the checksum is of the block with this field zero
		if d.err != nil || !h.f.verify(body, want) {
			return nil, malformed("wrong checksum at address %#x", b.addr)
		}
	}
	h.blocks[b.addr] = body
	return body, nil
}

// prefix takes what both kinds of blocks begin with.
func (h *fractalHeap) prefix(d *decoder, signature string, b block) error {
	d.signature(signature)
	d.version("fractal heap block", 0)
	heap, at := d.offset(), d.uint(h.offsetBytes)
	if d.err == nil && (heap != h.addr || at != b.at) {
		return malformed("block of heap %#x, offset %d, where %#x, %d belongs", heap, at, h.addr, b.at)
	}
	return d.err
}
