package plots

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/vkeras/vkeras/internal/outfile"
)

// Figure is a picture that is not drawn yet.
type Figure struct {
	Name    string // of its files, without an ending
	Caption string // what is to be seen, for the page
	width   vg.Length
	height  vg.Length
	draw    func(draw.Canvas)
}

// Colours that people who see few colours tell apart (Okabe and Ito 2008).
var (
	grey   = color.NRGBA{0xd4, 0xd4, 0xd4, 0xff}
	blue   = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}
	orange = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	green  = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	red    = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	ink    = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	white  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// SVG draws the figure as SVG.
func (f Figure) SVG() ([]byte, error) {
	c := vgsvg.New(f.width, f.height)
	f.paint(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("%s as SVG: %w", f.Name, err)
	}
	return b.Bytes(), nil
}

// PNG draws the figure as PNG, at 144 dots an inch.
func (f Figure) PNG() ([]byte, error) {
	const dpi = 144
	c := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dpi))
	f.paint(draw.New(c))
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("%s as PNG: %w", f.Name, err)
	}
	return b.Bytes(), nil
}

func (f Figure) paint(c draw.Canvas) {
	c.SetColor(white)
	c.Fill(c.Rectangle.Path())
	f.draw(c)
}

// Save writes every figure to a folder, which is made where it is missing.
func Save(ctx context.Context, folder string, figures []Figure) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, f := range figures {
		for _, form := range []struct {
			ending string
			draw   func() ([]byte, error)
		}{{".png", f.PNG}, {".svg", f.SVG}} {
			data, err := form.draw()
			if err != nil {
				return err
			}
			err = outfile.Write(ctx, filepath.Join(folder, f.Name+form.ending), func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// style is the text style of figures.
func style(size vg.Length, align text.XAlignment) text.Style {
	return text.Style{
		Color: ink, Font: font.From(plot.DefaultFont, size), XAlign: align, YAlign: draw.YTop, Handler: plot.DefaultTextHandler,
	}
}

// write puts a line of text at a place.
func write(c draw.Canvas, s string, x, y, size vg.Length, align text.XAlignment) {
	c.FillText(style(size, align), vg.Point{X: x, Y: y}, s)
}

// swatch is an entry of a legend.
type swatch struct {
	text  string
	color color.Color
}

// legend writes entries side by side, from x on.
func legend(c draw.Canvas, x, y vg.Length, entries []swatch) {
	const size, gap, wider = 9, 14, 1.35 // a browser may take a wider font
	for _, e := range entries {
		c.SetColor(e.color)
		c.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: y - size}, Max: vg.Point{X: x + size, Y: y}}.Path())
		write(c, e.text, x+size+4, y+1, 9, draw.XLeft)
		x += size + 4 + wider*style(9, draw.XLeft).Width(e.text) + gap
	}
}

// values are the heights of bars.
func values(n int, at func(int) float64) plotter.Values {
	v := make(plotter.Values, n)
	for i := range v {
		v[i] = at(i)
	}
	return v
}
