package window

import "image"

// layout is where things are on the canvas, in pixels.
type layout struct {
	pad, line int
	picture   image.Rectangle
	bars      image.Rectangle // name of the picture, then a line a class
	heading   image.Rectangle // of the maps
	maps      image.Rectangle
	strip     image.Rectangle // time by block
	status    image.Rectangle // a line: what is under the cursor, or help
}

// points of lengths, of which a monitor's scale makes pixels.
const (
	textPoints  = 13
	linePoints  = 19
	padPoints   = 10
	stripPoints = 26
)

// layout divides the canvas: the picture and its bars on the left, the maps on
// the right, the strip and the status below. Areas may be empty in a small window.
func (s *state) layout() layout {
	px := func(points int) int { return int(float32(points) * s.dots) }
	l := layout{pad: px(padPoints), line: px(linePoints)}
	w, h := s.size.X, s.size.Y
	left := max(px(150), min(w/4, px(320)))
	l.status = image.Rect(l.pad, h-l.pad-l.line, w-l.pad, h-l.pad)
	l.strip = image.Rect(l.pad, l.status.Min.Y-l.pad/2-px(stripPoints), w-l.pad, l.status.Min.Y-l.pad/2)
	bottom := l.strip.Min.Y - l.line - l.pad/2 // a line of names over the strip
	side := max(0, min(left, bottom-l.pad-3*l.line))
	l.picture = image.Rect(l.pad, l.pad, l.pad+side, l.pad+side)
	l.bars = span(l.pad, l.picture.Max.Y+l.pad/2, l.pad+left, bottom)
	x := 2*l.pad + left
	l.heading = span(x, l.pad, w-l.pad, l.pad+l.line)
	l.maps = span(x, l.heading.Max.Y+l.pad/2, w-l.pad, bottom)
	return l
}

// span is image.Rect, but empty where the ends are in the wrong order.
func span(x0, y0, x1, y1 int) image.Rectangle {
	return image.Rect(x0, y0, max(x0, x1), max(y0, y1))
}
