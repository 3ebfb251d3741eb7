package window

import (
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// fonts makes faces of the Go font, one a size.
type fonts struct {
	parsed *opentype.Font
	faces  map[float32]font.Face
}

func newFonts() (*fonts, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("the built-in font: %w", err)
	}
	return &fonts{parsed, map[float32]font.Face{}}, nil
}

// at returns the face whose letters are that many pixels high. Any size above 0
// has one.
func (f *fonts) at(pixels float32) font.Face {
	if face, ok := f.faces[pixels]; ok {
		return face
	}
	// The error is always nil: the font was parsed, and faces are made of nothing else.
	face, _ := opentype.NewFace(f.parsed, &opentype.FaceOptions{Size: float64(pixels), DPI: 72, Hinting: font.HintingFull})
	f.faces[pixels] = face
	return face
}

// text writes on a picture.
type text struct {
	on   *image.RGBA
	face font.Face
}

// write writes a line below and right of a point, cut to a width.
func (t text) write(at image.Point, width int, c color.Color, line string) {
	if width <= 0 {
		return
	}
	if t.width(line) > width {
		letters := []rune(line)
		for len(letters) > 0 && t.width(string(letters)+"...") > width {
			letters = letters[:len(letters)-1]
		}
		line = string(letters) + "..."
	}
	d := font.Drawer{Dst: t.on, Src: image.NewUniform(c), Face: t.face}
	m := t.face.Metrics()
	d.Dot = fixed.P(at.X, at.Y+m.Ascent.Ceil())
	d.DrawString(line)
}

func (t text) width(line string) int { return font.MeasureString(t.face, line).Ceil() }
