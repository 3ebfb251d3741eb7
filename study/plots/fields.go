package plots

import (
	"fmt"
	"image"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/study"
)

// fields shows, over the picture, what the centre of each stage's end can see
// in theory, and what changed it when pixels were changed.
func fields(r *study.Report, picture image.Image) Figure {
	s := sheet{legend: []swatch{{"receptive field by arithmetic", red}, {"pixels that change the centre: little", ramp(0.25)}, {"much", ramp(0.9)}}}
	for _, n := range r.Nets {
		var tiles []tile
		var names []string
		for _, sight := range n.Sights {
			t := tile{title: fmt.Sprintf("%d px", sight.Size[0]), image: seen(sight, r.Input, picture)}
			if sight.Tested > 0 {
				t.title += fmt.Sprintf(", effective %.0f", sight.Side)
			}
			t.over = func(c draw.Canvas, frame vg.Rectangle) { outline(c, frame, sight, r.Input) }
			tiles, names = append(tiles, t), append(names, "end of "+sight.Block)
		}
		s.add(n.Name, tiles, names)
	}
	return s.figure("fields", "Receptive fields of the centre position at the end of each stage, over the picture. The frame is the theoretical field, clipped to the picture; the colour is what changing pixels did to that position, darker is more.")
}

// seen blends what changed the centre into the picture.
func seen(s *study.Sight, input nn.Shape, picture image.Image) image.Image {
	h, w := input[0], input[1]
	scale := max(192/max(h, w), 1)
	img := image.NewNRGBA(image.Rect(0, 0, w*scale, h*scale))
	var most float64
	for _, v := range s.Effect {
		most = max(most, v)
	}
	for y := range h * scale {
		for x := range w * scale {
			base := pale(picture, input, x/scale, y/scale)
			if s.Tested == 0 {
				img.SetNRGBA(x, y, base)
				continue
			}
			across := (w + s.Every - 1) / s.Every
			v := s.Effect[y/scale/s.Every*across+x/scale/s.Every] / most
			if v > 0.001 {
				base = mix(base, ramp(v), min(0.25+2*v, 0.85))
			}
			img.SetNRGBA(x, y, base)
		}
	}
	return img
}

// pale is a pixel of the picture in grey, or nothing where there is no picture.
func pale(picture image.Image, input nn.Shape, x, y int) color.NRGBA {
	if picture == nil {
		return color.NRGBA{0xee, 0xee, 0xee, 0xff}
	}
	b := picture.Bounds()
	g := color.GrayModel.Convert(picture.At(b.Min.X+x*b.Dx()/input[1], b.Min.Y+y*b.Dy()/input[0])).(color.Gray).Y
	return color.NRGBA{g, g, g, 0xff}
}

func mix(a color.NRGBA, over color.Color, share float64) color.NRGBA {
	o := color.NRGBAModel.Convert(over).(color.NRGBA)
	m := func(x, y uint8) uint8 { return uint8(float64(x)*(1-share) + float64(y)*share) }
	return color.NRGBA{m(a.R, o.R), m(a.G, o.G), m(a.B, o.B), 0xff}
}

// outline draws the theoretical field of the centre.
func outline(c draw.Canvas, frame vg.Rectangle, s *study.Sight, input nn.Shape) {
	top, bottom := s.Field.At(0, s.Shape[0]/2, input[0])
	left, right := s.Field.At(1, s.Shape[1]/2, input[1])
	unit := (frame.Max.X - frame.Min.X) / vg.Length(input[1])
	box := vg.Rectangle{
		Min: vg.Point{X: frame.Min.X + unit*vg.Length(left), Y: frame.Max.Y - unit*vg.Length(bottom+1)},
		Max: vg.Point{X: frame.Min.X + unit*vg.Length(right+1), Y: frame.Max.Y - unit*vg.Length(top)},
	}
	c.SetColor(red)
	c.SetLineWidth(1.5)
	c.Stroke(box.Path())
}
