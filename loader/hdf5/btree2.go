package hdf5

import (
	"fmt"
	"math/bits"
)

// Kinds of version 2 B-tree records (III.A.2).
const (
	recordHuge          = 1
	recordLinkName      = 5
	recordAttributeName = 8
	recordChunk         = 10
	recordFilteredChunk = 11
)

// tree2 is a version 2 B-tree.
type tree2 struct {
	*walk
	kind       uint8
	nodeSize   uint64
	recordSize uint64
	// Per depth, 0 being a leaf.
	levels []level2
	visit  func(record *decoder) error
}

// level2 is how nodes of one depth are laid out.
type level2 struct {
	pointerSize uint64 // of one child's address and its counts
	most        uint64 // records in a node
	mostBelow   uint64 // records in a node and all nodes below it
}

// btree2 calls visit with every record of a version 2 B-tree, in order (III.A.2).
func (w *walk) btree2(addr uint64, kind uint8, visit func(record *decoder) error) error {
	if err := w.btree2Root(addr, kind, visit); err != nil {
		return fmt.Errorf("version 2 B-tree: %w", err)
	}
	return nil
}

func (w *walk) btree2Root(addr uint64, kind uint8, visit func(*decoder) error) error {
	d, err := w.readSummed(addr, uint64(22+w.f.offsetSize+w.f.lengthSize))
	if err != nil {
		return err
	}
	d.signature("BTHD")
	d.version("B-tree", 0)
	gotKind := d.u8()
	t := &tree2{walk: w, kind: kind, visit: visit, nodeSize: uint64(d.u32()), recordSize: uint64(d.u16())}
	depth := int(d.u16())
	d.skip(2) // percentages for splitting and merging
	root, count := d.offset(), uint64(d.u16())
	if d.err != nil {
		return d.err
	}
	if gotKind != kind || t.recordSize == 0 {
		return malformed("B-tree of type %d with records of %d bytes", gotKind, t.recordSize)
	}
	if count == 0 {
		return nil
	}
	if err := t.layout(depth); err != nil {
		return err
	}
	return t.node(root, depth, count)
}

// layout computes the sizes of all levels, from the leaves up.
func (t *tree2) layout(depth int) error {
	const overhead = 4 + 1 + 1 + 4
	if t.nodeSize < overhead+t.recordSize {
		return malformed("B-tree nodes of %d bytes", t.nodeSize)
	}
	leaf := (t.nodeSize - overhead) / t.recordSize
	t.levels = []level2{{most: leaf, mostBelow: leaf}}
	for range depth {
		below := t.levels[len(t.levels)-1]
		l := level2{pointerSize: uint64(t.f.offsetSize) + bytesFor(leaf)}
		if len(t.levels) > 1 {
			l.pointerSize += bytesFor(below.mostBelow)
		}
		if t.nodeSize < overhead+l.pointerSize+t.recordSize+l.pointerSize {
			return malformed("B-tree nodes of %d bytes", t.nodeSize)
		}
		l.most = (t.nodeSize - overhead - l.pointerSize) / (t.recordSize + l.pointerSize)
		// A depth whose counts overflow is none that a file can hold.
		children, ok := product(l.most+1, below.mostBelow)
		if !ok {
			return malformed("B-tree of depth %d", depth)
		}
		l.mostBelow = children + l.most
		t.levels = append(t.levels, l)
	}
	return nil
}

// bytesFor is how many bytes a count of at most n takes.
func bytesFor(n uint64) uint64 { return uint64(bits.Len64(max(n, 1))-1)/8 + 1 }

// node walks a node with a number of records. Depths fall by one, which bounds
// the recursion.
func (t *tree2) node(addr uint64, depth int, count uint64) error {
	if err := t.enter(addr); err != nil {
		return err
	}
	level := t.levels[depth]
	if count > level.most {
		return malformed("B-tree node of %d records, of %d at most", count, level.most)
	}
	signature, size := "BTLF", 6+count*t.recordSize+4
	if depth > 0 {
		signature, size = "BTIN", size+(count+1)*level.pointerSize
	}
	d, err := t.readSummed(addr, size)
	if err != nil {
		return err
	}
	d.signature(signature)
	d.version("B-tree node", 0)
	if kind := d.u8(); d.err == nil && kind != t.kind {
		return malformed("B-tree node of type %d", kind)
	}
	records := t.f.decoder(d.bytes(count * t.recordSize))
	for i := range count + 1 {
		if depth > 0 {
			child := t.f.decoder(d.bytes(level.pointerSize))
			at, n := child.offset(), child.uint(int(bytesFor(t.levels[0].most)))
			if d.err != nil {
				return d.err
			}
			if err := t.node(at, depth-1, n); err != nil {
				return err
			}
		}
		if i == count {
			break
		}
		if err := t.visit(t.f.decoder(records.bytes(t.recordSize))); err != nil {
			return err
		}
	}
	return d.err
}
