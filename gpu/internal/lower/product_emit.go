package lower

import (
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// multiplies returns the step that the products on GPUs compute for one whose
// input's channels fill no whole units: the same over a copy, which has the taps
// of each row of the window side by side where channels are few, or more
// channels. It returns the step itself where no copy is needed.
func (t Target) multiplies(s *plan.Step) *plan.Step {
	in := s.In[0].Shape
	switch {
	case in[2]%t.unit() == 0:
		return s
	case t.besides(s):
		return over(s, nn.Shape{in[0], s.Out.Shape[1], t.units(in[2] * s.Window.Size[1])}, rowsOnly(s.Window))
	}
	return over(s, nn.Shape{in[0], in[1], t.units(in[2])}, s.Window)
}

// over returns the step with a window over an input of another shape.
func over(s *plan.Step, shape nn.Shape, w nn.Window) *plan.Step {
	m := *s
	m.In, m.Window = []*plan.Value{{ID: -1, Shape: shape}}, w
	return &m
}

// besides reports whether the copy has taps side by side.
func (t Target) besides(s *plan.Step) bool { return rowwise(s) && t.texelBuffers() }

// product returns the product that a convolution is for a batch.
func (t Target) product(s *plan.Step, batch int64) Product {
	m := t.multiplies(s)
	in, out := m.In[0].Shape, s.Out.Shape
	return Product{
		Window: geometry(m.Window, in, out, in[0], out[0], m.Window.Pad.Top),
		Rows:   batch * int64(out[0]) * int64(out[1]), Columns: int64(out[2]),
	}
}

// productScratch returns the room for the copies that a convolution reads
// instead of its input, and for the sums of parts behind them.
func (t Target) productScratch(s *plan.Step, batch int64) int64 {
	return t.copyBytes(s, batch) + t.splitBytes(t.product(s, batch))
}

// gatesApart reports whether a gate is multiplied into a copy of the step's input:
// where that is so large that the two may not be bound as one.
func (t Target) gatesApart(s *plan.Step, batch int64) bool {
	return s.Gate != nil && 8*t.Element()*batch*int64(s.In[0].Shape.Len()) > t.bindable()
}

// copyBytes returns the room of the copies: of the input and, where that is
// copied, of the factors that it is multiplied by.
func (t Target) copyBytes(s *plan.Step, batch int64) int64 {
	m := t.multiplies(s)
	if m == s && !t.gatesApart(s, batch) {
		return 0
	}
	elements := int64(m.In[0].Shape.Len())
	if s.Gate != nil {
		elements += int64(m.In[0].Shape[2])
	}
	return (t.Element()*batch*elements + t.Align() - 1) / t.Align() * t.Align()
}

// fewRows are those of the tallest conv2d_rows.
const fewRows = 16

// lowerProduct emits a convolution as products.
func (l *lowering) lowerProduct(s *plan.Step) error {
	l.copies = l.copyBytes(s, l.batch)
	m, err := l.copied(s)
	if err != nil {
		return err
	}
	parts, err := l.windows(m, m.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	depth := int64(m.Window.Size[0]*m.Window.Size[1]) * int64(m.In[0].Shape[2])
	return l.stripped(s, depth, int64(s.Out.Shape[2]), func(columns shaders.Part, w Region) error {
		for _, p := range parts {
			if err := l.multiply(s, p, columns, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// copied emits the copies that a convolution reads, and returns the step that
// reads them.
func (l *lowering) copied(s *plan.Step) (*plan.Step, error) {
	m := l.multiplies(s)
	switch {
	case m == s && l.gatesApart(s, l.batch):
		gated, err := l.gated(s)
		if err == nil {
			gated.Gate = nil
		}
		return gated, err
	case m == s:
		return s, nil
	case l.besides(s):
		return l.sideBySide(s, int64(m.In[0].Shape[2]))
	}
	channels := int64(m.In[0].Shape[2])
	m, err := l.repack(s, channels)
	if err != nil || s.Gate == nil {
		return m, err
	}
	factors := &plan.Value{ID: -1, Shape: nn.Shape{1, 1, int(channels)}}
	l.layout.Offset[factors] = l.layout.Offset[m.In[0]] + l.value(m.In[0]).Bytes
	err = l.filled(l.value(s.Gate), l.value(factors), int64(s.Gate.Shape[2]), channels)
	l.wait()
	m.Gate = factors
	return m, err
}

// multiply emits the product of a part of a step with a run of its weights.
func (l *lowering) multiply(s *plan.Step, p part, columns shaders.Part, w Region) error {
	of := Product{Window: p.window, Rows: p.positions, Columns: int64(columns.Filters)}
	c := l.choose(of)
	k, err := l.kernel(c.Kernel)
	if err != nil {
		return err
	}
	in, inAt, gateAt, err := l.joined(p)
	if err != nil {
		return err
	}
	push, constants := l.productPush(s, p, columns, k)
	slabs := ceil(of.depth(), k.Tile.Depth)
	each, splits := slabs, int64(1)
	sums := Region{Arena, l.layout.Scratch[l.step] + l.copies, l.partBytes(of, c.Splits)}
	if c.Splits > 1 && sums.Bytes > 0 && l.copies+sums.Bytes <= l.room {
		each, splits = shares(slabs, c.Splits)
		sums.Bytes = l.partBytes(of, splits)
	}
	push.Slabs, push.Depth, push.XAt, push.GAt = uint32(slabs), uint32(each), uint32(inAt/16), uint32(gateAt/16)
	constants.Walk = l.walk(k, of)
	if p.gate != none {
		constants.Gate = 1
	}

	rows, err := Spread(ceil(p.positions, k.Tile.Rows), [2]int64{int64(l.Limits.MaxGroupCount[1]), int64(l.Limits.MaxGroupCount[2])})
	if err != nil {
		return err
	}
	groups := [3]uint32{uint32(splits * ceil(of.Columns, k.Tile.Columns)), rows[0], rows[1]}
	a := plainArgs{first: in, weights: w, out: p.out, second: p.residual}
	if splits == 1 {
		return l.addProduct(k, push, constants, groups, a)
	}
	if l.summed { // the parts of an earlier dispatch lie there
		l.wait()
	}
	partial := shaders.ProductConstants{Walk: constants.Walk, Partial: 1, Gate: constants.Gate, Width: 4}
	if err := l.addProduct(k, push, partial, groups, plainArgs{first: in, weights: w, out: sums}); err != nil {
		return err
	}
	l.wait()
	l.summed = true
	if k, err = l.kernel("conv2d_sums"); err != nil {
		return err
	}
	push, constants = l.productPush(s, p, columns, k)
	push.Slabs = uint32(splits)
	const group = 64
	grid, err := l.grid(ceil(of.Rows*ceil(of.Columns, 4), group))
	if err != nil {
		return err
	}
	a.first = sums
	return l.addProduct(k, push, constants, [3]uint32{grid[0], grid[1], 1}, a)
}

// productPush returns what the geometry and the epilogue of a part are to a
// kernel, but for how it walks.
func (l *lowering) productPush(s *plan.Step, p part, columns shaders.Part, k shaders.Kernel) (shaders.ProductPush, shaders.ProductConstants) {
	w, width := p.window, l.storeWidth(p, columns, k)
	function, parameter := function(s)
	push := shaders.ProductPush{
		Head:   shaders.Head{Count: uint32(p.positions)},
		Height: w.Height, Width: w.Width, Units: w.Channels / uint32(l.unit()), OutHeight: w.OutHeight, OutWidth: w.OutWidth,
		SizeY: w.SizeY, SizeX: w.SizeX, StrideY: w.StrideY, StrideX: w.StrideX, DilationY: w.DilationY, DilationX: w.DilationX, PadTop: w.PadTop, PadLeft: w.PadLeft,
		Filters: columns.Filters, First: columns.First / width, OutRow: columns.OutChannels / width,
		Strip:  uint32(l.stripBytes(int64(w.SizeY)*int64(w.SizeX)*int64(w.Channels)) / 16),
		Lowest: s.Lowest, Highest: s.Highest, Parameter: parameter,
	}
	constants := shaders.ProductConstants{Func: function, Width: width}
	if p.residual != none {
		constants.Residual = 1
	}
	if !math.IsInf(float64(s.Lowest), -1) || !math.IsInf(float64(s.Highest), 1) {
		constants.Bounded = 1
	}
	return push, constants
}

// storeWidth returns how many outputs of a position can be stored at a time: a
// part begins at, and its positions are apart by, multiples of it.
func (l *lowering) storeWidth(p part, columns shaders.Part, k shaders.Kernel) uint32 {
	for _, width := range []int64{8, 4} {
		if width > int64(k.Tile.Stores) || int64(columns.OutChannels)%width != 0 || int64(columns.Filters)%width != 0 {
			continue
		}
		if bytes := width * l.Element(); p.out.Offset%bytes == 0 && p.residual.Offset%bytes == 0 {
			return uint32(width)
		}
	}
	return 1
}

// walk returns how a kernel walks over the taps and channels of a product. The
// rows kernels' slabs are too deep to lie in one tap mostly, but go straight on
// over any number of channels.
func (t Target) walk(k shaders.Kernel, p Product) uint32 {
	w := p.Window
	even := int64(w.Channels)%int64(k.Tile.Depth) == 0
	straight := oneToOne(w)
	switch few := k.Tile.Rows <= fewRows; {
	case straight && (even || few):
		return shaders.WalkStraight
	case even && !few:
		return shaders.WalkEven
	}
	return shaders.WalkAny
}

// joined returns a region with a part's input and the factors that it is
// multiplied by, which a kernel reads by one binding, and where in it, in bytes,
// each of the two begins: the factors may lie before the input.
func (l *lowering) joined(p part) (both Region, inAt, gateAt int64, err error) {
	if p.gate == none {
		return p.in, 0, 0, nil
	}
	both = p.in.join(p.gate)
	both.Offset -= both.Offset % l.Limits.StorageAlignment
	both = both.join(p.in).join(p.gate)
	if both.Bytes > l.Limits.MaxStorageRange {
		return none, 0, 0, l.tooLarge(both.Bytes)
	}
	return both, p.in.Offset - both.Offset, p.gate.Offset - both.Offset, nil
}

// addProduct adds a dispatch of a product kernel. a.first is where units are
// counted from, unless push says otherwise.
func (l *lowering) addProduct(k shaders.Kernel, push shaders.ProductPush, constants shaders.ProductConstants, groups [3]uint32, a plainArgs) error {
	stored := int64(constants.Width) * l.Element()
	if constants.Partial != 0 {
		stored = 16
	}
	align := l.Limits.StorageAlignment
	var at uint32
	a.first, at = a.first.aligned(align, 16)
	push.XAt += at
	a.out, push.YAt = a.out.aligned(align, stored)
	if a.second == none {
		a.second = a.first
	} else {
		a.second, push.RAt = a.second.aligned(align, stored)
	}
	args := []Region{a.first, a.weights, a.out, a.second}
	for _, r := range args {
		if r.Bytes > l.Limits.MaxStorageRange {
			return l.tooLarge(r.Bytes)
		}
	}
	return l.add(k.With(constants.List()...), push, groups, args)
}
