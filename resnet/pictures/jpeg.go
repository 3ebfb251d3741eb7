package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

// maxScans bounds the time that a small progressive file can cost: each scan
// visits every block, and encoders write about ten.
const maxScans = 100

// decodeJPEG decodes with libjpeg-turbo where the system has it, which is what
// Pillow decodes with, and with Go's decoder where not.
func decodeJPEG(data []byte, info *Info, o DecodeOptions) (source, error) {
	h, ok := scanJPEG(data)
	if !ok {
		return source{}, fmt.Errorf("%w: jpeg: no scan before the end of the file", ErrFormat)
	}
	info.Orientation = orientation(h.exif)
	if n := bytes.Count(data, []byte("\xff\xda")); n > maxScans {
		return source{}, fmt.Errorf("%w: jpeg: %d scans, limit %d", ErrFormat, n, maxScans)
	}
	decoder, err := o.Decoder.jpeg()
	if err != nil {
		return source{}, err
	}
	info.Decoder = decoder.name
	if decoder.library != nil {
		return decodeTurbo(decoder.library, data, h, info, o)
	}
	return decodeGoJPEG(data, h)
}

// decodeGoJPEG decodes to the stored planes with image/jpeg, then upsamples and
// converts them as libjpeg-turbo does. image/jpeg alone repeats chroma samples,
// which is off by 8 levels on average, up to 119, where colours are busy.
func decodeGoJPEG(data []byte, h jpegHeader) (source, error) {
	img, err := jpeg.Decode(h.rawPlanes(data))
	if err != nil {
		return source{}, err
	}
	switch img := img.(type) {
	case *image.Gray:
		return fromGrey(img.Pix, img.Stride, sizeOf(img)), nil
	case *image.YCbCr:
		return fromPlanes(planesOf(img), h.colours()), nil
	case *image.CMYK:
		return fromPlanes(fourPlanes(img, h.sampling == 0x22), h.colours()), nil
	}
	return source{}, fmt.Errorf("%w: jpeg: pixels of type %T", ErrFormat, img)
}

// sizeOfJPEG returns the size that the frame header states.
func sizeOfJPEG(data []byte) (point, error) {
	h, ok := scanJPEG(data)
	if !ok {
		return point{}, fmt.Errorf("%w: jpeg: no scan before the end of the file", ErrFormat)
	}
	return h.size, nil
}

// jpegHeader is what stands before the first scan and steers the colours.
type jpegHeader struct {
	components []byte // identifiers, of which there are 1, 3 or 4
	sampling   byte   // of the first component: horizontal<<4 | vertical
	size       point  // of the picture, in pixels
	precision  byte   // bits of a sample
	jfif       bool
	adobe      bool
	transform  byte   // of the Adobe segment
	exif       []byte // body of the EXIF segment
	scanAt     int    // offset of the first scan's marker
}

// scanJPEG reads the marker segments up to the first scan (ITU-T T.81, annex B).
// It reports whether it got there; other damage is left to the decoder.
func scanJPEG(data []byte) (h jpegHeader, ok bool) {
	const (
		app0, app1, app14 = 0xe0, 0xe1, 0xee
		sof0, sof15       = 0xc0, 0xcf
		dht, jpg, dac     = 0xc4, 0xc8, 0xcc // among them, and no frames
		sos               = 0xda
	)
	for at := 2; at+4 <= len(data); {
		marker := data[at+1]
		if data[at] != 0xff || marker == 0 || marker == 0xff || marker>>3 == 0xd0>>3 {
			at++ // stray bytes, fill bytes and restart markers are skipped
			continue
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end < at+4 || end > len(data) {
			break
		}
		body := data[at+4 : end]
		switch {
		case marker == sos:
			h.scanAt = at
			return h, true
		case marker == app0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
			h.jfif = true
		case marker == app14 && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			h.adobe, h.transform = true, body[11]
		case marker == app1 && h.exif == nil && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			h.exif = body
		case marker >= sof0 && marker <= sof15 && marker != dht && marker != jpg && marker != dac:
			if len(body) < 6 {
				return h, false
			}
			h.components, h.precision = nil, body[0]
			h.size = point{int(binary.BigEndian.Uint16(body[3:])), int(binary.BigEndian.Uint16(body[1:]))}
			for i := 6; i+3 <= len(body); i += 3 {
				h.components = append(h.components, body[i])
			}
			if len(body) > 7 {
				h.sampling = body[7]
			}
		}
		at = end
	}
	return h, false
}

// colours are the meaning of a JPEG file's components.
type colours int

const (
	coloursYCbCr colours = iota
	coloursRGB
	coloursCMYK
	coloursYCCK
)

// colours decides as libjpeg's default_decompress_parms (jdapimin.c).
func (h jpegHeader) colours() colours {
	if len(h.components) == 4 {
		if !h.adobe || h.transform == 0 {
			return coloursCMYK
		}
		return coloursYCCK
	}
	switch {
	case h.jfif:
		return coloursYCbCr
	case h.adobe:
		if h.transform == 0 {
			return coloursRGB
		}
		return coloursYCbCr
	case bytes.Equal(h.components, []byte("RGB")):
		return coloursRGB
	}
	return coloursYCbCr
}

// rawPlanes returns the file with one segment put before its first scan, which
// makes image/jpeg hand out the components untouched: three marked as JFIF are
// YCbCr to it whatever they mean, four marked as Adobe's transform 0 are CMYK.
func (h jpegHeader) rawPlanes(data []byte) io.Reader {
	var segment string
	switch len(h.components) {
	case 3:
		segment = "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
	case 4:
		segment = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	}
	return io.MultiReader(bytes.NewReader(data[:h.scanAt]), bytes.NewReader([]byte(segment)),
		bytes.NewReader(data[h.scanAt:]))
}

// planesOf returns the stored planes; those of chroma are as small as stored.
func planesOf(img *image.YCbCr) []plane {
	size := sizeOf(img)
	luma := plane{img.Y, img.YStride, 1, false, size, point{1, 1}}
	ratio := map[image.YCbCrSubsampleRatio]point{
		image.YCbCrSubsampleRatio444: {1, 1}, image.YCbCrSubsampleRatio422: {2, 1},
		image.YCbCrSubsampleRatio420: {2, 2}, image.YCbCrSubsampleRatio440: {1, 2},
		image.YCbCrSubsampleRatio411: {4, 1}, image.YCbCrSubsampleRatio410: {4, 2},
	}[img.SubsampleRatio]
	small := size.dividedBy(ratio)
	return []plane{luma, {img.Cb, img.CStride, 1, false, small, ratio}, {img.Cr, img.CStride, 1, false, small, ratio}}
}

// fourPlanes finds the stored planes in what image/jpeg made of them: inverted,
// interleaved, the second and third repeated 2 x 2 where subsampled.
func fourPlanes(img *image.CMYK, subsampled bool) []plane {
	planes := make([]plane, 4)
	for c := range planes {
		ratio := point{1, 1}
		if subsampled && (c == 1 || c == 2) {
			ratio = point{2, 2}
		}
		planes[c] = plane{img.Pix[c:], ratio.y * img.Stride, 4 * ratio.x, true, sizeOf(img).dividedBy(ratio), ratio}
	}
	return planes
}
