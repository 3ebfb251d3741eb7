package gpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// pad runs nn.ZeroPad and, inward, nn.Crop.
type pad struct {
	weightless
	frugal
	kernel string
	pad    nn.Pad
	inward bool
}

func (p pad) lower(l *lowering, s *plan.Step) error {
	sign := 1
	if p.inward {
		sign = -1
	}
	w := nn.Square(1, 1)
	w.Pad = nn.Pad{Top: sign * p.pad.Top, Left: sign * p.pad.Left}
	parts, err := l.windows(s, w, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	for _, part := range parts {
		g := part.window
		err := l.emit(p.kernel, part.out.bytes/4, plainArgs{first: part.in, out: part.out}, func(h shaders.Head) any {
			return shaders.PadPush{
				Head: h, Height: g.Height, Width: g.Width, Channels: g.Channels, OutHeight: g.OutHeight, OutWidth: g.OutWidth,
				Top: uint32(sign) * g.PadTop, Left: uint32(sign) * g.PadLeft,
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
