package pictures

import (
	"bytes"
	"image"
	"io"

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
		{"png", "\x89PNG\r\n\x1a\n", false, sizeOfPNG, decodePNG},
		{"gif", "GIF8?a", false, sizeOfGIF, decodeGIF},
		{"bmp", "BM?????????????\x00", false, sizeOfBMP, decodeBMP},
		{"tiff", "II*\x00", true, sizeOfTIFF, decodeTIFF},
		{"tiff", "MM\x00*", true, sizeOfTIFF, decodeTIFF},
		{"tiff", "II+\x00\x08\x00\x00\x00", true, sizeOfTIFF, decodeTIFF},
		{"tiff", "MM\x00+\x00\x08\x00\x00", true, sizeOfTIFF, decodeTIFF},
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
