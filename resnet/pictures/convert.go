package pictures

import (
	"fmt"
	"image"
	"image/color"
)

const (
	warnGrey16 = "16-bit grey saturates at 255, as in Pillow's convert(\"RGB\"): most of the range is lost"
	warnAlpha  = "the alpha channel is dropped, not blended, as in Pillow's convert(\"RGB\")"
	warnFrames = "an animation: only its first frame is used"
	warnPages  = "a file of several pages: only the first is used"
)

// sizeOf returns the size of img, whose bounds must be positive.
func sizeOf(img image.Image) point {
	b := img.Bounds()
	return point{b.Dx(), b.Dy()}
}

// fromImage converts as Pillow's convert("RGB"). It reads the pixel bytes: the
// At method of a picture with alpha premultiplies and so loses colour.
func fromImage(img image.Image, info *Info) (source, error) {
	size := sizeOf(img)
	switch img := img.(type) {
	case *image.Gray:
		return fromGrey(img.Pix, img.Stride, size), nil
	case *image.Gray16:
		info.warn(warnGrey16)
		return fromGrey16(img.Pix, img.Stride, 2, size), nil
	case *image.Paletted:
		return fromPaletted(img, info), nil
	case *image.RGBA: // opaque, or turned straight by the caller
		return fromInterleaved(img.Pix, img.Stride, 1, size, info), nil
	case *image.NRGBA:
		return fromInterleaved(img.Pix, img.Stride, 1, size, info), nil
	case *image.RGBA64:
		return fromInterleaved(img.Pix, img.Stride, 2, size, info), nil
	case *image.NRGBA64:
		return fromInterleaved(img.Pix, img.Stride, 2, size, info), nil
	}
	return source{}, fmt.Errorf("%w: pixels of type %T", ErrFormat, img)
}

func fromGrey(pix []byte, stride int, size point) source {
	return source{size: size, row: func(y int, dst []byte) []byte {
		for x, v := range pix[y*stride:][:size.x] {
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = v, v, v
		}
		return dst
	}}
}

// fromGrey16 saturates big-endian 16-bit grey, found every pitch bytes, at 255.
// Source: I16_RGB in Pillow's src/libImaging/Convert.c.
func fromGrey16(pix []byte, stride, pitch int, size point) source {
	return source{size: size, row: func(y int, dst []byte) []byte {
		src := pix[y*stride:]
		for x := range size.x {
			v := src[x*pitch+1]
			if src[x*pitch] != 0 {
				v = 255
			}
			dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
		}
		return dst
	}}
}

func fromPaletted(img *image.Paletted, info *Info) source {
	table, transparent := paletteTable(img.Palette)
	if transparent {
		info.warn(warnAlpha)
	}
	size := sizeOf(img)
	return source{size: size, row: func(y int, dst []byte) []byte {
		for x, i := range img.Pix[y*img.Stride:][:size.x] {
			copy(dst[3*x:3*x+3], table[i][:])
		}
		return dst
	}}
}

// paletteTable returns the colours of the palette without their alpha, black past
// its end, and tells whether any was transparent.
func paletteTable(palette color.Palette) (table [256][3]byte, transparent bool) {
	for i, c := range palette[:min(len(palette), len(table))] {
		switch c := c.(type) {
		case color.NRGBA: // PNG
			table[i] = [3]byte{c.R, c.G, c.B}
			transparent = transparent || c.A != 255
		case color.RGBA: // GIF and BMP, opaque
			table[i] = [3]byte{c.R, c.G, c.B}
		case color.RGBA64: // TIFF, opaque; Pillow keeps the high byte
			table[i] = [3]byte{byte(c.R >> 8), byte(c.G >> 8), byte(c.B >> 8)}
		}
	}
	return table, transparent
}

// fromInterleaved drops the fourth channel of R, G, B, A samples of the given
// width in bytes, big-endian, of which the high byte is kept.
func fromInterleaved(pix []byte, stride, width int, size point, info *Info) source {
	if !isOpaque(pix, stride, width, size) {
		info.warn(warnAlpha)
	}
	return source{size: size, row: func(y int, dst []byte) []byte {
		src := pix[y*stride:][:4*width*size.x]
		for x := range size.x {
			s, d := src[4*width*x:][:4*width], dst[3*x:][:3]
			d[0], d[1], d[2] = s[0], s[width], s[2*width]
		}
		return dst
	}}
}

func isOpaque(pix []byte, stride, width int, size point) bool {
	for y := range size.y {
		row := pix[y*stride:][:4*width*size.x]
		for a := 3 * width; a < len(row); a += 4 * width {
			if row[a] != 255 {
				return false
			}
		}
	}
	return true
}

// undoPremultiply8 divides R, G, B by A in place, as Pillow does for TIFF files
// with associated alpha. Source: unpackRGBa in src/libImaging/Unpack.c.
func undoPremultiply8(pix []byte) {
	for i := 0; i+4 <= len(pix); i += 4 {
		p := pix[i : i+4]
		for c := range p[:3] {
			p[c] = straight(p[c], p[3])
		}
	}
}

// fromPremultiplied16 is undoPremultiply8 on the high bytes of 16-bit samples.
// Source: unpackRGBa16L in src/libImaging/Unpack.c.
func fromPremultiplied16(img *image.RGBA64, info *Info) source {
	for i := 0; i+8 <= len(img.Pix); i += 8 {
		p := img.Pix[i : i+8]
		for c := 0; c < 6; c += 2 {
			p[c] = straight(p[c], p[6])
		}
	}
	return fromInterleaved(img.Pix, img.Stride, 2, sizeOf(img), info)
}

func straight(v, alpha byte) byte {
	if alpha == 0 {
		return 0
	}
	return byte(min(int(v)*255/int(alpha), 255))
}
