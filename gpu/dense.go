package gpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// dense runs nn.Dense: as a 1x1 convolution by the lanes kernels where the
// channels and units come in fours, by the plain kernel otherwise.
type dense struct{ op *nn.Dense }

func (dense) scratch(target, *plan.Step, int64) int64 { return 0 }

func (d dense) lanes(t target, s *plan.Step) int64 {
	if d.op.Units%4 != 0 || s.In[0].Shape.Channels()%4 != 0 {
		return 0
	}
	return 2 * int64(t.lanes())
}

func (d dense) pack(t target, s *plan.Step) packing {
	channels := int64(s.In[0].Shape.Channels())
	if vec4s := d.lanes(t, s); vec4s > 0 {
		return strips(s, d.op.Kernel.Data, 1, channels, channels, int64(d.op.Units), vec4s)
	}
	n := int64(d.op.Units)
	return packMatrix(s, d.op.Kernel.Data, channels, n, t.split(channels, n))
}

func (d dense) lower(l *lowering, s *plan.Step) error {
	x, y, r := l.value(s.In[0]), l.value(s.Out), l.value(s.Residual)
	c, n := int64(s.In[0].Shape.Channels()), int64(d.op.Units)
	rows := x.bytes / (4 * c)
	cut := func(from, m int64) plainArgs {
		a := plainArgs{first: x.part(from*4*c, m*4*c), out: y.part(from*4*n, m*4*n)}
		if s.Residual != nil {
			a.second = r.part(from*4*n, m*4*n)
		}
		return a
	}
	if d.lanes(l.target, s) > 0 {
		w := nn.Square(1, 1)
		return l.pieces(rows, func(from, m int64) error {
			a := cut(from, m)
			window := geometry(w, nn.Shape{1, int(m), int(c)}, nn.Shape{1, int(m), int(n)}, 1, 1, 0)
			return l.product(s, part{in: a.first, out: a.out, residual: a.second, window: window, positions: m}, n, nil)
		}, 4*c, 4*n)
	}
	return l.runs(s, c, n, func(columns shaders.Part, w region) error {
		return l.pieces(rows, func(from, m int64) error {
			a := cut(from, m)
			a.weights = w
			if l.tiled() {
				window := geometry(nn.Square(1, 1), nn.Shape{1, int(m), int(c)}, nn.Shape{1, int(m), int(n)}, 1, 1, 0)
				return l.tile(s, a, columns, part{window: window, positions: m})
			}
			return l.emit("dense", m*int64(columns.Filters), a, func(h shaders.Head) any {
				return shaders.DensePush{Head: h, Channels: uint32(c), Part: columns, HasBias: flag(s.HasShift()), Epilogue: epilogue(s)}
			})
		}, 4*c, 4*n)
	})
}
