package pictures

import "fmt"

// decodeRLE decodes runs of pixels of 8 or 4 bits, to the byte as Pillow does
// (BmpRleDecoder): what a run has beyond its row is dropped, what is skipped is 0, and
// a picture that ends early is refused.
func (h *bmpHeader) decodeRLE(data []byte) (source, error) {
	if h.bits != 4 && h.bits != 8 && h.bits != 1 {
		return source{}, fmt.Errorf("%w: bmp: runs of pixels of %d bits; read are 4 and 8", ErrFormat, h.bits)
	}
	table, kind := h.palette(data)
	if kind == bmpBlackAndWhite {
		return source{}, fmt.Errorf("%w: bmp: runs of black and white pixels, which Pillow does not read either", ErrFormat)
	}
	runs := bmpRuns{data: data, at: min(h.pixelsAt, len(data)), width: h.size.x, most: h.size.x * h.size.y, nibbles: h.compression == bmpRLE4}
	runs.decode()
	if len(runs.pix) < runs.most {
		return source{}, fmt.Errorf("%w: bmp: the runs of pixels end early, after %d of %d", ErrFormat, len(runs.pix), runs.most)
	}
	return source{size: h.size, row: func(y int, dst []byte) []byte {
		if !h.topDown {
			y = h.size.y - 1 - y
		}
		for x, i := range runs.pix[h.size.x*y:][:h.size.x] {
			copy(dst[3*x:3*x+3], table[i][:])
		}
		return dst
	}}, nil
}

// bmpRuns decodes runs into palette indices, in the order of the file.
type bmpRuns struct {
	data        []byte
	at          int // next byte
	width, most int // pixels of a row and of all
	nibbles     bool
	pix         []byte
	x           int
}

func (r *bmpRuns) decode() {
	for len(r.pix) < r.most && r.at+2 <= len(r.data) {
		n, v := int(r.data[r.at]), r.data[r.at+1]
		r.at += 2
		if n > 0 {
			r.run(n, v)
			continue
		}
		const endOfRow, end, move = 0, 1, 2
		switch v {
		case endOfRow:
			r.zeros((r.width - len(r.pix)%r.width) % r.width)
			r.x = 0
		case end:
			return
		case move:
			if r.at+2 > len(r.data) {
				return
			}
			right, up := int(r.data[r.at]), int(r.data[r.at+1])
			r.at += 2
			r.zeros(min(r.most-len(r.pix), right+up*r.width))
			r.x = len(r.pix) % r.width
		default:
			if !r.literal(int(v)) {
				return
			}
		}
	}
}

// run adds n pixels of one index, or, of 4 bits, of two in turn.
func (r *bmpRuns) run(n int, v byte) {
	if r.x+n > r.width {
		n = max(0, r.width-r.x)
	}
	for i := range n {
		switch {
		case !r.nibbles:
			r.pix = append(r.pix, v)
		case i%2 == 0:
			r.pix = append(r.pix, v>>4)
		default:
			r.pix = append(r.pix, v&0xf)
		}
	}
	r.x += n
}

func (r *bmpRuns) zeros(n int) { r.pix = append(r.pix, make([]byte, n)...) }

// literal adds n pixels, each by its index, padded to 16 bits in the file. It returns
// whether more may follow.
func (r *bmpRuns) literal(n int) bool {
	want := min(r.most-len(r.pix), n)
	stored := want
	if r.nibbles {
		stored = (want + 1) / 2
	}
	for i := range min(stored, len(r.data)-r.at) {
		v := r.data[r.at+i]
		if !r.nibbles {
			r.pix = append(r.pix, v)
			continue
		}
		r.pix = append(r.pix, v>>4)
		if 2*i+1 < want {
			r.pix = append(r.pix, v&0xf)
		}
	}
	if r.at+stored > len(r.data) || len(r.pix) == r.most {
		return false
	}
	r.x += n
	r.at += stored
	r.at += r.at % 2
	return true
}
