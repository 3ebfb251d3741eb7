package view

import (
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"
)

// Map says how much a class hangs on each position of a plane: positive values
// speak for the class, negative ones against it.
type Map struct {
	Height, Width int
	Values        []float64 // row by row
	Method        string    // what the values are
}

// At returns the value of a position.
func (m *Map) At(row, column int) float64 { return m.Values[row*m.Width+column] }

// Peak returns the position of the largest value.
func (m *Map) Peak() (row, column int) {
	best := 0
	for i, v := range m.Values {
		if v > m.Values[best] {
			best = i
		}
	}
	return best / m.Width, best % m.Width
}

// warmth returns how warm each position is drawn, 0 to 1: its value over the
// largest; what speaks against the class is cold.
func (m *Map) warmth() *Map {
	warm := &Map{Height: m.Height, Width: m.Width, Values: make([]float64, len(m.Values))}
	if most := max(0, slices.Max(m.Values)); most > 0 {
		for i, v := range m.Values {
			warm.Values[i] = max(0, v) / most
		}
	}
	return warm
}

// between returns the value at a point of the plane, 0..1 in both directions,
// interpolated between the positions' centres.
func (m *Map) between(y, x float64) float64 {
	row, column := y*float64(m.Height)-0.5, x*float64(m.Width)-0.5
	top, left := math.Floor(row), math.Floor(column)
	fy, fx := row-top, column-left
	at := func(r, c float64) float64 {
		return m.At(int(max(0, min(r, float64(m.Height-1)))), int(max(0, min(c, float64(m.Width-1)))))
	}
	return (at(top, left)*(1-fx)+at(top, left+1)*fx)*(1-fy) + (at(top+1, left)*(1-fx)+at(top+1, left+1)*fx)*fy
}

// side is the length of an overlay's longer side, in pixels.
const side = 512

// Over draws the map over the picture that it is about: the picture in grey, the
// colour and its strength by the map. The picture is scaled so that its longer
// side is 512 pixels; the map stretches over all of it, as the network saw it.
func (m *Map) Over(picture image.Image) *image.RGBA {
	b := picture.Bounds()
	scale := side / float64(max(b.Dx(), b.Dy(), 1))
	w, h := max(1, int(math.Round(float64(b.Dx())*scale))), max(1, int(math.Round(float64(b.Dy())*scale)))
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), picture, b, draw.Src, nil)
	rows := m.grid(h, w)
	for y := range h {
		for x := range w {
			warm := rows[y][x]
			grey := color.GrayModel.Convert(out.RGBAAt(x, y)).(color.Gray).Y
			out.SetRGBA(x, y, mix(color.RGBA{grey, grey, grey, 255}, Colour(0.3+0.55*warm), 0.75*warm))
		}
	}
	return out
}

// Small draws the map over the picture with so many pixels a row, for a terminal.
func (m *Map) Small(picture image.Image, columns int) *image.RGBA {
	large := m.Over(picture)
	b := large.Bounds()
	rows := max(2, columns*b.Dy()/b.Dx())
	out := image.NewRGBA(image.Rect(0, 0, columns, rows))
	draw.BiLinear.Scale(out, out.Bounds(), large, b, draw.Src, nil)
	return out
}

// grid returns the warmth of every pixel of h x w.
func (m *Map) grid(h, w int) [][]float64 {
	warm, rows := m.warmth(), make([][]float64, h)
	for y := range rows {
		rows[y] = make([]float64, w)
		for x := range rows[y] {
			rows[y][x] = warm.between((float64(y)+0.5)/float64(h), (float64(x)+0.5)/float64(w))
		}
	}
	return rows
}
