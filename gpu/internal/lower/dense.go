package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// dense runs nn.Dense: as a 1x1 convolution by the lanes kernels where the
// channels and units come in fours, by the plain kernel otherwise.
type dense struct{ op *nn.Dense }

// scratch has room, for a product on a GPU, for the input with its channels in
// whole units, and for the sums of parts behind it.
func (d dense) scratch(t Target, s *plan.Step, batch int64) int64 {
	if !t.Tiled() || d.lanes(t, s) > 0 {
		return 0
	}
	rows := batch * int64(s.In[0].Shape.Len()/s.In[0].Shape.Channels())
	return d.copyBytes(t, s, rows) + t.splitBytes(Product{Window: d.window(t.units(s.In[0].Shape.Channels()), rows), Rows: rows, Columns: int64(d.op.Units)})
}

// copyBytes returns the room of the copy of so many rows.
func (d dense) copyBytes(t Target, s *plan.Step, rows int64) int64 {
	c := s.In[0].Shape.Channels()
	if c%t.unit() == 0 {
		return 0
	}
	return (t.Element()*rows*int64(t.units(c)) + t.Align() - 1) / t.Align() * t.Align()
}

// window returns the geometry of so many rows as a 1x1 convolution.
func (d dense) window(channels int, rows int64) shaders.Window {
	return geometry(nn.Square(1, 1), nn.Shape{1, int(rows), channels}, nn.Shape{1, int(rows), d.op.Units}, 1, 1, 0)
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
		return strips(t, s, d.op.Kernel, 1, channels, channels, int64(d.op.Units), vec4s)
	}
	n := int64(d.op.Units)
	if t.Tiled() {
		return packProduct(t, s, d.op.Kernel, 1, channels, int64(t.units(int(channels))), n)
	}
	return packMatrix(t, s, d.op.Kernel, channels, n, t.split(channels, n))
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
			return l.strip(s, part{in: a.first, out: a.out, residual: a.second, window: d.window(int(c), m), positions: m}, n, nil)
		}, cBytes, nBytes)
	}
	if l.Tiled() {
		return d.lowerProduct(l, s, rows, cut)
	}
	return l.runs(s, c, n, func(columns shaders.Part, w Region) error {
		return l.pieces(rows, func(from, m int64) error {
			a := cut(from, m)
			a.weights = w
			return l.emit("dense", m*int64(columns.Filters), a, func(h shaders.Head) any {
				return shaders.DensePush{Head: h, Channels: uint32(c), Part: columns, HasBias: flag(s.HasShift()), Epilogue: epilogue(s)}
			})
		}, cBytes, nBytes)
	})
}

// lowerProduct emits the layer as products; cut returns what rows of it read and
// write.
func (d dense) lowerProduct(l *lowering, s *plan.Step, rows int64, cut func(from, m int64) plainArgs) error {
	c := s.In[0].Shape.Channels()
	channels := l.units(c)
	l.copies = d.copyBytes(l.Target, s, rows)
	copied := Region{Arena, l.layout.Scratch[l.step], l.Element() * rows * int64(channels)}
	if l.copies > 0 {
		if err := l.filled(l.value(s.In[0]), copied, int64(c), int64(channels)); err != nil {
			return err
		}
		l.wait()
	}
	cBytes, nBytes := l.Element()*int64(channels), l.Element()*int64(d.op.Units) // of a row
	return l.stripped(s, int64(channels), int64(d.op.Units), func(columns shaders.Part, w Region) error {
		return l.pieces(rows, func(from, m int64) error {
			a := cut(from, m)
			if l.copies > 0 {
				a.first = copied.part(from*cBytes, m*cBytes)
			}
			p := part{in: a.first, out: a.out, residual: a.second, window: d.window(channels, m), positions: m}
			return l.multiply(s, p, columns, w)
		}, cBytes, nBytes)
	})
}
