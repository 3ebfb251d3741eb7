package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// dense runs nn.Dense: as a 1x1 convolution by the lanes kernels where the
// channels and units come in fours, by the plain kernel otherwise.
type dense struct{ op *nn.Dense }

// scratch has room for the sums of parts.
func (d dense) scratch(t Target, s *plan.Step, batch int64) int64 {
	if !t.Tiled() || d.lanes(t, s) > 0 {
		return 0
	}
	rows := batch * int64(s.In[0].Shape.Len()/s.In[0].Shape.Channels())
	return t.splitBytes(Product{Window: d.window(s, rows), Rows: rows, Columns: int64(d.op.Units)})
}

// window returns the geometry of so many rows as a 1x1 convolution.
func (d dense) window(s *plan.Step, rows int64) shaders.Window {
	c, n := s.In[0].Shape.Channels(), d.op.Units
	return geometry(nn.Square(1, 1), nn.Shape{1, int(rows), c}, nn.Shape{1, int(rows), n}, 1, 1, 0)
}

func (d dense) lanes(t Target, s *plan.Step) int64 {
	channels, units, vec4s := int64(s.In[0].Shape.Channels()), int64(d.op.Units), t.strip()
	if units%4 != 0 || channels%4 != 0 || vec4s == 0 || max(t.stripFloats(1, channels, units, vec4s), channels, units) > t.texels()/t.Element() {
		return 0
	}
	return vec4s
}

func (d dense) pack(t Target, s *plan.Step) Packing {
	channels := int64(s.In[0].Shape.Channels())
	if vec4s := d.lanes(t, s); vec4s > 0 {
		return strips(t, s, d.op.Kernel.Data, 1, channels, channels, int64(d.op.Units), vec4s)
	}
	n := int64(d.op.Units)
	return packMatrix(t, s, d.op.Kernel.Data, channels, n, t.split(channels, n))
}

func (d dense) lower(l *lowering, s *plan.Step) error {
	x, y, r := l.value(s.In[0]), l.value(s.Out), l.value(s.Residual)
	c, n := int64(s.In[0].Shape.Channels()), int64(d.op.Units)
	cBytes, nBytes := l.Element()*c, l.Element()*n // of a row
	rows := x.Bytes / cBytes
	cut := func(from, m int64) plainArgs {
		a := plainArgs{first: x.part(from*cBytes, m*cBytes), out: y.part(from*nBytes, m*nBytes), finish: s}
		if s.Residual != nil {
			a.second = r.part(from*nBytes, m*nBytes)
		}
		return a
	}
	if d.lanes(l.Target, s) > 0 {
		return l.piecesWithin(min(l.bindable(), l.texels()), rows, func(from, m int64) error {
			a := cut(from, m)
			return l.strip(s, part{in: a.first, out: a.out, residual: a.second, window: d.window(s, m), positions: m}, n, nil)
		}, cBytes, nBytes)
	}
	return l.runs(s, c, n, func(columns shaders.Part, w Region) error {
		return l.pieces(rows, func(from, m int64) error {
			a := cut(from, m)
			a.weights = w
			if l.Tiled() {
				return l.tile(s, a, columns, part{window: d.window(s, m), positions: m})
			}
			return l.emit("dense", m*int64(columns.Filters), a, func(h shaders.Head) any {
				return shaders.DensePush{Head: h, Channels: uint32(c), Part: columns, HasBias: flag(s.HasShift()), Epilogue: epilogue(s)}
			})
		}, cBytes, nBytes)
	})
}
