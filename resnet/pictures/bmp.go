package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// bmpHeader is what stands before the pixels of a BMP file: Windows' headers of
// versions 2 to 5 and OS/2's of 1 and 2, as Pillow reads them (BmpImagePlugin.py).
type bmpHeader struct {
	size        point
	topDown     bool
	bits        int // of a pixel
	compression int
	masks       [4]uint32 // of red, green, blue and alpha, where compression says so
	colours     int       // of the palette
	entry       int       // bytes of a colour
	paletteAt   int
	pixelsAt    int
}

// Compressions of a BMP file.
const (
	bmpStored, bmpRLE8, bmpRLE4, bmpMasks = 0, 1, 2, 3
)

func openBMP(data []byte) (h bmpHeader, err error) {
	const fileHeader, core = 14, 12
	broken := fmt.Errorf("%w: bmp: the header ends early", ErrFormat)
	if len(data) < fileHeader+4 {
		return h, broken
	}
	u32 := func(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }
	headerBytes := u32(data[fileHeader:])
	switch headerBytes {
	case core, 40, 52, 56, 64, 108, 124:
	default:
		return h, fmt.Errorf("%w: bmp: a header of %d bytes; expected one of Windows or OS/2: 12, 40, 52, 56, 64, 108 or 124", ErrFormat, headerBytes)
	}
	h.pixelsAt, h.paletteAt = u32(data[10:]), fileHeader+headerBytes
	if len(data) < h.paletteAt {
		return h, broken
	}
	d := data[fileHeader:h.paletteAt]
	if headerBytes == core {
		h.size, h.bits, h.entry = point{u16(d[4:]), u16(d[6:])}, u16(d[10:]), 3
	} else {
		h.size, h.bits, h.entry = point{u32(d[4:]), u32(d[8:])}, u16(d[14:]), 4
		if h.topDown = d[11] == 0xff; h.topDown {
			h.size.y = -int(int32(binary.LittleEndian.Uint32(d[8:])))
		}
		h.compression, h.colours = u32(d[16:]), u32(d[32:])
		if h.compression == bmpMasks {
			masks := d[min(40, len(d)):]
			if headerBytes == 40 { // they follow the header
				masks = data[h.paletteAt:min(h.paletteAt+12, len(data))]
				h.paletteAt += 12
			}
			if len(masks) < 12 {
				return h, broken
			}
			for i := 0; i < 3 || i < 4 && headerBytes >= 56; i++ {
				h.masks[i] = binary.LittleEndian.Uint32(masks[4*i:])
			}
		}
	}
	if h.bits <= 8 {
		if h.colours == 0 {
			h.colours = 1 << max(h.bits, 0)
		}
		if h.colours > 256 {
			return h, fmt.Errorf("%w: bmp: a palette of %d colours; at most 256 are read", ErrFormat, h.colours)
		}
		if h.pixelsAt == fileHeader+headerBytes { // meant are those behind the palette
			h.pixelsAt += h.entry * h.colours
		}
		if h.pixelsAt == 0 {
			h.pixelsAt = h.paletteAt + h.entry*h.colours
		}
	}
	if h.pixelsAt == 0 {
		h.pixelsAt = h.paletteAt
	}
	return h, nil
}

// sizeOfBMP returns the size that the header states.
func sizeOfBMP(data []byte) (point, error) {
	h, err := openBMP(data)
	return h.size, err
}

func decodeBMP(data []byte, info *Info, _ DecodeOptions) (source, error) {
	h, err := openBMP(data)
	if err != nil {
		return source{}, err
	}
	if h.compression == bmpRLE8 || h.compression == bmpRLE4 {
		return h.decodeRLE(data)
	}
	convert, err := h.converter(data, info)
	if err != nil {
		return source{}, err
	}
	used, stride := (h.size.x*h.bits+7)/8, (h.size.x*h.bits+31)/32*4
	if h.bits < 8 {
		used = stride
	}
	pixels := data[min(h.pixelsAt, len(data)):]
	if len(pixels) < stride*(h.size.y-1)+used { // the last row may lack its padding
		return source{}, fmt.Errorf("%w: bmp: the file ends early, after %d bytes", ErrFormat, len(data))
	}
	return source{size: h.size, row: func(y int, dst []byte) []byte {
		if !h.topDown {
			y = h.size.y - 1 - y
		}
		convert(dst, pixels[stride*y:][:used])
		return dst
	}}, nil
}

// converter returns what makes a stored row R, G, B.
func (h *bmpHeader) converter(data []byte, info *Info) (func(dst, row []byte), error) {
	masks := h.masks
	switch {
	case h.compression == bmpStored && h.bits == 16:
		masks = [4]uint32{0x7c00, 0x3e0, 0x1f, 0}
	case h.compression == bmpStored && h.bits <= 8:
		return h.indexed(data)
	case h.compression == bmpStored:
		masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
	case h.compression != bmpMasks:
		return nil, fmt.Errorf("%w: bmp: compression %d; read are 0 to 3", ErrFormat, h.compression)
	}
	switch h.bits {
	case 16:
		return fromBMP16(masks)
	case 24:
		if [3]uint32(masks[:3]) == ([3]uint32{0xff0000, 0xff00, 0xff}) {
			return interleavedBMP([3]int{2, 1, 0}, 3), nil
		}
	case 32:
		order, alpha, ok := bmpOrder(masks)
		if ok {
			if alpha {
				info.warn(warnAlpha)
			}
			return interleavedBMP(order, 4), nil
		}
	default:
		return nil, fmt.Errorf("%w: bmp: %d bits a pixel; read are 1, 4, 8, 16, 24 and 32", ErrFormat, h.bits)
	}
	return nil, fmt.Errorf("%w: bmp: red, green, blue, alpha in bits %x of %d, which Pillow does not read either", ErrFormat, masks, h.bits)
}

// bmpOrder returns where red, green and blue are among a pixel's 4 bytes, for the
// masks that Pillow reads, and whether there is alpha.
func bmpOrder(masks [4]uint32) (order [3]int, alpha, ok bool) {
	switch masks {
	case [4]uint32{0xff0000, 0xff00, 0xff, 0}: // 3 colours by these masks, padded
		return [3]int{2, 1, 0}, false, true
	case [4]uint32{0xff000000, 0xff0000, 0xff00, 0}:
		return [3]int{3, 2, 1}, false, true
	case [4]uint32{0xff000000, 0xff00, 0xff, 0}:
		return [3]int{3, 1, 0}, false, true
	case [4]uint32{0xff000000, 0xff0000, 0xff00, 0xff}:
		return [3]int{3, 2, 1}, true, true
	case [4]uint32{0xff, 0xff00, 0xff0000, 0xff000000}:
		return [3]int{0, 1, 2}, true, true
	case [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}, [4]uint32{}:
		return [3]int{2, 1, 0}, true, true
	case [4]uint32{0xff000000, 0xff00, 0xff, 0xff0000}:
		return [3]int{3, 1, 0}, true, true
	}
	return order, false, false
}

func interleavedBMP(order [3]int, pitch int) func(dst, row []byte) {
	return func(dst, row []byte) {
		for x := range len(row) / pitch {
			d, s := dst[3*x:][:3], row[pitch*x:][:pitch]
			d[0], d[1], d[2] = s[order[0]], s[order[1]], s[order[2]]
		}
	}
}

// fromBMP16 converts pixels of 5 bits for each colour, or of 6 for green: each
// times 255 by the most that it can be, cut (src/libImaging/Unpack.c).
func fromBMP16(masks [4]uint32) (func(dst, row []byte), error) {
	green := 0x1f
	switch [3]uint32(masks[:3]) {
	case [3]uint32{0x7c00, 0x3e0, 0x1f}:
	case [3]uint32{0xf800, 0x7e0, 0x1f}:
		green = 0x3f
	default:
		return nil, fmt.Errorf("%w: bmp: red, green, blue in bits %x of 16; read are 5, 5, 5 and 5, 6, 5", ErrFormat, masks[:3])
	}
	return func(dst, row []byte) {
		for x := range len(row) / 2 {
			v := u16(row[2*x:])
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = byte(v/(32*(green+1))&0x1f*255/0x1f), byte(v>>5&green*255/green), byte(v&0x1f*255/0x1f)
		}
	}, nil
}

// indexed converts pixels that name colours of the palette, 1, 4 or 8 bits each.
func (h *bmpHeader) indexed(data []byte) (func(dst, row []byte), error) {
	if h.bits != 1 && h.bits != 4 && h.bits != 8 {
		return nil, fmt.Errorf("%w: bmp: %d bits a pixel; read are 1, 4, 8, 16, 24 and 32", ErrFormat, h.bits)
	}
	table, kind := h.palette(data)
	bits := h.bits
	switch {
	case kind == bmpBlackAndWhite: // of which Pillow reads a bit each, whatever the header says
		bits = 1
	case kind == bmpGrey && bits < 8: // of which it reads a byte each, where the row has as many
		if (h.size.x*bits+31)/32*4 < h.size.x {
			return nil, fmt.Errorf("%w: bmp: %d bits a pixel with a palette of greys in order, which Pillow does not read either", ErrFormat, bits)
		}
		bits = 8
	}
	perByte := 8 / bits
	return func(dst, row []byte) {
		for x := range len(dst) / 3 {
			i := row[x/perByte] >> (8 - bits - x%perByte*bits) & (1<<bits - 1)
			copy(dst[3*x:3*x+3], table[i][:])
		}
	}, nil
}

// Kinds of palettes, which Pillow tells apart.
const (
	bmpColours = iota
	bmpGrey    // entry i is grey i
	bmpBlackAndWhite
)

// palette returns the colours of at most 8 bits a pixel, black past the end of the
// palette; where it is of greys in order, greys.
func (h *bmpHeader) palette(data []byte) (table [256][3]byte, kind int) {
	stored := data[min(h.paletteAt, len(data)):]
	stored = stored[:min(len(stored), h.entry*h.colours)]
	kind = bmpGrey
	if h.colours <= 2 {
		kind = bmpBlackAndWhite
	}
	for i := range h.colours {
		level := byte(i)
		if h.colours == 2 {
			level = byte(255 * i)
		}
		bgr := stored[min(h.entry*i, len(stored)):min(h.entry*i+3, len(stored))]
		if !bytes.Equal(bgr, []byte{level, level, level}) {
			kind = bmpColours
		}
		if len(bgr) == 3 {
			table[i] = [3]byte{bgr[2], bgr[1], bgr[0]}
		}
	}
	switch kind {
	case bmpGrey:
		for i := range table {
			table[i] = [3]byte{byte(i), byte(i), byte(i)}
		}
	case bmpBlackAndWhite:
		table[1] = [3]byte{255, 255, 255}
	}
	return table, kind
}
