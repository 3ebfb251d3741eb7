package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// lookup3 is Bob Jenkins' hash of that name with initial value 0, the checksum
// of all version 2 metadata ("hashlittle" in lookup3.c, May 2006).
func lookup3(b []byte) uint32 {
	x := 0xdeadbeef + uint32(len(b))
	y, z := x, x
	for len(b) > 12 {
		x += binary.LittleEndian.Uint32(b)
		y += binary.LittleEndian.Uint32(b[4:])
		z += binary.LittleEndian.Uint32(b[8:])
		x, y, z = mix3(x, y, z)
		b = b[12:]
	}
	if len(b) == 0 {
		return z
	}
	var tail [12]byte
	copy(tail[:], b)
	x += binary.LittleEndian.Uint32(tail[0:])
	y += binary.LittleEndian.Uint32(tail[4:])
	z += binary.LittleEndian.Uint32(tail[8:])
	return final3(x, y, z)
}

func mix3(x, y, z uint32) (uint32, uint32, uint32) {
	x -= z
	x ^= bits.RotateLeft32(z, 4)
	z += y
	y -= x
	y ^= bits.RotateLeft32(x, 6)
	x += z
	z -= y
	z ^= bits.RotateLeft32(y, 8)
	y += x
	x -= z
	x ^= bits.RotateLeft32(z, 16)
	z += y
	y -= x
	y ^= bits.RotateLeft32(x, 19)
	x += z
	z -= y
	z ^= bits.RotateLeft32(y, 4)
	y += x
	return x, y, z
}

func final3(x, y, z uint32) uint32 {
	z ^= y
	z -= bits.RotateLeft32(y, 14)
	x ^= z
	x -= bits.RotateLeft32(z, 11)
	y ^= x
	y -= bits.RotateLeft32(x, 25)
	z ^= y
	z -= bits.RotateLeft32(y, 16)
	x ^= z
	x -= bits.RotateLeft32(z, 4)
	y ^= x
	y -= bits.RotateLeft32(x, 14)
	z ^= y
	z -= bits.RotateLeft32(y, 24)
	return z
}

// fletcher32 is the checksum of the filter of that name: two sums modulo
// 2^16 - 1 over big-endian 16-bit words, an odd last byte being a high byte.
func fletcher32(b []byte) uint32 {
	var s1, s2 uint32
	for len(b) >= 2 {
		// 360 words are the most before 32 bits overflow.
		n := min(len(b)/2, 360)
		for i := 0; i < 2*n; i += 2 {
			s1 += uint32(binary.BigEndian.Uint16(b[i:]))
			s2 += s1
		}
		s1 = s1&0xffff + s1>>16
		s2 = s2&0xffff + s2>>16
		b = b[2*n:]
	}
	if len(b) == 1 {
		s1 += uint32(b[0]) << 8
		s2 += s1
		s1 = s1&0xffff + s1>>16
		s2 = s2&0xffff + s2>>16
	}
	s1 = s1&0xffff + s1>>16
	s2 = s2&0xffff + s2>>16
	return s2<<16 | s1
}
