package pictures

import (
	"fmt"
	"image"
	"io"
	"slices"

	"golang.org/x/image/tiff"
)

// with returns the file with another directory, of the same tags but for those in
// change: as a classic TIFF, even of a BigTIFF. Nothing is copied.
func (t *tiffPicture) with(change map[uint16][]uint) io.Reader {
	const long = 4
	tags := map[uint16][]uint{}
	for tag, values := range t.tags {
		tags[tag] = values
	}
	for tag, values := range change {
		tags[tag] = values
	}
	delete(tags, tagPlanes)
	at := len(t.data)
	var list []uint16
	for tag, values := range tags {
		if len(values) > 0 {
			list = append(list, tag)
		}
	}
	slices.Sort(list)
	directory := t.order.AppendUint16(nil, uint16(len(list)))
	var behind []byte
	behindAt := at + 2 + len(list)*tiffEntryBytes + 4
	for _, tag := range list {
		values := tags[tag]
		directory = t.order.AppendUint16(t.order.AppendUint16(directory, tag), long)
		directory = t.order.AppendUint32(directory, uint32(len(values)))
		if len(values) == 1 {
			directory = t.order.AppendUint32(directory, uint32(values[0]))
			continue
		}
		directory = t.order.AppendUint32(directory, uint32(behindAt+len(behind)))
		for _, v := range values {
			behind = t.order.AppendUint32(behind, uint32(v))
		}
	}
	f := &patchedFile{body: t.data, tail: append(t.order.AppendUint32(directory, 0), behind...)}
	copy(f.head[:], t.data[:2])
	t.order.PutUint16(f.head[2:], 42)
	t.order.PutUint32(f.head[4:], uint32(at))
	return io.NewSectionReader(f, 0, int64(at+len(f.tail)))
}

// patchedFile is body with other bytes first, and more behind it.
type patchedFile struct {
	head       [8]byte
	body, tail []byte
}

// ReadAt is io.ReaderAt's.
func (f *patchedFile) ReadAt(p []byte, at int64) (n int, err error) {
	for _, part := range []struct {
		from  int
		bytes []byte
	}{{0, f.head[:]}, {len(f.head), f.body[len(f.head):]}, {len(f.body), f.tail}} {
		if from := int(at) + n - part.from; from >= 0 && from < len(part.bytes) {
			n += copy(p[n:], part.bytes[from:])
		}
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

// greySamples are those of a grey picture, the high byte first where they have two.
type greySamples struct {
	pix           []byte
	stride, pitch int // bytes from row to row and from sample to sample
}

// grey decodes what is stored as a grey picture of so many bits would be.
func (t *tiffPicture) grey(bits int, change map[uint16][]uint) (greySamples, error) {
	for tag, v := range map[uint16]uint{tagBits: uint(bits), tagSamples: 1, tagPhotometric: blackIsZero} {
		change[tag] = []uint{v}
	}
	change[tagExtraSamples], change[tagSampleFormat], change[tagColours] = nil, nil, nil
	img, err := tiff.Decode(t.with(change))
	if err != nil {
		return greySamples{}, err
	}
	switch img := img.(type) {
	case *image.Gray:
		return greySamples{img.Pix, img.Stride, 1}, nil
	case *image.Gray16:
		return greySamples{img.Pix, img.Stride, 2}, nil
	}
	return greySamples{}, fmt.Errorf("%w: tiff: pixels of type %T", ErrFormat, img)
}

// fromPlanes reads the planes of the colours, and of alpha that is multiplied into
// them or not said to be anything; those of other samples are left.
func (t *tiffPicture) fromPlanes(info *Info) (source, error) {
	colours := map[int]int{photometricRGB: 3, photometricCMYK: 4}[t.photometric]
	used := max(colours, 1)
	multiplied := t.photometric == photometricRGB && t.samples > 3 && (len(t.extra) == 0 || t.extra[0] == 1) && t.first(tagCompression, 1) != 1
	if multiplied {
		used++
	}
	if len(t.extra) > 0 && slices.Max(t.extra) > 0 || multiplied {
		info.warn(warnAlpha)
	}
	offsets, counts := uint16(tagStripOffsets), uint16(tagStripBytes)
	if t.first(tagTileWidth, 0) > 0 {
		offsets, counts = tagTileOffsets, tagTileBytes
	}
	each := len(t.tags[offsets]) / t.samples
	planes := make([]greySamples, used)
	for c := range planes {
		change := map[uint16][]uint{}
		for _, tag := range []uint16{offsets, counts} {
			list := t.tags[tag]
			change[tag] = list[min(c*each, len(list)):min((c+1)*each, len(list))]
		}
		var err error
		if planes[c], err = t.grey(t.bits, change); err != nil {
			return source{}, err
		}
	}
	return source{size: t.size, row: func(y int, dst []byte) []byte {
		var v [4]byte
		for x := range t.size.x {
			for c, p := range planes {
				v[c] = p.pix[y*p.stride+x*p.pitch]
			}
			d := dst[3*x:][:3]
			switch {
			case multiplied:
				d[0], d[1], d[2] = straight(v[0], v[3]), straight(v[1], v[3]), straight(v[2], v[3])
			case colours == 0:
				d[0], d[1], d[2] = v[0], v[0], v[0]
			case colours == 3:
				copy(d, v[:3])
			default:
				inkOf(d, v[0], v[1], v[2], v[3])
			}
		}
		return dst
	}}, nil
}

// inkOf converts inks of 0 to 255 as Pillow's cmyk2rgb.
func inkOf(d []byte, cyan, magenta, yellow, black byte) {
	d[0], d[1], d[2] = ink(^cyan, ^black), ink(^magenta, ^black), ink(^yellow, ^black)
}

// fromFour reads four samples a pixel, which x/image knows as red, green, blue and
// alpha.
func (t *tiffPicture) fromFour(info *Info) (source, error) {
	const multiplied, alpha = 1, 2
	if t.photometric == photometricRGB && len(t.extra) == 1 && t.extra[0] == multiplied {
		return t.decode(t.with(nil), nil, info)
	}
	img, err := tiff.Decode(t.with(map[uint16][]uint{tagPhotometric: {photometricRGB}, tagExtraSamples: {alpha}}))
	if err != nil {
		return source{}, err
	}
	if t.photometric == photometricRGB {
		warnings := len(info.Warnings)
		s, err := fromImage(img, info)
		if len(t.extra) == 1 && t.extra[0] == 0 {
			info.Warnings = info.Warnings[:warnings] // it is no alpha
		}
		return s, err
	}
	switch img := img.(type) {
	case *image.NRGBA:
		return fromInkSamples(img.Pix, img.Stride, 4, 1, t.size), nil
	case *image.NRGBA64:
		return fromInkSamples(img.Pix, img.Stride, 8, 2, t.size), nil
	}
	return source{}, fmt.Errorf("%w: tiff: pixels of type %T", ErrFormat, img)
}

// fromInkSamples reads the first bytes of four samples, of the width in bytes, in
// pixels of pitch bytes.
func fromInkSamples(pix []byte, stride, pitch, width int, size point) source {
	return source{size: size, row: func(y int, dst []byte) []byte {
		row := pix[y*stride:]
		for x := range size.x {
			s := row[pitch*x:]
			inkOf(dst[3*x:][:3], s[0], s[width], s[2*width], s[3*width])
		}
		return dst
	}}
}

// fromBytes reads pixels that x/image does not know, of any number of samples.
func (t *tiffPicture) fromBytes(info *Info) (source, error) {
	wide := func(pixels int) []uint { return []uint{uint((pixels*t.samples*t.bits + 7) / 8)} }
	change := map[uint16][]uint{tagWidth: wide(t.size.x)}
	if tile := t.first(tagTileWidth, 0); tile > 0 {
		change[tagTileWidth] = wide(tile)
	}
	grey, err := t.grey(8, change)
	if err != nil {
		return source{}, err
	}
	if len(t.extra) > 0 && t.extra[0] > 0 {
		info.warn(warnAlpha)
	}
	convert, used := t.converter(), int(change[tagWidth][0])
	return source{size: t.size, row: func(y int, dst []byte) []byte {
		convert(dst, grey.pix[y*grey.stride:][:used])
		return dst
	}}, nil
}

// converter returns what makes the bytes of a row R, G, B.
func (t *tiffPicture) converter() func(dst, row []byte) {
	n := t.samples * t.bits / 8
	switch {
	case t.photometric == photometricCMYK:
		width := t.bits / 8
		high := 0
		if t.order.String() == "LittleEndian" {
			high = width - 1
		}
		return func(dst, row []byte) {
			for x := range len(dst) / 3 {
				s := row[n*x+high:]
				inkOf(dst[3*x:][:3], s[0], s[width], s[2*width], s[3*width])
			}
		}
	case t.photometric == photometricRGB:
		multiplied := len(t.extra) > 0 && t.extra[0] == 1
		return func(dst, row []byte) {
			for x := range len(dst) / 3 {
				s, d := row[n*x:], dst[3*x:][:3]
				copy(d, s)
				if multiplied {
					d[0], d[1], d[2] = straight(d[0], s[3]), straight(d[1], s[3]), straight(d[2], s[3])
				}
			}
		}
	}
	table := t.table()
	return func(dst, row []byte) {
		for x := range len(dst) / 3 {
			at := x * t.samples * t.bits
			v := row[at/8] >> (8 - t.bits - at%8) & byte(1<<t.bits-1)
			copy(dst[3*x:3*x+3], table[v][:])
		}
	}
}

// table returns the colours of the values of a sample of up to 8 bits.
func (t *tiffPicture) table() (table [256][3]byte) {
	most := 1<<t.bits - 1
	colours := t.tags[tagColours]
	for i := range most + 1 {
		grey := byte(255 * i / most)
		if t.photometric == whiteIsZero {
			grey = ^grey
		}
		table[i] = [3]byte{grey, grey, grey}
		if t.photometric == photometricNamed {
			for c := range 3 { // all reds, all greens, all blues, of 16 bits
				table[i][c] = 0
				if n := len(colours) / 3; i < n {
					table[i][c] = byte(colours[c*n+i] >> 8)
				}
			}
		}
	}
	return table
}
