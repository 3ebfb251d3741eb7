package lower

import (
	"fmt"

	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// pool runs nn.MaxPool and nn.AvgPool.
type pool struct {
	weightless
	frugal
	kernel string
}

// quads reports whether max_pool_quads takes the step.
func (p pool) quads(l *lowering, s *plan.Step) bool {
	const kernel = "max_pool_quads"
	wanted := l.Lanes() > 0 || l.Forced.Base == kernel
	c, lines := s.Out.Shape[2], l.batch*int64(s.Out.Shape[0])
	return p.kernel == "max_pool" && wanted && c%4 == 0 && int64(s.Out.Shape[1])*int64(c/4) < dividend && lines < dividend
}

// dividend is what divide.glsl's dividends stay below.
const dividend = 1 << 22

func (p pool) lower(l *lowering, s *plan.Step) error {
	if p.quads(l, s) {
		return p.lowerQuads(l, s)
	}
	parts, err := l.windows(s, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	for _, part := range parts {
		err := l.emit(p.kernel, l.count(part.out), plainArgs{first: part.in, out: part.out}, func(h shaders.Head) any {
			return shaders.PoolPush{Head: h, Window: part.window}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p pool) lowerQuads(l *lowering, s *plan.Step) error {
	parts, err := l.windows(s, s.Window, l.texels(), l.bindable())
	if err != nil {
		return err
	}
	k, err := l.kernel("max_pool_quads")
	if err != nil {
		return err
	}
	for _, part := range parts {
		w := part.window
		w.Channels /= 4
		push := shaders.PoolPush{Head: shaders.Head{Count: uint32(part.positions / int64(w.OutWidth))}, Window: w}
		args := make([]Region, 2)
		args[0], push.XAt = part.in.aligned(l.Limits.TexelAlignment, l.texel())
		args[1], push.YAt = part.out.aligned(l.Limits.StorageAlignment, l.texel())
		groups, err := l.lines(int64(push.Count), int64(w.OutWidth)*int64(w.Channels))
		if err != nil {
			return err
		}
		if err := l.add(k, push, groups, args); err != nil {
			return err
		}
	}
	return nil
}

// lines returns the work groups of a kernel in which each owns 64 invocations of
// a line.
func (l *lowering) lines(count, length int64) ([3]uint32, error) {
	longest := l.Limits.MaxGroupCount
	rows, err := Spread(count, [2]int64{int64(longest[1]), int64(longest[2])})
	if columns := ceil(length, 64); err == nil && columns > int64(longest[0]) {
		err = fmt.Errorf("%w: a line of %d work groups, %d can be dispatched", ErrTooLarge, columns, longest[0])
	}
	return [3]uint32{uint32(ceil(length, 64)), rows[0], rows[1]}, err
}

// globalPool runs nn.GlobalMaxPool and nn.GlobalAvgPool.
type globalPool struct {
	weightless
	frugal
	kernel string
}

func (p globalPool) lower(l *lowering, s *plan.Step) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage := x.Bytes/l.batch, y.Bytes/l.batch
	c := s.In[0].Shape.Channels()
	return l.pieces(l.batch, func(from, n int64) error {
		a := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
		return l.emit(p.kernel, l.count(a.out), a, func(h shaders.Head) any {
			return shaders.GlobalPoolPush{Head: h, Positions: uint32(s.In[0].Shape.Len() / c), Channels: uint32(c)}
		})
	}, xImage, yImage)
}
