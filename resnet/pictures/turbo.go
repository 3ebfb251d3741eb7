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

// The choices.
const (
	// AnyDecoder is libjpeg-turbo where the system has it, to the byte what Pillow
	// gives, and Go's decoder where not.
	AnyDecoder Decoder = ""
	// GoDecoder is Go's, which is safe on whatever file, and off by up to 3 levels.
	GoDecoder Decoder = "go"
	// TurboDecoder is libjpeg-turbo or an error.
	TurboDecoder Decoder = "turbo"
)

// Decoders lists the choices that have names.
func Decoders() []Decoder { return []Decoder{GoDecoder, TurboDecoder} }

// ParseDecoder returns the choice of that name. Its error is [turbojpeg.ErrNone]'s
// text where TurboDecoder is not to be had.
func ParseDecoder(name string) (Decoder, error) {
	d := Decoder(name)
	if d != AnyDecoder && !slices.Contains(Decoders(), d) {
		return "", fmt.Errorf("decoder %q: expected %s or %s", name, GoDecoder, TurboDecoder)
	}
	if d == TurboDecoder {
		if _, err := turbojpeg.Load(); err != nil {
			return "", fmt.Errorf("decoder %s: %w (Debian, Ubuntu: apt install libturbojpeg0)", name, err)
		}
	}
	return d, nil
}

// JPEGDecoder says what AnyDecoder is on this system, and, where it is not
// libjpeg-turbo, why.
func JPEGDecoder() (name string, err error) {
	library, err := turbojpeg.Load()
	if err != nil {
		return goDecoder, err
	}
	return library.String(), nil
}

const goDecoder = "Go"

// jpegDecoder is what a JPEG file is decoded by.
type jpegDecoder struct {
	library *turbojpeg.Library // nil: Go's
	name    string
}

func (o DecodeOptions) jpegDecoder() jpegDecoder {
	if o.Decoder != GoDecoder {
		if library, err := turbojpeg.Load(); err == nil {
			return jpegDecoder{library, library.String()}
		}
	}
	return jpegDecoder{nil, goDecoder}
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
	size := h.shrunk(o)
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

// shrunk returns the smallest size that libjpeg decodes to in its transform and
// that covers what the options ask for; the picture's own where they do not ask.
func (h jpegHeader) shrunk(o DecodeOptions) point {
	size := h.size
	if o.Shrink.Width < 1 || o.Shrink.Height < 1 {
		return size
	}
	for eighths := 4; eighths >= 1; eighths /= 2 {
		s := point{(h.size.x*eighths + 7) / 8, (h.size.y*eighths + 7) / 8}
		if s.x < o.Shrink.Width || s.y < o.Shrink.Height {
			break
		}
		size = s
	}
	return size
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
