package hdf5

import "math/bits"

// chunkEntries walks the entries of a fixed or an extensible array (VII.C, D):
// chunks by their number.
type chunkEntries struct {
	*walk
	filtered  bool
	entrySize uint64
	pageSize  uint64 // entries in a page of a data block that has pages
	visit     func(number uint64, entry *decoder) error
}

// maxCountBits bounds the counts in a header, so that none overflows.
const maxCountBits = 48

// head takes what the structures of both arrays begin with.
func (a *chunkEntries) head(d *decoder, signature string) {
	d.signature(signature)
	d.version("chunk array", 0)
	client := uint8(0)
	if a.filtered {
		client = 1
	}
	if got := d.u8(); d.err == nil && got != client {
		d.err = malformed("chunk array of type %d, of type %d wanted", got, client)
	}
}

// open reads a structure of size bytes, less its checksum.
func (a *chunkEntries) open(addr, size uint64, signature string) (*decoder, error) {
	if err := a.enter(addr); err != nil {
		return nil, err
	}
	d, err := a.readSummed(addr, size)
	if err != nil {
		return nil, err
	}
	a.head(d, signature)
	return d, d.err
}

// setEntrySize checks an entry's size: an address, then size and mask if filtered.
func (a *chunkEntries) setEntrySize(n uint8) error {
	a.entrySize = uint64(n)
	least, most := uint64(a.f.offsetSize), uint64(a.f.offsetSize)
	if a.filtered {
		least, most = least+1+4, most+8+4
	}
	if a.entrySize < least || a.entrySize > most {
		return malformed("entries of %d bytes in a chunk array", n)
	}
	return nil
}

// entries visits count entries, the first of which has this number.
func (a *chunkEntries) entries(d *decoder, first, count uint64) error {
	for i := range count {
		entry := d.bytes(a.entrySize)
		if d.err != nil {
			return d.err
		}
		if err := a.visit(first+i, a.f.decoder(entry)); err != nil {
			return err
		}
	}
	return nil
}

// pages visits the pages of a data block of count entries that begin at addr. A
// page whose bit, counted from firstBit, is clear was never written.
func (a *chunkEntries) pages(addr, first, count uint64, bitmap []byte, firstBit uint64) error {
	for bit := firstBit; count > 0; bit++ {
		n := min(count, a.pageSize)
		size := n*a.entrySize + 4
		if bitmap[bit/8]>>(7-bit%8)&1 != 0 {
			d, err := a.readSummed(addr, size)
			if err != nil {
				return err
			}
			if err := a.entries(d, first, n); err != nil {
				return err
			}
		}
		addr, first, count = addr+size, first+n, count-n
	}
	return nil
}

// fixedArray walks an array of a size that was known when it was made (VII.C).
func (a *chunkEntries) fixedArray(addr uint64) error {
	d, err := a.open(addr, uint64(4+1+1+1+1+a.f.lengthSize+a.f.offsetSize+4), "FAHD")
	if err != nil {
		return err
	}
	if err := a.setEntrySize(d.u8()); err != nil {
		return err
	}
	pageBits, count, block := d.u8(), d.length(), d.offset()
	if d.err != nil || block == undefined {
		return d.err
	}
	if pageBits > maxCountBits || count > 1<<maxCountBits {
		return malformed("fixed array of %d entries, pages of 2^%d", count, pageBits)
	}
	a.pageSize = 1 << pageBits
	headSize := uint64(4 + 1 + 1 + a.f.offsetSize)
	if count <= a.pageSize {
		if d, err = a.open(block, headSize+count*a.entrySize+4, "FADB"); err != nil {
			return err
		}
		d.offset() // of the header
		return a.entries(d, 0, count)
	}
	bitmapSize := ceilDiv(ceilDiv(count, a.pageSize), 8)
	if d, err = a.open(block, headSize+bitmapSize+4, "FADB"); err != nil {
		return err
	}
	d.offset()
	bitmap := d.bytes(bitmapSize)
	if d.err != nil {
		return d.err
	}
	return a.pages(block+headSize+bitmapSize+4, 0, count, bitmap, 0)
}

// extensibleArray is an array that grows in one dimension (VII.D): the first
// entries are in the index block, the next in data blocks that the index block
// refers to, the rest in data blocks by way of super blocks. Super block i, also
// where it is only a part of the index block, has 2^(i/2) data blocks.
type extensibleArray struct {
	*chunkEntries
	countBits     uint8  // of the most entries
	inIndex       uint64 // entries in the index block
	leastEntries  uint64 // in a data block
	leastPointers uint64 // data blocks of a super block that is one
	offsetBytes   int    // of a block's offset
	blockHead     uint64 // bytes before the entries of a data block
}

func (a *chunkEntries) extensibleArray(addr uint64) error {
	d, err := a.open(addr, uint64(4+1+1+6+6*a.f.lengthSize+a.f.offsetSize+4), "EAHD")
	if err != nil {
		return err
	}
	if err := a.setEntrySize(d.u8()); err != nil {
		return err
	}
	e := &extensibleArray{chunkEntries: a, countBits: d.u8(), inIndex: uint64(d.u8()),
		leastEntries: uint64(d.u8()), leastPointers: uint64(d.u8())}
	pageBits := d.u8()
	for range 6 {
		d.length() // numbers and sizes of blocks
	}
	index := d.offset()
	if d.err != nil || index == undefined {
		return d.err
	}
	if e.countBits > maxCountBits || pageBits > maxCountBits || !powerOfTwo(e.leastEntries) ||
		!powerOfTwo(e.leastPointers) || 1<<e.countBits < e.leastEntries {
		return malformed("extensible array of 2^%d entries, blocks of %d, pages of 2^%d",
			e.countBits, e.leastEntries, pageBits)
	}
	a.pageSize = 1 << pageBits
	e.offsetBytes = (int(e.countBits) + 7) / 8
	e.blockHead = uint64(4 + 1 + 1 + a.f.offsetSize + e.offsetBytes)
	return e.indexBlock(index)
}

// superBlocks is how many super blocks there are, and how many of them are
// parts of the index block.
func (e *extensibleArray) superBlocks() (all, inIndex int) {
	all = 1 + int(e.countBits) - (bits.Len64(e.leastEntries) - 1)
	return all, min(all, 2*(bits.Len64(e.leastPointers)-1))
}

// shape is how many data blocks a super block has, and entries each of these.
func (e *extensibleArray) shape(superBlock int) (blocks, entries uint64) {
	return 1 << (superBlock / 2), e.leastEntries << ((superBlock + 1) / 2)
}

func (e *extensibleArray) indexBlock(addr uint64) error {
	all, inIndex := e.superBlocks()
	addresses := uint64(all - inIndex)
	for i := range inIndex {
		blocks, _ := e.shape(i)
		addresses += blocks
	}
	size := uint64(4+1+1+e.f.offsetSize) + e.inIndex*e.entrySize + addresses*uint64(e.f.offsetSize) + 4
	d, err := e.open(addr, size, "EAIB")
	if err != nil {
		return err
	}
	d.offset() // of the header
	if err := e.entries(d, 0, e.inIndex); err != nil {
		return err
	}
	first := e.inIndex
	for i := range all {
		blocks, entries := e.shape(i)
		if i < inIndex {
			err = e.dataBlocks(d, first, blocks, entries, nil)
		} else {
			err = e.superBlock(d.offset(), first, blocks, entries)
		}
		if err != nil {
			return err
		}
		first += blocks * entries
	}
	return d.err
}

// superBlock reads a list of data blocks, with a bit for each of their pages.
func (e *extensibleArray) superBlock(addr, first, blocks, entries uint64) error {
	if addr == undefined {
		return nil
	}
	bitmapSize := uint64(0)
	if entries > e.pageSize {
		bitmapSize = blocks * ceilDiv(entries/e.pageSize, 8)
	}
	d, err := e.open(addr, e.blockHead+bitmapSize+blocks*uint64(e.f.offsetSize)+4, "EASB")
	if err != nil {
		return err
	}
	d.skip(e.blockHead - 6) // the header's address, its own offset
	bitmap := d.bytes(bitmapSize)
	return e.dataBlocks(d, first, blocks, entries, bitmap)
}

// dataBlocks visits the entries of as many data blocks as d has addresses for.
func (e *extensibleArray) dataBlocks(d *decoder, first, blocks, entries uint64, bitmap []byte) error {
	paged := entries > e.pageSize
	for i := range blocks {
		addr := d.offset()
		if d.err != nil {
			return d.err
		}
		if addr == undefined {
			continue
		}
		if paged && bitmap == nil {
			return malformed("pages in an index block")
		}
		size := e.blockHead + 4
		if !paged {
			size += entries * e.entrySize
		}
		block, err := e.open(addr, size, "EADB")
		if err != nil {
			return err
		}
		block.skip(e.blockHead - 6)
		at := first + i*entries
		if paged {
			err = e.pages(addr+size, at, entries, bitmap, i*(entries/e.pageSize))
		} else {
			err = e.entries(block, at, entries)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
