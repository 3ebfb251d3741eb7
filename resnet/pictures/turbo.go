package pictures

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/resnet/pictures/internal/turbojpeg"
)

// Decoder is a choice of what decodes JPEG files.
type Decoder string

// The choices. "" means AutoDecoder.
const (
	// AutoDecoder is libjpeg-turbo where the system has it, to the byte what Pillow
	// gives, and Go's decoder where not.
	AutoDecoder Decoder = "auto"
	// GoDecoder is Go's, which is safe on whatever file, and off by up to 3 levels.
	GoDecoder Decoder = "go"
	// TurboDecoder is libjpeg-turbo or an error.
	TurboDecoder Decoder = "turbojpeg"
)

// ErrDecoder is a decoder that was asked for, and that this system has not.
var ErrDecoder = errors.New("no such decoder here")

// Decoders returns every choice, the default first.
func Decoders() []Decoder { return []Decoder{AutoDecoder, GoDecoder, TurboDecoder} }

// ParseDecoder finds a choice by its name; "" is [AutoDecoder]. Its error wraps
// [ErrDecoder] where this system has not what was chosen.
func ParseDecoder(name string) (Decoder, error) {
	d, err := parse(name, "decoder", AutoDecoder, Decoders())
	if err == nil {
		_, err = d.jpeg()
	}
	return d, err
}

// JPEG returns the name and version of what decodes JPEG files by this choice. The
// error wraps [ErrDecoder]: with [AutoDecoder] it says why the name is Go's.
func (d Decoder) JPEG() (string, error) {
	j, err := d.jpeg()
	if err == nil && j.library == nil && d != GoDecoder {
		_, err = TurboDecoder.jpeg()
	}
	return j.name, err
}

const goDecoder = "Go"

// jpegDecoder is what a JPEG file is decoded by.
type jpegDecoder struct {
	library *turbojpeg.Library // nil: Go's
	name    string
}

// jpeg returns what the choice stands for; an error where that is not to be had.
func (d Decoder) jpeg() (jpegDecoder, error) {
	switch d {
	case GoDecoder:
		return jpegDecoder{nil, goDecoder}, nil
	case "", AutoDecoder, TurboDecoder:
	default:
		return jpegDecoder{}, fmt.Errorf("%w: %q", ErrDecoder, string(d))
	}
	library, err := turbojpeg.Load()
	switch {
	case err == nil:
		return jpegDecoder{library, library.String()}, nil
	case d == TurboDecoder:
		return jpegDecoder{}, fmt.Errorf("%w: %w (Debian, Ubuntu: apt install libturbojpeg0)", ErrDecoder, err)
	}
	return jpegDecoder{nil, goDecoder}, nil
}

// What libjpeg says where a file ends early.
const prematureEnd = "Premature end of JPEG file"

// warnings are how the messages begin that libjpeg (jerror.h, JWRN_*) goes on after.
// TurboJPEG's own code says of an error, too, that it was a warning, where one came
// before it.
var warnings = []string{"Corrupt JPEG data", "Inconsistent progression sequence", "Warning: unknown JFIF", prematureEnd, "Invalid SOS parameters for sequential", "Unknown Adobe color transform"}

// decodeTurbo decodes with libjpeg-turbo, within the bounds that the file's header
// was held to, and takes its warnings as Pillow does: a file that ends early is
// refused, other damage is decoded as far as it goes.
func decodeTurbo(library *turbojpeg.Library, data []byte, h jpegHeader, info *Info, o DecodeOptions) (source, error) {
	format := turbojpeg.RGB
	switch len(h.components) {
	case 1:
		format = turbojpeg.Grey
	case 3:
	case 4:
		format = turbojpeg.CMYK
	default:
		return source{}, fmt.Errorf("%w: jpeg: %d components; expected 1, 3 or 4", ErrFormat, len(h.components))
	}
	size := h.size
	if by := h.shrinks(o); by > 1 {
		size, info.Shrunk = size.dividedBy(point{by, by}), by
	}
	pix := make([]byte, size.x*size.y*format.Bytes())
	warning, err := library.Decode(pix, data, size.x, size.y, format, maxScans)
	if err == nil && warning != "" && !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(warning, w) }) {
		err = errors.New(warning)
	}
	if err != nil {
		return source{}, fmt.Errorf("%w: jpeg: %w", ErrFormat, err)
	}
	if warning != "" {
		if strings.Contains(warning, prematureEnd) || !bytes.Contains(data[h.scanAt:], []byte("\xff\xd9")) {
			return source{}, fmt.Errorf("%w: jpeg: the file ends early, after %d bytes", ErrFormat, len(data))
		}
		info.warn("The file is damaged, and decoded as far as it goes, as Pillow does: " + warning)
	}
	switch format {
	case turbojpeg.Grey:
		return fromGrey(pix, size.x, size), nil
	case turbojpeg.CMYK:
		return fromInks(pix, size), nil
	}
	return (&RGB{Width: size.x, Height: size.y, Pix: pix}).source(), nil
}

// shrinks returns by how much the picture is scaled down in libjpeg's transform: 1,
// 2, 4 or 8, as JpegImageFile.draft chooses it. A picture that is to be turned on its
// side must cover the options' size afterwards.
func (h jpegHeader) shrinks(o DecodeOptions) int {
	want := point{o.Shrink.Width, o.Shrink.Height}
	if want.x < 1 || want.y < 1 {
		return 1
	}
	if o.EXIF && orientation(h.exif) >= 5 {
		want = point{want.y, want.x}
	}
	most := min(h.size.x/want.x, h.size.y/want.y)
	for _, by := range []int{8, 4, 2} {
		if most >= by {
			return by
		}
	}
	return 1
}

// fromInks converts inverted cyan, magenta, yellow and black as Pillow does.
func fromInks(pix []byte, size point) source {
	return source{size: size, row: func(y int, dst []byte) []byte {
		row := pix[4*size.x*y:][:4*size.x]
		for x := range size.x {
			d, s := dst[3*x:][:3], row[4*x:][:4]
			d[0], d[1], d[2] = ink(s[0], s[3]), ink(s[1], s[3]), ink(s[2], s[3])
		}
		return dst
	}}
}
