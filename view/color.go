package view

import (
	"image/color"
	"math"
)

// Colours of a scale at even distances, dark to light in order of luminance, so
// that the order is seen by everybody and survives grey printing: Inferno of
// matplotlib (Smith and van der Walt 2015), sampled at ninths.
var inferno = []color.RGBA{
	{0, 0, 4, 255}, {27, 12, 66, 255}, {75, 12, 107, 255}, {120, 28, 109, 255}, {165, 44, 96, 255},
	{207, 68, 70, 255}, {237, 105, 37, 255}, {251, 155, 6, 255}, {247, 209, 61, 255}, {252, 255, 164, 255},
}

// Colour returns the colour of a value between 0 and 1; what is not a number is
// magenta.
func Colour(v float64) color.RGBA {
	if math.IsNaN(v) {
		return color.RGBA{255, 0, 255, 255}
	}
	at := max(0, min(v, 1)) * float64(len(inferno)-1)
	i := min(int(at), len(inferno)-2)
	return mix(inferno[i], inferno[i+1], at-float64(i))
}

// mix returns a + (b - a) t.
func mix(a, b color.RGBA, t float64) color.RGBA {
	part := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*t)) }
	return color.RGBA{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B), part(a.A, b.A)}
}
