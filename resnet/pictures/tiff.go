package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"slices"

	"golang.org/x/image/tiff"
)

// Tags of TIFF 6.0 and Adobe's supplements that steer how a picture is stored.
const (
	tagWidth         = 256
	tagHeight        = 257
	tagBits          = 258 // of a sample
	tagCompression   = 259
	tagPhotometric   = 262
	tagFillOrder     = 266
	tagStripOffsets  = 273
	tagOrientation   = 274
	tagSamples       = 277 // of a pixel
	tagRowsPerStrip  = 278
	tagStripBytes    = 279
	tagPlanes        = 284
	tagFaxOptions    = 292
	tagPredictor     = 317
	tagColours       = 320
	tagTileWidth     = 322
	tagTileHeight    = 323
	tagTileOffsets   = 324
	tagTileBytes     = 325
	tagExtraSamples  = 338
	tagSampleFormat  = 339
	whiteIsZero      = 0
	blackIsZero      = 1
	photometricRGB   = 2
	photometricNamed = 3 // by a palette
	photometricCMYK  = 5
)

// tiffPicture is the first picture of a TIFF or BigTIFF file.
type tiffPicture struct {
	data  []byte
	order byteOrder
	big   bool
	pages bool              // another picture follows
	tags  map[uint16][]uint // of those above that are there

	size          point
	bits, samples int
	photometric   int
	extra         []uint // meanings of samples beyond the colours: 0 none, 1 alpha that is multiplied in, 2 alpha
	planes        bool   // each sample stored apart
}

// byteOrder is one of package binary's two.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func sizeOfTIFF(data []byte) (point, error) {
	t, err := openTIFF(data)
	return t.size, err
}

func (t *tiffPicture) first(tag uint16, missing int) int {
	if v := t.tags[tag]; len(v) > 0 {
		return int(v[0])
	}
	return missing
}

// openTIFF reads the first directory (TIFF 6.0, section 2; BigTIFF has the same with
// 64 bits).
func openTIFF(data []byte) (t tiffPicture, err error) {
	t = tiffPicture{data: data, order: binary.LittleEndian, tags: map[uint16][]uint{}}
	broken := fmt.Errorf("%w: tiff: the directory lies beyond the end of the file", ErrFormat)
	if len(data) < 16 {
		return t, broken
	}
	if data[0] == 'M' {
		t.order = binary.BigEndian
	}
	t.big = t.order.Uint16(data[2:]) == 43
	at, countBytes, entryBytes := uint64(t.order.Uint32(data[4:])), uint64(2), uint64(tiffEntryBytes)
	if t.big {
		at, countBytes, entryBytes = t.order.Uint64(data[8:]), 8, 20
	}
	all := uint64(len(data))
	if at > all || all-at < countBytes {
		return t, broken
	}
	count := uint64(t.order.Uint16(data[at:]))
	if t.big {
		count = t.order.Uint64(data[at:])
	}
	at += countBytes
	if count > (all-at)/entryBytes {
		return t, broken
	}
	for range count {
		t.entry(data[at : at+entryBytes])
		at += entryBytes
	}
	next := data[at:]
	t.pages = !t.big && len(next) >= 4 && t.order.Uint32(next) != 0 || t.big && len(next) >= 8 && t.order.Uint64(next) != 0
	t.size = point{t.first(tagWidth, 0), t.first(tagHeight, 0)}
	t.photometric = t.first(tagPhotometric, whiteIsZero)
	t.samples, t.bits = t.first(tagSamples, 1), t.first(tagBits, 1)
	t.extra = t.tags[tagExtraSamples]
	t.planes = t.first(tagPlanes, 1) == 2 && t.samples > 1
	return t, nil
}

var tiffTags = []uint16{tagWidth, tagHeight, tagBits, tagCompression, tagPhotometric, tagFillOrder, tagStripOffsets, tagOrientation, tagSamples, tagRowsPerStrip, tagStripBytes, tagPlanes, tagFaxOptions,
	tagPredictor, tagColours, tagTileWidth, tagTileHeight, tagTileOffsets, tagTileBytes, tagExtraSamples, tagSampleFormat}

// entry reads a directory's entry, if it is one of whole numbers that matters.
func (t *tiffPicture) entry(e []byte) {
	tag, kind := t.order.Uint16(e), t.order.Uint16(e[2:])
	bytes := map[uint16]uint64{1: 1, 3: 2, 4: 4, 16: 8}[kind] // BYTE, SHORT, LONG, LONG8
	if bytes == 0 || !slices.Contains(tiffTags, tag) {
		return
	}
	count, values := uint64(t.order.Uint32(e[4:])), e[8:]
	if t.big {
		count, values = t.order.Uint64(e[4:]), e[12:]
	}
	const most = 1 << 22 // strips or tiles
	count = min(count, most)
	if count*bytes > uint64(len(values)) {
		at := uint64(t.order.Uint32(values))
		if t.big {
			at = t.order.Uint64(values)
		}
		if at > uint64(len(t.data)) || uint64(len(t.data))-at < count*bytes {
			return
		}
		values = t.data[at:]
	}
	list := make([]uint, count)
	for i := range list {
		switch v := values[uint64(i)*bytes:]; kind {
		case 1:
			list[i] = uint(v[0])
		case 3:
			list[i] = uint(t.order.Uint16(v))
		case 4:
			list[i] = uint(t.order.Uint32(v))
		default: // beyond 4 GB nothing is that is read
			list[i] = uint(min(t.order.Uint64(v), 1<<32-1))
		}
	}
	t.tags[tag] = list
}

// check refuses what Pillow refuses, and what is not read, by its name.
func (t *tiffPicture) check() error {
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("%w: tiff: %s", ErrFormat, fmt.Sprintf(format, a...))
	}
	for _, b := range t.tags[tagBits] {
		if int(b) != t.bits {
			return refuse("samples of different widths")
		}
	}
	for _, f := range t.tags[tagSampleFormat] {
		if f != 1 {
			return refuse("samples of floats or with signs")
		}
	}
	compression := t.first(tagCompression, 1)
	if name, known := map[int]string{6: "JPEG of the old kind", 7: "JPEG", 32809: "ThunderScan", 34676: "SGI's logarithms", 34677: "SGI's logarithms", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP"}[compression]; known {
		return refuse("compressed by %s", name)
	}
	if t.first(tagFillOrder, 1) != 1 && !isFax(compression) {
		return refuse("bits in reverse order")
	}
	colours, depths := 1, []int{1, 2, 4, 8, 16}
	switch t.photometric {
	case whiteIsZero:
		if t.bits == 16 && t.order == byteOrder(binary.BigEndian) {
			return refuse("16-bit grey from white to black, its high bytes first, which Pillow does not read either")
		}
	case blackIsZero:
	case photometricRGB:
		colours, depths = 3, []int{8, 16}
	case photometricNamed:
		depths = []int{1, 2, 4, 8}
	case photometricCMYK:
		colours, depths = 4, []int{8, 16}
	default:
		name := map[int]string{4: "a mask", 6: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "a camera's raw pixels", 32844: "logarithms", 32845: "logarithms"}[t.photometric]
		return refuse("colours of kind %d (%s); read are grey, RGB, palettes and CMYK", t.photometric, name)
	}
	if t.big && t.order == byteOrder(binary.BigEndian) {
		return refuse("a BigTIFF with its high bytes first, which Pillow does not read either")
	}
	if t.first(tagPlanes, 1) == 2 && compression == 1 && (t.bits > 8 || t.planes && (len(t.extra) > 0 && t.extra[0] < 2 || colours == 1 || len(t.extra) == 0 && t.samples > colours && t.first(tagTileWidth, 0) > 0)) {
		return refuse("planes of %d samples of %d bits that are not compressed, of which Pillow makes an error or something else", t.samples, t.bits)
	}
	if !slices.Contains(depths, t.bits) {
		return refuse("samples of %d bits; read are %v for these colours", t.bits, depths)
	}
	beyond := t.samples - colours
	switch {
	case t.samples > 6 || beyond < 0:
		return refuse("%d samples a pixel of %d colours", t.samples, colours)
	case beyond == 1 && len(t.extra) == 0 && t.photometric == photometricRGB: // alpha that is not said to be
	case beyond != len(t.extra):
		return refuse("%d samples a pixel of %d colours, and a meaning for %d more", t.samples, colours, len(t.extra))
	case t.planes && beyond > 0 && len(t.extra) > 0 && (beyond > 1 && t.extra[0] > 0 || t.bits > 8 && colours == 1):
		return refuse("planes of %d samples of %d bits for %d colours, which Pillow does not read either", t.samples, t.bits, colours)
	case t.photometric == blackIsZero && beyond == 1 && t.extra[0] == 1:
		return refuse("grey with alpha multiplied into it, which Pillow does not read either")
	case beyond > 0 && !t.planes && (t.bits < 8 || t.bits == 16 && (t.photometric != photometricRGB || beyond > 1) || t.photometric == whiteIsZero):
		return refuse("%d samples a pixel of %d colours of %d bits", t.samples, colours, t.bits)
	}
	return nil
}

func isFax(compression int) bool { return compression >= 2 && compression <= 4 }

// decodeTIFF decodes by x/image what that knows. Of the rest it makes pictures of
// bytes: a grey one of each plane, or one of rows as wide as their bytes.
func decodeTIFF(data []byte, info *Info, _ DecodeOptions) (source, error) {
	t, err := openTIFF(data)
	if err != nil {
		return source{}, err
	}
	if turned := t.first(tagOrientation, 0); turned >= 1 && turned <= 8 {
		info.Orientation = turned
	}
	if err := t.check(); err != nil {
		return source{}, err
	}
	if t.pages {
		info.warn(warnPages)
	}
	if t.first(tagPlanes, 1) == 2 && t.photometric == whiteIsZero && t.first(tagCompression, 1) == 1 {
		t.photometric, t.tags[tagPhotometric] = blackIsZero, []uint{blackIsZero} // Pillow takes a lone plane as it is
		return t.decode(t.with(nil), map[uint16][]uint{}, info)
	}
	switch {
	case t.planes:
		return t.fromPlanes(info)
	case t.photometric != photometricCMYK && (t.samples == 1 && (t.bits == 1 && t.photometric != photometricNamed || t.bits >= 8) || t.samples == 3):
		return t.decode(bytes.NewReader(data), nil, info)
	case t.photometric == photometricRGB && t.samples == 4 && t.first(tagPredictor, 1) == 1 || t.samples == 4 && t.bits >= 8 && t.first(tagPredictor, 1) != 1:
		return t.fromFour(info)
	case t.first(tagPredictor, 1) != 1:
		return source{}, fmt.Errorf("%w: tiff: differences of %d samples of %d bits", ErrFormat, t.samples, t.bits)
	}
	return t.fromBytes(info)
}

// decode decodes by x/image: the file as it is, or, of BigTIFF or where tags change,
// one with another directory.
func (t *tiffPicture) decode(file io.Reader, change map[uint16][]uint, info *Info) (source, error) {
	if t.big || change != nil {
		file = t.with(change)
	}
	img, err := tiff.Decode(file)
	if err != nil {
		return source{}, err
	}
	switch img := img.(type) {
	case *image.Gray:
		if t.photometric == blackIsZero && isFax(t.first(tagCompression, 1)) {
			invert(img.Pix) // x/image lets the compression decide which is black, libtiff the tag
		}
	case *image.Gray16:
		if t.photometric == whiteIsZero {
			invert(img.Pix) // x/image has inverted these, Pillow doesn't
		}
	case *image.RGBA:
		undoPremultiply8(img.Pix)
	case *image.RGBA64:
		return fromPremultiplied16(img, info), nil
	}
	return fromImage(img, info)
}

func invert(pix []byte) {
	for i, v := range pix {
		pix[i] = ^v
	}
}
