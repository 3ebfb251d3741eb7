package profile

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/vkeras/vkeras/gpu"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number, "percent": percent, "dash": dash,
	"millions": func(n int64) string { return number(float64(n) / 1e6) },
	"px":       func(v float64) string { return fmt.Sprintf("%.1f", v) },
}).Parse(pageText))

// page is what the template shows.
type page struct {
	*Report        // by block
	HostClock bool // rows have submissions in them
	Parts     []segment
	Bars      bars
	Roofline  *roofline // nil without a roof
	Tables    []*Report // by block and, where they were timed, by step
}

// WriteHTML writes a page that shows the measurement: where the wall time went,
// bars by block, a roofline plot and the tables. It is one file by itself, with
// no script, that loads nothing.
func (m *Measurement) WriteHTML(w io.Writer) error {
	blocks, err := m.Report(ByBlock)
	if err != nil {
		return err
	}
	p := page{Report: blocks, HostClock: m.blocks, Parts: segments(blocks), Bars: drawBars(blocks.Rows), Tables: []*Report{blocks}}
	points := blocks
	if !m.blocks {
		if points, err = m.Report(Finest(gpu.DeviceClock)); err != nil {
			return err
		}
		p.Tables = append(p.Tables, points)
	}
	if m.about.Roof != nil {
		p.Roofline = drawRoofline(m.about.Roof, points.Rows)
	}
	return pageTemplate.Execute(w, p)
}

// segment is a part of the account in the bar across the page.
type segment struct {
	Name, What string
	MS         float64
	Share      float64 // of the wall time
	X, Width   float64
}

// pageWidth is the width of the drawings, in the units of their view boxes.
const pageWidth = 960

func segments(r *Report) []segment {
	var list []segment
	x := 0.0
	for _, p := range r.parts() {
		s := segment{Name: p.name, What: p.what, MS: p.ms, X: x}
		if r.Account.Wall > 0 {
			s.Share = max(0, p.ms/r.Account.Wall) // unexplained is below 0 where a device's clock runs fast
		}
		s.Width = s.Share * pageWidth
		x += s.Width
		list = append(list, s)
	}
	return list
}

// bars is a chart of horizontal bars.
type bars struct {
	Height float64
	Bars   []barShape
}

type barShape struct {
	Row
	Y, Width float64 // of the bar; it begins at BarsLeft
	Ideal    float64 // of the part that the roof explains
}

// The layout of the bars: names to the left of BarsLeft, numbers behind.
const (
	barsLeft  = 110
	barsRight = 230
	barPitch  = 22
)

// Left is where the bars begin.
func (bars) Left() float64 { return barsLeft }

func drawBars(rows []Row) bars {
	longest := 0.0
	for _, r := range rows {
		longest = max(longest, r.Median)
	}
	b := bars{Height: float64(len(rows) * barPitch)}
	for i, r := range rows {
		s := barShape{Row: r, Y: float64(i * barPitch)}
		if longest > 0 {
			s.Width = r.Median / longest * (pageWidth - barsLeft - barsRight)
		}
		s.Ideal = min(1, r.OfRoof) * s.Width
		b.Bars = append(b.Bars, s)
	}
	return b
}
