package hdf5

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

const signature = "\x89HDF\r\n\x1a\n"

// File is an open HDF5 file, safe for concurrent use; the reader stays the
// caller's to close.
type File struct {
	r                      io.ReaderAt
	size                   uint64
	base                   uint64 // where address 0 is: the end of the user block
	offsetSize, lengthSize int
	root                   *Group
	sharedIndexes          []sharedIndex
	scratch                sync.Pool // of *scratch

	// unverified is for tests alone: damaged files must get past checksums to
	// reach the code behind them.
	unverified bool
}

// Open reads the superblock and the root group of a file of size bytes. It
// fails with ErrFormat where there is no HDF5 file, or a truncated one.
func Open(r io.ReaderAt, size int64) (*File, error) {
	if size < 0 {
		return nil, malformed("size %d", size)
	}
	f := &File{r: r, size: uint64(size)}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open() error {
	if err := f.findSignature(); err != nil {
		return err
	}
	root, extension, err := f.readSuperblock()
	if err != nil {
		return fmt.Errorf("superblock: %w", err)
	}
	if err := f.readExtension(extension); err != nil {
		return fmt.Errorf("superblock extension: %w", err)
	}
	o, err := f.object(root, "/")
	if err != nil {
		return fmt.Errorf("root group: %w", err)
	}
	if !o.isGroup() {
		return malformed("the root object is not a group")
	}
	f.root, err = newGroup(o)
	return err
}

// Root returns the group that everything else is in.
func (f *File) Root() *Group { return f.root }

// findSignature looks at 0, 512, 1024, 2048 ... (II.A) and sets base.
func (f *File) findSignature() error {
	for at := uint64(0); ; at = max(512, 2*at) {
		f.base = at
		b, err := f.read(0, uint64(len(signature)))
		if errors.Is(err, ErrFormat) {
			return malformed("no HDF5 signature in %d bytes", f.size)
		}
		if err != nil {
			return err
		}
		if string(b) == signature {
			return nil
		}
	}
}

// readSuperblock returns the addresses of the object headers of the root group and
// of the superblock's extension, which few files have (II.A).
func (f *File) readSuperblock() (root, extension uint64, err error) {
	// 96 bytes hold any superblock up to the root group's address.
	b, err := f.read(0, min(96, f.size-f.base))
	if err != nil {
		return 0, 0, err
	}
	d := f.decoder(b)
	d.skip(uint64(len(signature)))
	version := d.u8()
	switch {
	case version <= 1:
		d.skip(4)
	case version > 3:
		return 0, 0, unsupported("superblock version %d", version)
	}
	f.offsetSize, f.lengthSize = int(d.u8()), int(d.u8())
	if d.err != nil {
		return 0, 0, d.err
	}
	for _, size := range []int{f.offsetSize, f.lengthSize} {
		if size != 2 && size != 4 && size != 8 {
			return 0, 0, unsupported("addresses or lengths of %d bytes", size)
		}
	}
	d.offsetSize, d.lengthSize = f.offsetSize, f.lengthSize
	var base, end uint64
	extension = undefined
	if version <= 1 {
		d.skip(1 + 2 + 2 + 4)
		if version == 1 {
			d.skip(4)
		}
		base, _, end = d.offset(), d.offset(), d.offset()
		if driver := d.offset(); d.err == nil && driver != undefined {
			return 0, 0, unsupported("file driver information")
		}
		d.length() // the root's name, which is empty
		root = d.offset()
	} else {
		d.skip(1)
		base, extension, end, root = d.offset(), d.offset(), d.offset(), d.offset()
		if sum := d.u32(); d.err == nil && !f.verify(b[:len(b)-len(d.b)-4], sum) {
			return 0, 0, malformed("wrong checksum")
		}
	}
	if d.err != nil {
		return 0, 0, d.err
	}
	// The end counts from the file's start; the base is wrong in files that
	// were given a user block afterwards.
	if end < base || end-base > f.size-f.base {
		return 0, 0, malformed("truncated: %d bytes of %d: download or copy it again", f.size-f.base, end-base)
	}
	return root, extension, nil
}

// verify says whether sum is the checksum of b.
func (f *File) verify(b []byte, sum uint32) bool { return f.unverified || lookup3(b) == sum }

// check says whether n bytes at an address are within the file.
func (f *File) check(addr, n uint64) error {
	if f.base > f.size || addr > f.size-f.base || n > f.size-f.base-addr {
		return malformed("%d bytes at address %#x, in a file of %d", n, addr, f.size)
	}
	return nil
}

// read returns n bytes, which the caller owns.
func (f *File) read(addr, n uint64) ([]byte, error) {
	if err := f.check(addr, n); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	return b, f.readFull(b, addr)
}

// readFull fills b from an address that was checked.
func (f *File) readFull(b []byte, addr uint64) error {
	n, err := f.r.ReadAt(b, int64(f.base+addr))
	if n == len(b) {
		return nil
	}
	return fmt.Errorf("reading %d bytes at %d: %w", len(b), f.base+addr, err)
}

// walk bounds what one call reads while it follows addresses. The structures of
// a well-formed file do not overlap, so that no call reads more than the file
// has, a few prefixes twice; a hostile file's can be shared, nested or cyclic.
type walk struct {
	f    *File
	left uint64
	seen map[uint64]bool

	collections map[uint64]collection   // of the global heap, by address
	sharedHeaps map[uint64]*fractalHeap // of shared messages, by address
}

func (f *File) walk() *walk {
	return &walk{f: f, left: 2*f.size + 1<<16, seen: map[uint64]bool{}}
}

// spend takes n bytes from the allowance.
func (w *walk) spend(n uint64) error {
	if n > w.left {
		return malformed("structures overlap")
	}
	w.left -= n
	return nil
}

func (w *walk) read(addr, n uint64) ([]byte, error) {
	if err := w.spend(n); err != nil {
		return nil, err
	}
	return w.f.read(addr, n)
}

// enter refuses an address that this walk has been at.
func (w *walk) enter(addr uint64) error {
	if w.seen[addr] {
		return malformed("cycle at address %#x", addr)
	}
	w.seen[addr] = true
	return nil
}

// readSummed reads n bytes that end in their checksum, and returns a decoder of
// those before it.
func (w *walk) readSummed(addr, n uint64) (*decoder, error) {
	b, err := w.read(addr, n)
	if err != nil {
		return nil, err
	}
	if n < 4 {
		return nil, malformed("no room for a checksum at %#x", addr)
	}
	body := b[:n-4]
	if sum := w.f.decoder(b[n-4:]).u32(); !w.f.verify(body, sum) {
		return nil, malformed("wrong checksum at address %#x", addr)
	}
	return w.f.decoder(body), nil
}
