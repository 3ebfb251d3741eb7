package lower

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// pool runs nn.MaxPool and nn.AvgPool, over fours of channels or, layer by layer,
// by the plain kernels.
type pool struct {
	weightless
	frugal
	kernel string
}

func (p pool) lower(l *lowering, s *plan.Step) error {
	if k, ok := l.quads(p.kernel, suffix(s.Out.Shape)); ok && l.holds(k, s, 0) {
		return l.overWindows(k, s, 1, 1, func(h shaders.Head, part part) any {
			return shaders.PoolPush{Head: h, Window: part.window}
		})
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

// suffix is that of the kernel over fours of channels that takes a shape.
func suffix(s nn.Shape) string {
	if s.Channels()%4 != 0 {
		return "_odd"
	}
	return ""
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
	if k, ok := l.quads(p.kernel, suffix(s.In[0].Shape)); ok && max(xImage, yImage) <= l.readable(k) {
		channels := uint32(c)
		if !odd(k) {
			channels /= 4
		}
		return l.piecesWithin(l.readable(k), l.batch, func(from, n int64) error {
			rows, err := Spread(n, [2]int64{int64(l.Limits.MaxGroupCount[1]), int64(l.Limits.MaxGroupCount[2])})
			if err != nil {
				return err
			}
			const fours = 8 // of channels, that a work group owns
			groups := [3]uint32{uint32(ceil(int64(c), 4*fours)), rows[0], rows[1]}
			a := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
			return l.fours(k, shaders.Head{Count: uint32(n)}, groups, a, func(h shaders.Head) any {
				return shaders.GlobalPoolPush{Head: h, Positions: uint32(s.In[0].Shape.Len() / c), Channels: channels}
			})
		}, xImage, yImage)
	}
	return l.pieces(l.batch, func(from, n int64) error {
		a := plainArgs{first: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage)}
		return l.emit(p.kernel, l.count(a.out), a, func(h shaders.Head) any {
			return shaders.GlobalPoolPush{Head: h, Positions: uint32(s.In[0].Shape.Len() / c), Channels: uint32(c)}
		})
	}, xImage, yImage)
}
