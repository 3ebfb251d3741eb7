package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// gifFrame is the first frame of a GIF file, whose pixels are not decoded yet.
type gifFrame struct {
	canvas      point // large enough for the frame
	at, size    point
	table       [256][3]byte
	transparent int // colour index, -1 for none
	interlaced  bool
	bits        int // of the first codes
	codesAt     int // offset of the blocks of codes
	animated    bool
}

const (
	gifScreenAt   = 6
	gifExtension  = '!'
	gifDescriptor = ','
	gifTrailer    = ';'
)

// openGIF finds the first frame (GIF89a, sections 18 to 26) as Pillow does
// (GifImagePlugin.py): what is no block is passed over, and a screen that is smaller
// than the frame is widened.
func openGIF(data []byte) (gifFrame, error) {
	f := gifFrame{transparent: -1}
	broken := fmt.Errorf("%w: gif: no frame where one must begin", ErrFormat)
	if len(data) < gifScreenAt+7 {
		return f, broken
	}
	r := gifReader{data, gifScreenAt + 7}
	screen := data[gifScreenAt:]
	f.canvas = point{u16(screen), u16(screen[2:])}
	var global, local []byte
	if n := gifTableBytes(screen[4]); n > 0 {
		global = r.bytes(n)
	}
	for {
		b, ok := r.byte()
		if !ok || b == gifTrailer {
			return f, broken
		}
		if b == gifExtension {
			if err := f.extension(&r); err != nil {
				return f, err
			}
		}
		if b == gifDescriptor {
			break
		}
	}
	d := r.bytes(9)
	if len(d) < 9 {
		return f, broken
	}
	f.at, f.size = point{u16(d), u16(d[2:])}, point{u16(d[4:]), u16(d[6:])}
	f.canvas = point{max(f.canvas.x, f.at.x+f.size.x), max(f.canvas.y, f.at.y+f.size.y)}
	f.interlaced = d[8]&0x40 != 0
	local = global
	if n := gifTableBytes(d[8]); n > 0 {
		if local = r.bytes(n); gifIsGrey(local) && global != nil && !gifIsGrey(global) {
			local = global // Pillow keeps no table of greys in order, and falls back
		}
	}
	f.table = gifTable(local)
	bits, ok := r.byte()
	if !ok || bits > gifMaxBits {
		return f, fmt.Errorf("%w: gif: codes of %d bits", ErrFormat, bits)
	}
	f.bits, f.codesAt = int(bits), r.at
	f.animated = r.frameFollows()
	return f, nil
}

// extension reads what is behind an extension's mark.
func (f *gifFrame) extension(r *gifReader) error {
	const control, comment, application = 0xf9, 0xfe, 0xff
	label, ok := r.byte()
	if !ok {
		return fmt.Errorf("%w: gif: the file ends early, after %d bytes", ErrFormat, len(r.data))
	}
	block := r.block()
	switch {
	case label == comment:
		for block != nil {
			block = r.block()
		}
		return nil
	case label == control && block != nil && block[0]&1 != 0:
		if len(block) < 4 {
			return fmt.Errorf("%w: gif: a control block of %d bytes; expected 4", ErrFormat, len(block))
		}
		f.transparent = int(block[3])
	case label == application && bytes.HasPrefix(block, []byte("NETSCAPE2.0")):
		r.block()
	}
	for r.block() != nil {
	}
	return nil
}

// gifReader reads bytes and blocks; beyond the end there are none.
type gifReader struct {
	data []byte
	at   int
}

func (r *gifReader) byte() (byte, bool) {
	b := r.bytes(1)
	if len(b) == 0 {
		return 0, false
	}
	return b[0], true
}

// bytes returns the next n bytes, as many as there are.
func (r *gifReader) bytes(n int) []byte {
	b := r.data[r.at:min(r.at+n, len(r.data))]
	r.at += len(b)
	return b
}

// block returns the next block's bytes, nil for the one that ends a chain.
func (r *gifReader) block() []byte {
	if n, ok := r.byte(); ok && n > 0 {
		if b := r.bytes(int(n)); len(b) > 0 {
			return b
		}
	}
	return nil
}

// frameFollows passes over the frame's codes and over extensions, and reports
// whether another frame is behind them.
func (r *gifReader) frameFollows() bool {
	for {
		for r.block() != nil {
		}
		b, _ := r.byte()
		if b != gifExtension {
			return b == gifDescriptor
		}
		r.byte() // the label
	}
}

// gifTableBytes returns the size of the colour table that the flags announce.
func gifTableBytes(flags byte) int {
	const hasTable = 0x80
	if flags&hasTable == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifIsGrey reports whether colour i of the table is grey i, for all.
func gifIsGrey(table []byte) bool {
	for i, v := range table {
		if int(v) != i/3 {
			return false
		}
	}
	return true
}

// gifTable returns the colours: greys where there is no table or one of greys in
// order, else black past its end.
func gifTable(stored []byte) (table [256][3]byte) {
	if gifIsGrey(stored) {
		for i := range table {
			table[i] = [3]byte{byte(i), byte(i), byte(i)}
		}
		return table
	}
	for i := range len(stored) / 3 {
		table[i] = [3]byte(stored[3*i:])
	}
	return table
}

// sizeOfGIF returns the size of the canvas. Where no frame is found it is the
// screen's, so that one beyond the bounds is refused for that; decoding tells what
// else is wrong.
func sizeOfGIF(data []byte) (point, error) {
	f, err := openGIF(data)
	if f.canvas != (point{}) {
		err = nil
	}
	return f.canvas, err
}

// decodeGIF returns the first frame on its canvas. What the frame leaves free has
// the colour of the transparent index, or of index 0 where there is none: so does
// Pillow fill the canvas (GifImagePlugin.load_prepare).
func decodeGIF(data []byte, info *Info, _ DecodeOptions) (source, error) {
	f, err := openGIF(data)
	if err != nil {
		return source{}, err
	}
	if f.size.x < 1 || f.size.y < 1 {
		return source{}, fmt.Errorf("%w: gif: a frame of %d x %d pixels", ErrFormat, f.size.x, f.size.y)
	}
	pix := make([]byte, f.size.x*f.size.y)
	if err := decodeGIFCodes(pix, data[f.codesAt:], f.bits); err != nil {
		return source{}, err
	}
	if f.transparent >= 0 {
		info.warn(warnAlpha)
	}
	if f.animated {
		info.warn(warnFrames)
	}
	rows := f.rows()
	free := max(f.transparent, 0)
	return source{size: f.canvas, row: func(y int, dst []byte) []byte {
		y -= f.at.y
		inside := y >= 0 && y < f.size.y
		for x := range f.canvas.x {
			i := free
			if fx := x - f.at.x; inside && fx >= 0 && fx < f.size.x {
				i = int(pix[rows[y]*f.size.x+fx])
			}
			copy(dst[3*x:3*x+3], f.table[i][:])
		}
		return dst
	}}, nil
}

// rows returns where each of the frame's rows is stored among the others.
func (f *gifFrame) rows() []int {
	rows := make([]int, f.size.y)
	passes := [][2]int{{0, 1}} // first row, and rows from one to the next
	if f.interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	stored := 0
	for _, pass := range passes {
		for y := pass[0]; y < len(rows); y += pass[1] {
			rows[y] = stored
			stored++
		}
	}
	return rows
}

func u16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }
