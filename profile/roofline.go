package profile

import (
	"math"
)

// roofline is a plot of speed over intensity, both logarithmic, under what the
// device can do at most (Williams, Waterman and Patterson 2009).
type roofline struct {
	Width, Height            float64
	Left, Right, Top, Bottom float64 // of the plot's area
	XTicks, YTicks           []tick
	Roof                     *Roof
	StartX, StartY           float64 // where the memory's slope enters the area
	RidgeX, RidgeY           float64 // where it meets the arithmetic's ceiling
	Points                   []point
}

// tick is a decade on an axis.
type tick struct{ At, Value float64 }

// point is a row in the plot.
type point struct {
	Row
	X, Y, Radius float64
}

// axis maps values from a decade to a decade to positions, logarithmically.
type axis struct {
	first, last float64 // exponents of 10
	from, to    float64
}

// newAxis covers the values with whole decades.
func newAxis(low, high, from, to float64) axis {
	a := axis{math.Floor(math.Log10(low)), math.Ceil(math.Log10(high)), from, to}
	if a.last <= a.first {
		a.last = a.first + 1
	}
	return a
}

func (a axis) at(v float64) float64 {
	return a.from + (math.Log10(v)-a.first)/(a.last-a.first)*(a.to-a.from)
}

func (a axis) ticks() []tick {
	var list []tick
	for e := a.first; e <= a.last; e++ {
		v := math.Pow(10, e)
		list = append(list, tick{a.at(v), v})
	}
	return list
}

// drawRoofline plots the rows that multiply and add. The others, which only
// move bytes, have no place on a logarithmic axis.
func drawRoofline(roof *Roof, rows []Row) *roofline {
	r := &roofline{Width: pageWidth, Height: 420, Left: 70, Right: pageWidth - 20, Top: 15, Bottom: 370, Roof: roof}
	lowX, highX := roof.Ridge()/10, roof.Ridge()*10
	lowY, highY := roof.GFLOPS/10, roof.GFLOPS
	var shown []Row
	for _, row := range rows {
		if row.MACs == 0 || row.GFLOPS <= 0 || row.Intensity <= 0 {
			continue
		}
		shown = append(shown, row)
		lowX, highX = min(lowX, row.Intensity), max(highX, row.Intensity)
		lowY, highY = min(lowY, row.GFLOPS), max(highY, row.GFLOPS)
	}
	x, y := newAxis(lowX, highX, r.Left, r.Right), newAxis(lowY, highY*1.1, r.Bottom, r.Top)
	r.XTicks, r.YTicks = x.ticks(), y.ticks()
	r.RidgeX, r.RidgeY = x.at(roof.Ridge()), y.at(roof.GFLOPS)
	// The slope enters at the left edge, or at the lower one if that comes first.
	start := max(math.Pow(10, x.first), math.Pow(10, y.first)/roof.GBPerSecond())
	r.StartX, r.StartY = x.at(start), y.at(start*roof.GBPerSecond())
	for _, row := range shown {
		// A circle's area shows its share of the time.
		r.Points = append(r.Points, point{row, x.at(row.Intensity), y.at(row.GFLOPS), 3 + 25*math.Sqrt(row.Share)})
	}
	return r
}
