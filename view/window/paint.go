package window

import (
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/image/draw"
)

var (
	background = color.RGBA{24, 26, 31, 255}
	surface    = color.RGBA{44, 48, 56, 255}
	ink        = color.RGBA{222, 226, 232, 255}
	faint      = color.RGBA{140, 147, 158, 255}
	accent     = color.RGBA{240, 160, 60, 255}
	blocked    = color.NRGBA{20, 50, 90, 200} // over what cannot matter
	alarm      = color.RGBA{240, 110, 100, 255}
)

// paint draws everything but the maps.
func (s *state) paint(p *image.RGBA, f *fonts) {
	l := s.layout()
	draw.Draw(p, p.Rect, image.NewUniform(background), image.Point{}, draw.Src)
	t := text{p, f.at(textPoints * s.dots)}
	element, over, err := s.under()
	if err != nil {
		s.message = err.Error()
	}
	s.paintPicture(t, l, element, over)
	s.paintBars(t, l)
	s.paintHeading(t, l)
	s.paintStrip(t, l)
	s.paintStatus(t, l, element, over)
}

// paintPicture draws the picture, what can matter of it, and what the position
// under the cursor sees.
func (s *state) paintPicture(t text, l layout, element hover, over bool) {
	draw.Draw(t.on, l.picture, image.NewUniform(surface), image.Point{}, draw.Src)
	if s.shown == nil {
		what := "computing ..."
		if len(s.files) == 0 {
			what = "drop pictures here"
		}
		t.write(l.picture.Min.Add(image.Pt(l.pad, l.pad)), l.picture.Dx()-2*l.pad, faint, what)
		return
	}
	at := within(l.picture, s.shown.picture.Image.Bounds().Size())
	if at.Empty() {
		return
	}
	draw.ApproxBiLinear.Scale(t.on, at, s.shown.picture.Image, s.shown.picture.Image.Bounds(), draw.Src, nil)
	in := s.options.Graph.Inputs[0].Shape
	on := func(r image.Rectangle) image.Rectangle { // pixels of the input on the drawn picture
		return image.Rect(at.Min.X+r.Min.X*at.Dx()/in[1], at.Min.Y+r.Min.Y*at.Dy()/in[0],
			at.Min.X+r.Max.X*at.Dx()/in[1], at.Min.Y+r.Max.Y*at.Dy()/in[0])
	}
	if c := s.coverage(); c != nil && c.err == nil {
		shade := image.NewUniform(blocked)
		for i, matters := range c.pixels {
			if !matters {
				x, y := i%in[1], i/in[1]
				draw.Draw(t.on, on(image.Rect(x, y, x+1, y+1)), shade, image.Point{}, draw.Over)
			}
		}
	}
	if !over {
		return
	}
	if seen, ok := s.sees(element); ok {
		outline(t.on, on(seen).Intersect(at), max(1, int(2*s.dots)), accent)
	}
}

// within returns the largest rectangle of a picture's proportions in the middle
// of an area.
func within(area image.Rectangle, size image.Point) image.Rectangle {
	w, h := area.Dx(), area.Dy()
	if size.X*h > size.Y*w {
		h = w * size.Y / max(1, size.X)
	} else {
		w = h * size.X / max(1, size.Y)
	}
	corner := area.Min.Add(image.Pt((area.Dx()-w)/2, (area.Dy()-h)/2))
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(w, h))}
}

func outline(p *image.RGBA, r image.Rectangle, width int, c color.Color) {
	for _, side := range []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+width), image.Rect(r.Min.X, r.Max.Y-width, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, r.Min.Y, r.Min.X+width, r.Max.Y), image.Rect(r.Max.X-width, r.Min.Y, r.Max.X, r.Max.Y),
	} {
		draw.Draw(p, side.Intersect(p.Rect), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// paintBars draws the classes with the highest scores.
func (s *state) paintBars(t text, l layout) {
	if s.shown == nil {
		return
	}
	at := l.bars.Min
	name := filepath.Base(s.shown.file)
	if i := slices.Index(s.files, s.shown.file); i >= 0 { // others were dropped, and are being computed
		name += fmt.Sprintf("  (%d of %d)", i+1, len(s.files))
	}
	t.write(at, l.bars.Dx(), ink, name)
	rows := max(0, (l.bars.Dy()-l.line)/l.line)
	if s.options.Score != "probability" {
		rows = min(rows, 10)
	}
	number := t.width("100.0 %") + l.pad/2
	label := l.bars.Dx() / 3
	for _, class := range best(s.shown.scores, rows) {
		at.Y += l.line
		score := s.shown.scores[class]
		t.write(at, label-l.pad/2, ink, s.options.Labels[class])
		bar := image.Rect(at.X+label, at.Y+l.line/6, l.bars.Max.X-number, at.Y+l.line*5/6)
		if s.options.Score != "probability" {
			t.write(bar.Min.Sub(image.Pt(0, l.line/6)), l.bars.Max.X-bar.Min.X, ink, fmt.Sprintf("%.4g", score))
			continue
		}
		draw.Draw(t.on, bar, image.NewUniform(surface), image.Point{}, draw.Src)
		bar.Max.X = bar.Min.X + int(float32(bar.Dx())*max(0, min(score, 1)))
		draw.Draw(t.on, bar, image.NewUniform(accent), image.Point{}, draw.Src)
		percent := fmt.Sprintf("%.1f %%", 100*score)
		t.write(image.Pt(l.bars.Max.X-t.width(percent), at.Y), number, ink, percent)
	}
}

func (s *state) paintHeading(t text, l layout) {
	b := s.chosen()
	if b == nil {
		t.write(l.heading.Min, l.heading.Dx(), faint, "the model has no feature maps")
		return
	}
	what := fmt.Sprintf("%s   %d x %d, %d channels   (block %d of %d)", b.name, b.node.Shape[0], b.node.Shape[1], b.node.Shape[2], s.block+1, len(s.blocks))
	if c := s.coverage(); c != nil && c.err != nil {
		what = fmt.Sprintf("%s   no coverage: %s", b.name, c.err)
	} else if c != nil {
		what = fmt.Sprintf("%s   sees %.1f %% of the picture's pixels; %.1f %% of its positions are read later", b.name, share(c.pixels), share(c.later))
	}
	t.write(l.heading.Min, l.heading.Dx(), ink, what)
	draw.Draw(t.on, l.maps, image.NewUniform(surface), image.Point{}, draw.Src)
}

// paintStrip draws time by block, each as wide as its share.
func (s *state) paintStrip(t text, l layout) {
	if s.shown == nil {
		return
	}
	var sum time.Duration
	for _, b := range s.shown.times {
		sum += b.took
	}
	t.write(image.Pt(l.strip.Min.X, l.strip.Min.Y-l.line), l.strip.Dx(), faint,
		fmt.Sprintf("time by block: %s in all on %s", rounded(sum), s.device))
	var before time.Duration
	place := func(at time.Duration) int {
		return l.strip.Min.X + int(float64(l.strip.Dx())*float64(at)/float64(max(sum, 1)))
	}
	for i, b := range s.shown.times {
		r := image.Rect(place(before), l.strip.Min.Y, place(before+b.took), l.strip.Max.Y)
		before += b.took
		shade := surface
		if i%2 == 1 {
			shade = color.RGBA{66, 72, 84, 255}
		}
		letters := ink
		if c := s.chosen(); c != nil && c.name == b.block {
			shade, letters = accent, background
		}
		draw.Draw(t.on, r, image.NewUniform(shade), image.Point{}, draw.Src)
		if name := b.block; t.width(name) < r.Dx()-l.pad/2 {
			t.write(image.Pt(r.Min.X+l.pad/4, r.Min.Y+(r.Dy()-l.line)/2), r.Dx(), letters, name)
		}
		if s.cursor.In(r) {
			told := fmt.Sprintf("%s: %s, %.0f %%", b.block, rounded(b.took), 100*float64(b.took)/float64(max(sum, 1)))
			t.write(image.Pt(l.strip.Max.X-t.width(told), l.strip.Min.Y-l.line), l.strip.Dx(), accent, told)
		}
	}
}

// rounded writes a time with three digits.
func rounded(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g us", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

func (s *state) paintStatus(t text, l layout, element hover, over bool) {
	switch {
	case s.message != "":
		t.write(l.status.Min, l.status.Dx(), alarm, s.message)
	case over:
		t.write(l.status.Min, l.status.Dx(), ink, fmt.Sprintf("channel %d, row %d, column %d: %.6g", element.channel, element.row, element.column, element.value))
	default:
		t.write(l.status.Min, l.status.Dx(), faint, "left, right: pictures   up, down: blocks   wheel: zoom   drag: move   0: all channels   C: coverage   Q: quit")
	}
}
