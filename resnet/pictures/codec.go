package pictures

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// codec reads one kind of file, given whole.
type codec struct {
	name   string
	magic  string // '?' stands for any byte
	turns  bool   // Pillow itself applies the orientation of this kind
	size   func(data []byte) (point, error)
	decode func(data []byte, info *Info, o DecodeOptions) (source, error)
}

func codecs() []codec {
	return []codec{
		{"jpeg", "\xff\xd8\xff", false, sizeOfJPEG, decodeJPEG},
		{"png", "\x89PNG\r\n\x1a\n", false, sizeBy(png.DecodeConfig), decodePNG},
		{"gif", "GIF8?a", false, sizeBy(gif.DecodeConfig), decodeGIF},
		{"bmp", "BM????\x00\x00\x00\x00", false, sizeBy(bmp.DecodeConfig), decodeBMP},
		{"tiff", "II*\x00", true, sizeBy(tiff.DecodeConfig), decodeTIFF},
		{"tiff", "MM\x00*", true, sizeBy(tiff.DecodeConfig), decodeTIFF},
		{"webp", "RIFF????WEBPVP8", false, sizeBy(webp.DecodeConfig), decodeWebP},
	}
}

func sniff(head []byte) (codec, bool) {
	for _, c := range codecs() {
		if hasMagic(head, c.magic) {
			return c, true
		}
	}
	return codec{}, false
}

func hasMagic(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

func sizeBy(config func(io.Reader) (image.Config, error)) func([]byte) (point, error) {
	return func(data []byte) (point, error) {
		c, err := config(bytes.NewReader(data))
		return point{c.Width, c.Height}, err
	}
}

func decodePNG(data []byte, info *Info, _ DecodeOptions) (source, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return source{}, err
	}
	info.Orientation = orientation(pngChunk(data, "eXIf"))
	// What image/png reads is the first frame, or a still picture that stands for all.
	if control := pngChunk(data, "acTL"); len(control) == 8 && binary.BigEndian.Uint32(control) > 1 {
		info.warn(warnFrames)
	}
	const depthAt, colourAt, grey = 24, 25, 0
	// image/png gives 16-bit grey with a transparent level as NRGBA64.
	if n, ok := img.(*image.NRGBA64); ok && data[depthAt] == 16 && data[colourAt] == grey {
		info.warn(warnGrey16)
		return fromGrey16(n.Pix, n.Stride, 8, sizeOf(n)), nil
	}
	return fromImage(img, info)
}

// pngChunk returns the body of the first chunk of that type, nil if there is none.
func pngChunk(data []byte, name string) []byte {
	for at := 8; at+8 <= len(data); {
		length, body := binary.BigEndian.Uint32(data[at:]), at+8
		if uint64(length) > uint64(len(data)-body) {
			return nil
		}
		n := int(length)
		if string(data[at+4:body]) == name {
			return data[body : body+n]
		}
		const crc = 4
		at = body + n + crc
	}
	return nil
}

func decodeBMP(data []byte, info *Info, _ DecodeOptions) (source, error) {
	img, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return source{}, err
	}
	return fromImage(img, info)
}

func decodeTIFF(data []byte, info *Info, _ DecodeOptions) (source, error) {
	img, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		return source{}, err
	}
	info.Orientation = orientation(data)
	if tiffHasPages(data) {
		info.warn(warnPages)
	}
	switch img := img.(type) {
	case *image.Gray:
		if tiffTag(data, tagPhotometric) == blackIsZero && isFax(tiffTag(data, tagCompression)) {
			invert(img.Pix) // x/image lets the compression decide which is black, libtiff the tag
		}
	case *image.Gray16:
		if tiffTag(data, tagPhotometric) == whiteIsZero {
			invert(img.Pix) // x/image has inverted these, Pillow doesn't
		}
	case *image.RGBA:
		undoPremultiply8(img.Pix)
	case *image.RGBA64:
		return fromPremultiplied16(img, info), nil
	}
	return fromImage(img, info)
}

const (
	tagCompression = 259
	tagPhotometric = 262
	tagOrientation = 274

	whiteIsZero, blackIsZero = 0, 1
)

func isFax(compression int) bool { return compression == 3 || compression == 4 }

func invert(pix []byte) {
	for i, v := range pix {
		pix[i] = ^v
	}
}
