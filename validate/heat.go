package validate

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"

	"github.com/vkeras/vkeras/internal/elementwise"
	"github.com/vkeras/vkeras/nn"
)

// HeatMap shows where in the plane a tensor's errors sit: one tile an image of
// the batch, one cell a position, coloured by the largest error over the
// channels as a multiple of what the tolerance allows, on a logarithmic scale.
// Blue cells are within the tolerance; from green over yellow to red an error is
// 1 to 10,000 times too large; magenta is infinitely so, as NaN is. A vector is
// drawn as a square of its elements, row by row.
type HeatMap struct {
	tiles         int
	height, width int
	multiples     []float64 // tile by tile, row by row
}

// heatTiles is the most images of a batch that are drawn.
const heatTiles = 16

// Heat returns the heat map of a batch.
func Heat(got, want *nn.Tensor, t Tolerance) (*HeatMap, error) {
	if err := sameShape(got, want); err != nil {
		return nil, err
	}
	n, h, w, c := axes(want.Shape)
	each := h * w * c // elements an image
	if h*w == 1 {
		w = int(math.Ceil(math.Sqrt(float64(c))))
		h, c = (c+w-1)/max(w, 1), 1
	}
	m := &HeatMap{tiles: min(n, heatTiles), height: h, width: w}
	m.multiples = make([]float64, m.tiles*h*w)
	allowed := float64(t.MaxOverRMS) * math.Sqrt(meanSquare(want, nil))
	for i := range m.tiles * each {
		cell := i/each*h*w + i%each/c
		m.multiples[cell] = max(m.multiples[cell], elementwise.Ratio(elementwise.Distance(got.Data[i], want.Data[i]), allowed))
	}
	return m, nil
}

// At returns the largest error at a position, as a multiple of what the tolerance
// allows.
func (m *HeatMap) At(image, row, column int) float64 {
	return m.multiples[(image*m.height+row)*m.width+column]
}

// scale is the colours for multiples of 0.01, 0.1, 1, ..., 10,000.
var scale = []color.RGBA{
	{12, 12, 48, 255}, {24, 36, 110, 255}, {40, 90, 170, 255},
	{70, 190, 90, 255}, {240, 220, 60, 255}, {245, 130, 40, 255}, {215, 30, 30, 255},
}

// heatColor returns the colour of a multiple.
func heatColor(multiple float64) color.RGBA {
	switch {
	case math.IsNaN(multiple) || math.IsInf(multiple, 0):
		return color.RGBA{255, 0, 255, 255}
	case multiple <= 0.01:
		return scale[0]
	}
	at := min(math.Log10(multiple)+2, float64(len(scale)-1))
	if multiple > 1 {
		at = max(at, 2.5) // a failure is never blue
	}
	i := min(int(at), len(scale)-2)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*(at-float64(i)))) }
	a, b := scale[i], scale[i+1]
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// Image draws the tiles side by side, in rows of four, each cell enlarged so that
// a tile's longer side has about 256 pixels.
func (m *HeatMap) Image() image.Image {
	const side, gap = 256, 8
	if len(m.multiples) == 0 {
		return image.NewRGBA(image.Rect(0, 0, 1, 1))
	}
	cell := max(1, side/max(m.height, m.width))
	columns := min(m.tiles, 4)
	rows := (m.tiles + columns - 1) / columns
	picture := image.NewRGBA(image.Rect(0, 0, columns*(m.width*cell+gap)-gap, rows*(m.height*cell+gap)-gap))
	for tile := range m.tiles {
		left, top := tile%columns*(m.width*cell+gap), tile/columns*(m.height*cell+gap)
		for y := range m.height * cell {
			for x := range m.width * cell {
				picture.SetRGBA(left+x, top+y, heatColor(m.At(tile, y/cell, x/cell)))
			}
		}
	}
	return picture
}

// PNG writes the picture of Image.
func (m *HeatMap) PNG(w io.Writer) error { return png.Encode(w, m.Image()) }

// Tiles returns how many images of the batch are drawn.
func (m *HeatMap) Tiles() int { return m.tiles }

// Worst returns the image with the largest error.
func (m *HeatMap) Worst() int {
	worst, each := 0, max(m.height*m.width, 1)
	for i, v := range m.multiples {
		if v > m.multiples[worst] {
			worst = i
		}
	}
	return worst / each
}

// Text draws an image for a terminal of 24-bit colour, two cells a character. A
// map wider than so many columns is reduced; each cell then shows the largest
// error that it covers.
func (m *HeatMap) Text(image, columns int) string {
	var b strings.Builder
	by := m.reduction(columns)
	for top := 0; top < m.height; top += 2 * by {
		for left := 0; left < m.width; left += by {
			upper := heatColor(m.largest(image, top, left, by))
			fmt.Fprintf(&b, "\x1b[38;2;%d;%d;%dm", upper.R, upper.G, upper.B)
			if top+by < m.height {
				lower := heatColor(m.largest(image, top+by, left, by))
				fmt.Fprintf(&b, "\x1b[48;2;%d;%d;%dm", lower.R, lower.G, lower.B)
			}
			b.WriteString("▀")
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

// Digits draws an image without colours, a cell a character: "." is within the
// tolerance, 0 up to 10 times beyond it, 1 up to 100 times and so on to 9; "!" is
// infinitely so.
func (m *HeatMap) Digits(image, columns int) string {
	var b strings.Builder
	by := m.reduction(columns)
	for top := 0; top < m.height; top += by {
		for left := 0; left < m.width; left += by {
			b.WriteByte(digit(m.largest(image, top, left, by)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func digit(multiple float64) byte {
	switch {
	case math.IsInf(multiple, 0):
		return '!'
	case multiple <= 1:
		return '.'
	}
	return '0' + byte(min(math.Log10(multiple), 9))
}

// reduction returns how many cells a side one of the terminal's stands for.
func (m *HeatMap) reduction(columns int) int {
	return max(1, (m.width+max(columns, 1)-1)/max(columns, 1))
}

// largest returns the largest multiple of a square of cells.
func (m *HeatMap) largest(tile, top, left, side int) float64 {
	most := 0.0
	for row := top; row < min(top+side, m.height); row++ {
		for column := left; column < min(left+side, m.width); column++ {
			most = max(most, m.At(tile, row, column))
		}
	}
	return most
}
