package hdf5

import "fmt"

// visitChunk is called with a chunk's coordinates, in chunks; at is only valid
// during the call.
type visitChunk func(at []uint64, s storedChunk) error

// eachChunk walks the index of a chunked dataset (IV.A.2.i, VII). Chunks that
// were never written may be visited with an undefined address, or not at all.
func (w *walk) eachChunk(g *grid, c chunked, filtered bool, visit visitChunk) error {
	var err error
	switch c.index {
	case indexBTree1:
		err = w.chunkBTree1(g, c, visit)
	case indexSingle:
		s := storedChunk{addr: c.addr, size: c.singleSize, mask: c.singleMask}
		if s.size == 0 {
			s.size = g.chunkBytes
		}
		err = visit(make([]uint64, len(g.counts)), s)
	case indexImplicit:
		err = w.implicit(g, c.addr, visit)
	case indexFixedArray, indexExtensibleArray:
		err = w.chunkArray(g, c, filtered, visit)
	case indexBTree2:
		err = w.chunkBTree2(g, c.addr, filtered, visit)
	}
	if err != nil {
		return fmt.Errorf("chunk index: %w", err)
	}
	return nil
}

// chunkBTree1 walks the index of layout version 3. Its keys have coordinates in
// elements, and one more for the bytes of an element.
func (w *walk) chunkBTree1(g *grid, c chunked, visit visitChunk) error {
	at := make([]uint64, len(g.chunk))
	keySize := uint64(4 + 4 + 8*(len(at)+1))
	return w.btree1(c.addr, nodeChunk, keySize, func(key *decoder, child uint64) error {
		s := storedChunk{addr: child, size: uint64(key.u32()), mask: key.u32()}
		for i, n := range g.chunk {
			offset := key.uint(8)
			if offset%n != 0 {
				return malformed("chunk at element %d, of chunks of %d", offset, n)
			}
			at[i] = offset / n
		}
		return visit(at, s)
	})
}

func (w *walk) chunkBTree2(g *grid, addr uint64, filtered bool, visit visitChunk) error {
	at := make([]uint64, len(g.counts))
	kind := uint8(recordChunk)
	if filtered {
		kind = recordFilteredChunk
	}
	return w.btree2(addr, kind, func(record *decoder) error {
		sizeBytes := len(record.b) - 8*len(at) - w.f.offsetSize - 4
		s, err := record.storedChunk(g, filtered, sizeBytes)
		if err != nil {
			return err
		}
		for i := range at {
			at[i] = record.uint(8)
		}
		if record.err != nil {
			return record.err
		}
		return visit(at, s)
	})
}

// storedChunk takes an entry, of which sizeBytes are the size if it is filtered.
func (d *decoder) storedChunk(g *grid, filtered bool, sizeBytes int) (storedChunk, error) {
	s := storedChunk{addr: d.offset(), size: g.chunkBytes}
	if filtered {
		if sizeBytes < 1 || sizeBytes > 8 {
			return s, malformed("sizes of chunks in %d bytes", sizeBytes)
		}
		s.size, s.mask = d.uint(sizeBytes), d.u32()
	}
	return s, d.err
}

// numbering is how an index without coordinates counts chunks: in row-major
// order over the largest shape, with the unlimited dimension first.
type numbering struct {
	order  []int    // of dimensions, slowest first
	counts []uint64 // chunks along each dimension at most
	at     []uint64 // where the last number was
}

func newNumbering(g *grid) (*numbering, error) {
	n := &numbering{counts: make([]uint64, len(g.counts)), at: make([]uint64, len(g.counts))}
	unlimited := 0
	for i, most := range g.maxDims {
		n.counts[i] = 1
		if most == undefined {
			unlimited++
			n.order = append([]int{i}, n.order...)
			continue
		}
		n.counts[i] = ceilDiv(most, g.chunk[i])
		n.order = append(n.order, i)
	}
	if _, ok := product(n.counts...); !ok || unlimited > 1 {
		return nil, malformed("array of chunks for shapes up to %v", g.maxDims)
	}
	return n, nil
}

// coordinates returns where the chunk of this number is, until the next call.
// The slowest dimension takes what is left, which may be outside any shape.
func (n *numbering) coordinates(number uint64) []uint64 {
	for i := len(n.order) - 1; i > 0; i-- {
		dim := n.order[i]
		n.at[dim] = number % n.counts[dim]
		number /= n.counts[dim]
	}
	n.at[n.order[0]] = number
	return n.at
}

// number is the opposite of coordinates.
func (n *numbering) number(at []uint64) uint64 {
	number := uint64(0)
	for _, dim := range n.order {
		number = number*n.counts[dim] + at[dim]
	}
	return number
}

// implicit visits chunks that are one after the other in the file, all of them.
func (w *walk) implicit(g *grid, addr uint64, visit visitChunk) error {
	n, err := newNumbering(g)
	if err != nil {
		return err
	}
	at := make([]uint64, len(g.counts))
	for {
		offset, ok := product(n.number(at), g.chunkBytes)
		if !ok || addr+offset < addr {
			return malformed("chunk %v is outside the file", at)
		}
		if err := visit(at, storedChunk{addr: addr + offset, size: g.chunkBytes}); err != nil {
			return err
		}
		i := len(at) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < g.counts[i] {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// chunkArray visits the chunks of a fixed or an extensible array.
func (w *walk) chunkArray(g *grid, c chunked, filtered bool, visit visitChunk) error {
	n, err := newNumbering(g)
	if err != nil {
		return err
	}
	a := &chunkEntries{walk: w, filtered: filtered, visit: func(number uint64, entry *decoder) error {
		s, err := entry.storedChunk(g, filtered, len(entry.b)-w.f.offsetSize-4)
		if err != nil {
			return err
		}
		return visit(n.coordinates(number), s)
	}}
	if c.index == indexFixedArray {
		return a.fixedArray(c.addr)
	}
	return a.extensibleArray(c.addr)
}
