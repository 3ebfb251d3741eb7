package turbojpeg

import "errors"

// ErrNone is a system without the library.
var ErrNone = errors.New("libjpeg-turbo was not found")

// Format is what Decode writes for a pixel.
type Format int

// The formats, by TurboJPEG's numbers.
const (
	RGB  Format = 0
	Grey Format = 6
	CMYK Format = 11 // as stored, which is inverted in files that follow Adobe
)

// Bytes returns the bytes of a pixel.
func (f Format) Bytes() int {
	switch f {
	case Grey:
		return 1
	case CMYK:
		return 4
	}
	return 3
}
