package plots

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/vkeras/vkeras/study"
)

const (
	barWide   = 10
	groupWide = 58
)

// chart returns an empty plot with a name below each group.
func chart(title, unit string, names []string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Y.Label.Text = title, unit
	p.Title.TextStyle.Font = font.From(plot.DefaultFont, 11)
	p.NominalX(names...)
	p.X.Tick.Label.Rotation = math.Pi / 7
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YTop
	p.Legend.Top, p.Legend.Left = true, true
	p.X.Min, p.X.Max = -0.6, float64(len(names))-0.4
	p.Y.Min = 0
	p.Y.Tick.Marker = plot.TickerFunc(plainTicks)
	p.Add(plotter.NewGrid())
	return p
}

// plainTicks writes ticks without zeros behind the point.
func plainTicks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = strconv.FormatFloat(t.Value, 'g', -1, 64)
		}
	}
	return ticks
}

// bars adds bars beside each other.
func bars(p *plot.Plot, offset vg.Length, name string, c color.Color, v plotter.Values) error {
	b, err := plotter.NewBarChart(v, barWide)
	if err != nil {
		return err
	}
	b.Color, b.Offset, b.LineStyle.Width = c, offset, 0
	low, high := p.X.Min, p.X.Max
	p.Add(b)
	p.X.Min, p.X.Max = low, high // a bar has a width
	if name != "" {
		p.Legend.Add(name, b)
	}
	return nil
}

// costs shows what each variant computes, and how long it takes.
func costs(r *study.Report) (Figure, error) {
	var names []string
	for _, n := range r.Nets {
		names = append(names, n.Name)
	}
	macs := chart("Multiply-accumulates of the net, for one picture", "millions", names)
	const million = 1e6
	err := bars(macs, -barWide/2, "as written", blue, values(len(names), func(i int) float64 { return float64(r.Nets[i].MACs) / million }))
	if err != nil {
		return Figure{}, err
	}
	if err := bars(macs, barWide/2, "after the demand pass", green, values(len(names), func(i int) float64 { return float64(r.Nets[i].Demanded) / million })); err != nil {
		return Figure{}, err
	}
	headroom(macs)
	all := []*plot.Plot{macs}
	if r.Device != "" && r.Runs > 0 {
		times := chart("Time of the net on the device, median of "+fmt.Sprint(r.Runs)+" runs", "milliseconds", names)
		if err := bars(times, 0, "", orange, values(len(names), func(i int) float64 { return r.Nets[i].Milliseconds })); err != nil {
			return Figure{}, err
		}
		all = append(all, times)
	}
	return stacked("costs", "What each way of halving costs: multiply-accumulates as written and after positions that nobody reads are dropped, and the time on the device.", all, len(names)), nil
}

// headroom leaves room for the legend.
func headroom(p *plot.Plot) { p.Y.Max *= 1.4 }

// stacked draws plots one above the other.
func stacked(name, caption string, all []*plot.Plot, groups int) Figure {
	const high, margin = 210, 60
	return Figure{Name: name, Caption: caption, width: vg.Length(margin + max(groups, 5)*groupWide), height: vg.Length(high * len(all)), draw: func(c draw.Canvas) {
		for i, p := range all {
			part := c
			part.Max.Y = c.Max.Y - vg.Length(i*high)
			part.Min.Y = part.Max.Y - high + 6
			p.Draw(part)
		}
	}}
}

// accuracies shows every run of every variant, and their means.
func accuracies(a *study.Accuracy) (Figure, error) {
	var names []string
	for _, v := range a.Variants {
		names = append(names, v.Variant)
	}
	var all []*plot.Plot
	for _, part := range []struct {
		title string
		of    func(*study.Score) study.Spread
	}{
		{"Accuracy on unseen pictures", func(s *study.Score) study.Spread { return s.Accuracy }},
		{"Same answer for the picture moved by one pixel", func(s *study.Score) study.Spread { return s.Consistency }},
	} {
		p := chart(part.title, "percent", names)
		var runs, means plotter.XYs
		low := 100.0
		for i, v := range a.Variants {
			s := part.of(v)
			means = append(means, plotter.XY{X: float64(i), Y: 100 * s.Mean})
			for _, r := range s.Runs {
				runs = append(runs, plotter.XY{X: float64(i), Y: 100 * r})
				low = min(low, 100*r)
			}
		}
		if err := points(p, "a run", runs, blue, draw.CircleGlyph{}, 3); err != nil {
			return Figure{}, err
		}
		if err := points(p, "mean", means, red, draw.CrossGlyph{}, 5); err != nil {
			return Figure{}, err
		}
		const step = 5
		p.Y.Min = math.Floor((low-1)/step) * step
		p.Y.Max += (p.Y.Max - p.Y.Min) / 4
		all = append(all, p)
	}
	return stacked("accuracy", "Small nets trained alike by Keras, one dot a seed: the spread between seeds is the yardstick for the differences between variants.", all, len(names)), nil
}

// points adds a scatter.
func points(p *plot.Plot, name string, at plotter.XYs, c color.Color, shape draw.GlyphDrawer, radius vg.Length) error {
	s, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Shape: shape, Radius: radius}
	p.Add(s)
	p.Legend.Add(name, s)
	return nil
}
