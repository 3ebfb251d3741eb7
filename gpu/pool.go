package gpu

import (
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// pool runs nn.MaxPool and nn.AvgPool.
type pool struct {
	weightless
	frugal
	kernel string
}

func (p pool) lower(l *lowering, s *plan.Step) error {
	parts, err := l.windows(s, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	for _, part := range parts {
		err := l.emit(p.kernel, part.out.bytes/4, plainArgs{first: part.in, out: part.out}, func(h shaders.Head) any {
			return shaders.PoolPush{Head: h, Window: part.window}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// globalPool runs nn.GlobalMaxPool and nn.GlobalAvgPool.
type globalPool struct {
	weightless
	frugal
	kernel string
}

func (p globalPool) lower(l *lowering, s *plan.Step) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage := x.bytes/l.batch, y.bytes/l.batch
	c := s.In[0].Shape.Channels()
	return l.pieces(l.batch, func(from, n int64) error {
		a := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
		return l.emit(p.kernel, a.out.bytes/4, a, func(h shaders.Head) any {
			return shaders.GlobalPoolPush{Head: h, Positions: uint32(s.In[0].Shape.Len() / c), Channels: uint32(c)}
		})
	}, xImage, yImage)
}
