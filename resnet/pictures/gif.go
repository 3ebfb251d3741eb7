package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
)

// decodeGIF returns the first frame on its canvas. What the frame leaves free has
// the colour of the transparent index, or of index 0 where there is none: so does
// Pillow fill the canvas (GifImagePlugin.load_prepare).
func decodeGIF(data []byte, info *Info, o DecodeOptions) (source, error) {
	f, err := openGIFFrame(data)
	if err != nil {
		return source{}, err
	}
	if err := f.canvas.check(o.MaxPixels); err != nil {
		return source{}, err
	}
	img, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return source{}, err
	}
	paletted, ok := img.(*image.Paletted)
	if !ok {
		return source{}, fmt.Errorf("%w: gif: pixels of type %T", ErrFormat, img)
	}
	if f.transparent >= 0 {
		info.warn(warnAlpha)
	}
	if f.animated {
		info.warn(warnFrames)
	}
	frame := fromPaletted(paletted, info)
	if frame.size == f.canvas {
		return frame, nil
	}
	table, _ := paletteTable(paletted.Palette)
	p := newRGB(f.canvas.x, f.canvas.y)
	for i := 0; i < len(p.Pix); i += 3 {
		copy(p.Pix[i:i+3], table[max(f.transparent, 0)][:])
	}
	p.paste(frame, f.at)
	return p.source(), nil
}

// paste copies src into p with its top left corner at the given position. It must
// fit.
func (p *RGB) paste(src source, at point) {
	for y := range src.size.y {
		dst := p.row(at.y + y)[3*at.x:][:3*src.size.x]
		copy(dst, src.row(y, dst))
	}
}

// gifFrame is the first frame of a GIF file.
type gifFrame struct {
	canvas      point // large enough for the frame
	at          point
	transparent int // colour index, -1 for none
	animated    bool
}

const (
	gifScreenAt   = 6
	gifExtension  = 0x21
	gifDescriptor = 0x2c
)

// openGIFFrame finds the first frame (GIF89a, sections 18 to 26) and prepares
// data, in place, for image/gif: it clears the mark of a transparent colour, for
// which image/gif would forget the red, green and blue, and widens a screen that
// is smaller than the frame, as Pillow does.
func openGIFFrame(data []byte) (gifFrame, error) {
	f := gifFrame{transparent: -1}
	screen := data[gifScreenAt:]
	at := gifScreenAt + 7 + gifTableBytes(screen[4])
	for ; at+10 <= len(data) && data[at] == gifExtension; at = skipGIFBlocks(data, at+2) {
		const control = 0xf9
		if block := data[at+2:]; data[at+1] == control && block[0] == 4 && block[1]&1 != 0 {
			f.transparent = int(block[4])
			block[1] &^= 1
		}
	}
	if at+10 > len(data) || data[at] != gifDescriptor {
		return f, fmt.Errorf("%w: gif: no frame where one must begin", ErrFormat)
	}
	d := data[at+1:]
	f.at = point{u16(d), u16(d[2:])}
	f.canvas = point{max(u16(screen), f.at.x+u16(d[4:])), max(u16(screen[2:]), f.at.y+u16(d[6:]))}
	if f.canvas.x > 0xffff || f.canvas.y > 0xffff {
		return f, fmt.Errorf("%w: gif: the first frame reaches beyond column or row 65535", ErrFormat)
	}
	binary.LittleEndian.PutUint16(screen, uint16(f.canvas.x))
	binary.LittleEndian.PutUint16(screen[2:], uint16(f.canvas.y))

	at = skipGIFBlocks(data, at+10+gifTableBytes(d[8])+1)
	for at < len(data) && data[at] == gifExtension {
		at = skipGIFBlocks(data, at+2)
	}
	f.animated = at < len(data) && data[at] == gifDescriptor
	return f, nil
}

// gifTableBytes returns the size of the colour table that the flags announce.
func gifTableBytes(flags byte) int {
	const hasTable = 0x80
	if flags&hasTable == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// skipGIFBlocks returns the offset behind a chain of data blocks, or beyond the
// end of the file.
func skipGIFBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

func u16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }
