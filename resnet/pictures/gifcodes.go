package pictures

import "fmt"

const (
	gifMaxBits = 12 // of a code
	gifStrings = 1 << gifMaxBits
)

// gifDecoder is the state of LZW decoding as GIF89a, appendix F, has it.
type gifDecoder struct {
	parent [gifStrings]uint16 // a string is another one and a byte more
	last   [gifStrings]byte
	length [gifStrings]uint16
	next   int // the string that the next code defines
	width  int // bits of a code
}

// decodeGIFCodes fills pix from the chain of blocks in data. Unlike compress/lzw it
// asks for nothing behind the last pixel, and takes up to 12 bits for a first code,
// as Pillow does (GifDecode.c).
func decodeGIFCodes(pix, data []byte, bits int) error {
	clearCode := 1 << bits
	d := &gifDecoder{}
	for i := range min(clearCode, gifStrings) {
		d.last[i], d.length[i] = byte(i), 1
	}
	codes := gifCodes{data: data}
	previous := -1 // the code before; -1 behind a clear code
	d.next, d.width = clearCode+2, bits+1
	for at := 0; at < len(pix); {
		code, ok := codes.next(d.width)
		switch {
		case !ok:
			return fmt.Errorf("%w: gif: the pixels end early, after %d of %d", ErrFormat, at, len(pix))
		case code == clearCode:
			previous, d.next, d.width = -1, clearCode+2, bits+1
			continue
		case code == clearCode+1:
			return fmt.Errorf("%w: gif: the pixels end early, after %d of %d", ErrFormat, at, len(pix))
		case previous < 0 && code > clearCode, previous >= 0 && code > d.next, code >= gifStrings && previous < 0:
			return fmt.Errorf("%w: gif: a code that stands for nothing, after %d of %d pixels", ErrFormat, at, len(pix))
		}
		if previous >= 0 {
			if err := d.define(code, previous, clearCode); err != nil {
				return err
			}
		}
		at += d.write(pix[at:], code)
		previous = code
	}
	return nil
}

// define gives the next code its string: the previous code's, and the first byte of
// this one's, which may be that very code.
func (d *gifDecoder) define(code, previous, clearCode int) error {
	if d.next >= gifStrings {
		if code >= gifStrings {
			return fmt.Errorf("%w: gif: a code beyond %d", ErrFormat, gifStrings-1)
		}
		return nil
	}
	first := code
	if code == d.next {
		first = previous
	}
	for first >= clearCode {
		first = int(d.parent[first])
	}
	d.parent[d.next], d.last[d.next], d.length[d.next] = uint16(previous), d.last[first], d.length[previous]+1
	if d.next == 1<<d.width-1 && d.width < gifMaxBits {
		d.width++
	}
	d.next++
	return nil
}

// write writes a code's string, as much as fits, and returns how much that is.
func (d *gifDecoder) write(dst []byte, code int) int {
	n := int(d.length[code])
	for i := n - 1; i >= 0; i-- {
		if i < len(dst) {
			dst[i] = d.last[code]
		}
		code = int(d.parent[code])
	}
	return min(n, len(dst))
}

// gifCodes reads codes from blocks, the low bits first.
type gifCodes struct {
	data  []byte
	at    int
	block int // bytes left of the block
	held  uint32
	bits  int // held
}

// next reads a code. Blocks of no bytes are passed over, those that are not whole are
// not read.
func (c *gifCodes) next(width int) (code int, ok bool) {
	for c.bits < width {
		for c.block == 0 {
			if c.at >= len(c.data) || c.at+int(c.data[c.at]) >= len(c.data) {
				return 0, false
			}
			c.block = int(c.data[c.at])
			c.at++
		}
		c.held |= uint32(c.data[c.at]) << c.bits
		c.at, c.block, c.bits = c.at+1, c.block-1, c.bits+8
	}
	code = int(c.held & (1<<width - 1))
	c.held >>= width
	c.bits -= width
	return code, true
}
