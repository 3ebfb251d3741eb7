package plots

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/vkeras/vkeras/study"
)

// cell is the side of a position in the pixels of a map; maps of many positions
// have smaller ones, without lines between them.
func cell(h, w int) (side int, lines bool) {
	side = max(240/max(h, w), 1)
	return side, side >= 5
}

// mapOf draws positions as squares.
func mapOf(h, w int, at func(i int) color.Color) image.Image {
	side, lines := cell(h, w)
	img := image.NewNRGBA(image.Rect(0, 0, w*side, h*side))
	for y := range h * side {
		for x := range w * side {
			if lines && (y%side == 0 || x%side == 0) {
				img.Set(x, y, white)
				continue
			}
			img.Set(x, y, at(y/side*w+x/side))
		}
	}
	return img
}

// tile is one picture of a sheet.
type tile struct {
	title string // above it, short
	image image.Image
	over  func(c draw.Canvas, frame vg.Rectangle) // drawn on top; may be nil
}

// sheet lays tiles out: a column a net, a row a feature map.
type sheet struct {
	heads   []string // of columns
	names   []string // of rows
	columns [][]tile
	legend  []swatch
}

// add adds a column; the first one's rows have these names.
func (s *sheet) add(head string, tiles []tile, names []string) {
	s.heads, s.columns = append(s.heads, head), append(s.columns, tiles)
	if len(names) > len(s.names) {
		s.names = names
	}
}

const (
	tileSide = 76
	tileGap  = 9
	nameWide = 78
	headHigh = 36
	tileText = 12
)

// figure makes a figure of a sheet.
func (s sheet) figure(name, caption string) Figure {
	width := vg.Length(nameWide + len(s.heads)*(tileSide+tileGap))
	height := vg.Length(headHigh + len(s.names)*(tileSide+tileGap+tileText))
	const least = 470 // room for the legend
	return Figure{Name: name, Caption: caption, width: max(width, least), height: height, draw: s.paint}
}

func (s sheet) paint(c draw.Canvas) {
	top := c.Max.Y - 4
	legend(c, 6, top, s.legend)
	for column, head := range s.heads {
		x := vg.Length(nameWide + column*(tileSide+tileGap))
		write(c, head, x, top-18, 10, draw.XLeft)
		for row, t := range s.columns[column] {
			if t.image != nil {
				t.paint(c, vg.Point{X: x, Y: s.rowAt(c, row)})
			}
		}
	}
	for row, name := range s.names {
		write(c, name, 6, s.rowAt(c, row)-tileText-tileSide/2+5, 10, draw.XLeft)
	}
}

// rowAt returns the upper edge of a row.
func (s sheet) rowAt(c draw.Canvas, row int) vg.Length {
	return c.Max.Y - headHigh - vg.Length(row*(tileSide+tileGap+tileText))
}

// paint draws a tile below and right of a point.
func (t tile) paint(c draw.Canvas, at vg.Point) {
	write(c, t.title, at.X, at.Y, 8, draw.XLeft)
	b := t.image.Bounds()
	long := vg.Length(max(b.Dx(), b.Dy()))
	w, h := tileSide*vg.Length(b.Dx())/long, tileSide*vg.Length(b.Dy())/long
	frame := vg.Rectangle{Min: vg.Point{X: at.X, Y: at.Y - tileText - h}, Max: vg.Point{X: at.X + w, Y: at.Y - tileText}}
	c.DrawImage(frame, t.image)
	if t.over != nil {
		t.over(c, frame)
	}
}

// coverage shows who reads each position of each block's input.
func coverage(r *study.Report) Figure {
	of := map[study.Readers]color.Color{study.ByNone: grey, study.ByMain: blue, study.ByShortcut: orange, study.ByBoth: green}
	s := sheet{legend: []swatch{{"read by nobody", grey}, {"main path alone", blue}, {"shortcut alone", orange}, {"both paths", green}}}
	for _, n := range r.Nets {
		var tiles []tile
		var names []string
		for _, b := range n.Blocks {
			img := mapOf(b.Input[0], b.Input[1], func(i int) color.Color { return of[b.Readers[i]] })
			tiles = append(tiles, tile{title: fmt.Sprintf("%.0f %% of %dx%d", 100*b.Coverage.ReadShare, b.Input[0], b.Input[1]), image: img})
			names = append(names, b.Name)
		}
		s.add(n.Name, tiles, names)
	}
	return s.figure("coverage", "Which positions of a halving block's input are read, and by which path. Counted position by position.")
}

// effects shows how much changing each position changed an output: of the
// picture, then of each block's input.
func effects(r *study.Report) Figure {
	s := sheet{legend: []swatch{{"no bit of the output changes", grey}, {"little", ramp(0.15)}, {"more", ramp(0.5)}, {"most", ramp(1)}}}
	for _, n := range r.Nets {
		tiles, names := []tile{{}}, []string{"picture"}
		if i := n.Reach; i != nil {
			in := r.Input
			tiles[0] = heat(fmt.Sprintf("%.1f %%", 100*i.Share), i.Effect, (in[0]+i.Every-1)/i.Every, (in[1]+i.Every-1)/i.Every)
		}
		for _, b := range n.Blocks {
			names = append(names, b.Name)
			if i := b.OnBlock; i != nil {
				tiles = append(tiles, heat(fmt.Sprintf("%.1f %%", 100*i.Share), i.Effect, b.Input[0], b.Input[1]))
			}
		}
		s.add(n.Name, tiles, names)
	}
	return s.figure("effects", "How much the output changes when one position is changed: pixels of the picture on the net's output, then positions of each halving block's input on the block's output. Measured on the device; darker is more; each map has its own scale.")
}

// heat draws effects, each map on its own scale.
func heat(title string, effect []float64, h, w int) tile {
	var most float64
	for _, v := range effect {
		if v > most { // not NaN
			most = v
		}
	}
	return tile{title: title, image: mapOf(h, w, func(i int) color.Color {
		switch {
		case math.IsNaN(effect[i]): // not tested
			return color.White
		case effect[i] == 0:
			return grey
		}
		return ramp(math.Sqrt(effect[i] / most))
	})}
}

// ramp is a colour between pale yellow and dark blue, for 0 to 1.
func ramp(v float64) color.Color {
	stops := []color.NRGBA{{0xff, 0xf7, 0xd6, 0xff}, {0xf4, 0xb9, 0x4f, 0xff}, {0xc8, 0x50, 0x3c, 0xff}, {0x3b, 0x0f, 0x4a, 0xff}}
	at := min(max(v, 0), 1) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	f := at - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + f*(float64(b)-float64(a))) }
	a, b := stops[i], stops[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// places shows what is read where a network drops positions.
func places(n *study.Net) (Figure, bool) {
	const most = 24 // a sheet that can be looked at
	s := sheet{legend: []swatch{{"read by nobody", grey}, {"read", green}}}
	var tiles []tile
	var names []string
	for _, p := range n.Places[:min(len(n.Places), most)] {
		img := mapOf(p.Grid.Height, p.Grid.Width, func(i int) color.Color {
			if p.Grid.N[i] == 0 {
				return grey
			}
			return green
		})
		names = append(names, p.Block)
		tiles = append(tiles, tile{title: fmt.Sprintf("%s: %.1f %% of %dx%d unread", p.Node, 100*p.Share, p.Grid.Height, p.Grid.Width), image: img})
	}
	s.add("", tiles, names)
	return s.figure("places", "Where the network drops positions: the feature maps of which some positions are read by no layer."), len(tiles) > 0
}
