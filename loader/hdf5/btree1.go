package hdf5

// Kinds of version 1 B-trees (III.A.1).
const (
	nodeGroup = 0
	nodeChunk = 1
)

// btree1 calls visit with the key and the address of every child of the leaves
// of a version 1 B-tree (III.A.1). The key is the one before the child.
func (w *walk) btree1(addr uint64, kind uint8, keySize uint64, visit func(key *decoder, child uint64) error) error {
	return w.btree1Node(addr, kind, keySize, -1, visit)
}

// btree1Node walks a node that must be at a level, or the root at level -1.
// Levels fall by one and fit a byte, which bounds the recursion.
func (w *walk) btree1Node(addr uint64, kind uint8, keySize uint64, level int, visit func(*decoder, uint64) error) error {
	if err := w.enter(addr); err != nil {
		return err
	}
	offsetSize := uint64(w.f.offsetSize)
	headSize := 8 + 2*offsetSize
	head, err := w.read(addr, headSize)
	if err != nil {
		return err
	}
	d := w.f.decoder(head)
	d.signature("TREE")
	gotKind, gotLevel, used := d.u8(), int(d.u8()), uint64(d.u16())
	if d.err != nil {
		return d.err
	}
	if gotKind != kind || (level >= 0 && gotLevel != level) {
		return malformed("B-tree node of type %d, level %d at %#x", gotKind, gotLevel, addr)
	}
	body, err := w.read(addr+headSize, used*(keySize+offsetSize))
	if err != nil {
		return err
	}
	d = w.f.decoder(body)
	for range used {
		key := w.f.decoder(d.bytes(keySize))
		child := d.offset()
		if gotLevel > 0 {
			err = w.btree1Node(child, kind, keySize, gotLevel-1, visit)
		} else {
			err = visit(key, child)
		}
		if err != nil {
			return err
		}
	}
	return d.err
}
