package lower

import (
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// pad runs nn.ZeroPad and, inward, nn.Crop.
type pad struct {
	weightless
	frugal
	kernel string
	inward bool
}

func (p pad) lower(l *lowering, s *plan.Step) error {
	sign := uint32(1)
	if p.inward {
		sign = ^uint32(0) // -1
	}
	parts, err := l.windows(s, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	for _, part := range parts {
		g := part.window
		err := l.emit(p.kernel, l.count(part.out), plainArgs{first: part.in, out: part.out}, func(h shaders.Head) any {
			return shaders.PadPush{
				Head: h, Height: g.Height, Width: g.Width, Channels: g.Channels, OutHeight: g.OutHeight, OutWidth: g.OutWidth,
				StrideY: g.StrideY, StrideX: g.StrideX,
				Top: sign * g.PadTop, Left: sign * g.PadLeft,
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
