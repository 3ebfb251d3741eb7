package pictures

// source is a decoded picture whose rows become R, G, B bytes when somebody asks
// for them: a large picture is then held as its decoder stores it and not as [RGB]
// too, and rows that nobody reads cost nothing.
type source struct {
	size   point
	stored bool // rows are slices of what is held anyway
	// row returns row y, 3·size.x bytes: in buf, which has that length, or where it
	// is stored. One call at a time.
	row func(y int, buf []byte) []byte
}

// source returns p as it is.
func (p *RGB) source() source {
	return source{point{p.Width, p.Height}, true, func(y int, _ []byte) []byte { return p.row(y) }}
}

// rgb makes every row.
func (s source) rgb() *RGB {
	p := newRGB(s.size.x, s.size.y)
	for y := range p.Height {
		copy(p.row(y), s.row(y, p.row(y)))
	}
	return p
}

// window returns s with its last n rows kept: whoever reads overlapping spans of
// up to n rows, downwards, has each made once. Its row needs no buffer.
func (s source) window(n int) source {
	if s.stored {
		return s
	}
	type kept struct {
		y        int
		row, buf []byte
	}
	rows := make([]kept, n)
	for i := range rows {
		rows[i].y = -1
	}
	return source{s.size, true, func(y int, _ []byte) []byte {
		k := &rows[y%n]
		if k.y != y {
			if k.buf == nil {
				k.buf = make([]byte, 3*s.size.x)
			}
			k.y, k.row = y, s.row(y, k.buf)
		}
		return k.row
	}}
}
