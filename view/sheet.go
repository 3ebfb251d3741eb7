package view

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// SheetOptions say how a sheet is drawn.
type SheetOptions struct {
	// Columns of the grid; 0: as many as make the sheet about square.
	Columns int
	// Cell is the least width and height of a channel's picture, in pixels, which
	// is enlarged by a whole factor; 0: 48.
	Cell int
	// Together colours all channels by one range; otherwise each has its own, so
	// that weak channels show too.
	Together bool
}

// gap is the pixels between the pictures of a sheet.
const gap = 2

// Sheet draws a feature map as a grid: one small picture a channel, row by row.
// Values run from the range's least, black, to its largest, light yellow; values
// that are not finite are magenta. x has the shape (H, W, C).
func Sheet(x *nn.Tensor, o SheetOptions) (image.Image, error) {
	if len(x.Shape) != 3 || x.Len() == 0 || x.Shape.Len() != x.Len() {
		return nil, fmt.Errorf("expected a feature map (H, W, C), found shape %v", x.Shape)
	}
	h, w, c := x.Shape[0], x.Shape[1], x.Shape[2]
	g := GridOf(h, w, c, o)
	picture := image.NewRGBA(image.Rect(0, 0, g.Columns*g.pitch(w)-gap, g.Rows*g.pitch(h)-gap))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	low, high := extremes(x.Data)
	for channel := range c {
		if !o.Together {
			low, high = extremes(plane(x, channel))
		}
		left, top := channel%g.Columns*g.pitch(w), channel/g.Columns*g.pitch(h)
		for row := range h {
			for column := range w {
				at := shade(x.Data[(row*w+column)*c+channel], low, high)
				fill(picture, left+column*g.Scale, top+row*g.Scale, g.Scale, at)
			}
		}
	}
	return picture, nil
}

// Grid is where a sheet's pictures are.
type Grid struct {
	Columns, Rows int
	Scale         int // pixels a position
}

// GridOf returns the grid of a sheet of C pictures of H x W positions.
func GridOf(h, w, c int, o SheetOptions) Grid {
	cell, columns := o.Cell, o.Columns
	if cell <= 0 {
		cell = 48
	}
	scale := max(1, (cell+max(h, w)-1)/max(h, w))
	if columns <= 0 { // columns w = rows h
		columns = max(1, int(math.Round(math.Sqrt(float64(c)*float64(h)/float64(w)))))
	}
	columns = min(columns, c)
	return Grid{columns, (c + columns - 1) / columns, scale}
}

// pitch is the pixels from one picture of n positions to the next.
func (g Grid) pitch(n int) int { return n*g.Scale + gap }

// At returns the channel, row and column under a pixel of the sheet; ok is false
// between the pictures and beyond the last.
func (g Grid) At(h, w, c, x, y int) (channel, row, column int, ok bool) {
	if x < 0 || y < 0 {
		return 0, 0, 0, false
	}
	px, py := g.pitch(w), g.pitch(h)
	channel = y/py*g.Columns + x/px
	row, column = y%py/g.Scale, x%px/g.Scale
	return channel, row, column, x/px < g.Columns && channel < c && row < h && column < w
}

// plane returns one channel of a feature map (H, W, C).
func plane(x *nn.Tensor, channel int) []float32 {
	c := x.Shape[2]
	values := make([]float32, 0, x.Len()/c)
	for i := channel; i < x.Len(); i += c {
		values = append(values, x.Data[i])
	}
	return values
}

// extremes returns the least and the largest finite value.
func extremes(values []float32) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			low, high = min(low, f), max(high, f)
		}
	}
	return low, high
}

// shade returns the colour of a value in a range; in a range of one value, that
// of 0 is black and that of any other in the middle.
func shade(v float32, low, high float64) color.RGBA {
	f := float64(v)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Colour(math.NaN())
	case high > low:
		return Colour((f - low) / (high - low))
	case f == 0:
		return Colour(0)
	}
	return Colour(0.5)
}

func fill(p *image.RGBA, x, y, side int, c color.RGBA) {
	for row := y; row < y+side; row++ {
		for column := x; column < x+side; column++ {
			p.SetRGBA(column, row, c)
		}
	}
}
