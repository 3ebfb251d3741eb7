package hdf5

import (
	"encoding/binary"
	"math"
)

// undefined is the address of something that is not in the file (I.A).
const undefined = math.MaxUint64

// decoder takes little-endian fields from the front of a piece of metadata.
// The first field that is not there sets err; all later ones are then zero.
type decoder struct {
	b []byte
	// Bytes in an address and in a length, from the superblock.
	offsetSize, lengthSize int
	err                    error
}

func (f *File) decoder(b []byte) *decoder {
	return &decoder{b: b, offsetSize: f.offsetSize, lengthSize: f.lengthSize}
}

func (d *decoder) bytes(n uint64) []byte {
	if d.err == nil && n > uint64(len(d.b)) {
		d.err = malformed("%d bytes wanted where %d are left", n, len(d.b))
	}
	if d.err != nil {
		return nil
	}
	head := d.b[:n:n]
	d.b = d.b[n:]
	return head
}

func (d *decoder) skip(n uint64) { d.bytes(n) }

// uint takes an unsigned integer of 1 to 8 bytes.
func (d *decoder) uint(size int) uint64 {
	var wide [8]byte
	copy(wide[:], d.bytes(uint64(size)))
	return binary.LittleEndian.Uint64(wide[:])
}

func (d *decoder) u8() uint8   { return uint8(d.uint(1)) }
func (d *decoder) u16() uint16 { return uint16(d.uint(2)) }
func (d *decoder) u32() uint32 { return uint32(d.uint(4)) }

func (d *decoder) length() uint64 { return d.uint(d.lengthSize) }

func (d *decoder) offset() uint64 {
	v := d.uint(d.offsetSize)
	if v == math.MaxUint64>>(64-8*d.offsetSize) {
		return undefined
	}
	return v
}

// signature takes four letters, which every structure but the oldest begins with.
func (d *decoder) signature(want string) {
	if got := d.bytes(uint64(len(want))); d.err == nil && string(got) != want {
		d.err = malformed("%q where the signature %s belongs", got, want)
	}
}

// version takes one byte that must have the given value.
func (d *decoder) version(of string, want uint8) {
	if got := d.u8(); d.err == nil && got != want {
		d.err = unsupported("%s version %d", of, got)
	}
}

// product multiplies sizes, with false where the result is over 2^63 - 1.
func product(sizes ...uint64) (uint64, bool) {
	p := uint64(1)
	for _, s := range sizes {
		if s == 0 {
			return 0, true
		}
	}
	for _, s := range sizes {
		if p > math.MaxInt64/s {
			return 0, false
		}
		p *= s
	}
	return p, true
}
