package lower

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// conv2D runs nn.Conv2D: by the lanes kernels where the device takes them and
// the filters come in fours, by the plain ones otherwise.
type conv2D struct{ op *nn.Conv2D }

// lanes returns the width of a strip for the lanes kernels; 0: they don't apply.
func (c conv2D) lanes(t Target, s *plan.Step) int64 {
	in, vec4s := s.In[0].Shape, t.strip()
	if c.op.Filters%4 != 0 || vec4s == 0 || s.Gate != nil && in[2]%4 != 0 {
		return 0
	}
	taps, channels, width, reach := int64(c.op.Size[0]*c.op.Size[1]), padded(in[2]), int64(in[1]), int64(s.Window.Reach(0))
	line := width * channels
	if rowwise(s) {
		taps, channels, width = int64(c.op.Size[0]), padded(in[2]*c.op.Size[1]), int64(s.Out.Shape[1])
	}
	weights, row := t.stripFloats(taps, channels, int64(c.op.Filters), vec4s), int64(s.Out.Shape[1]*s.Out.Shape[2])
	if max(weights, reach*width*channels, line, row) > t.texels()/t.Element() {
		return 0 // smaller parts than rows are not made
	}
	return vec4s
}

// padded returns the input's channels, rounded up to fours.
func padded(channels int) int64 { return int64(channels+3) / 4 * 4 }

func (c conv2D) pack(t Target, s *plan.Step) Packing {
	channels, taps := s.In[0].Shape.Channels(), int64(c.op.Size[0]*c.op.Size[1])
	if vec4s := c.lanes(t, s); vec4s > 0 {
		if rowwise(s) {
			channels, taps = channels*c.op.Size[1], int64(c.op.Size[0])
		}
		return strips(t, s, c.op.Kernel, taps, int64(channels), padded(channels), int64(c.op.Filters), vec4s)
	}
	rows, n := taps*int64(channels), int64(c.op.Filters)
	if t.Tiled() {
		m := t.multiplies(s)
		if m != s && t.besides(s) {
			channels, taps = channels*c.op.Size[1], int64(c.op.Size[0])
		}
		return packProduct(t, s, c.op.Kernel, taps, int64(channels), int64(m.In[0].Shape[2]), n)
	}
	return packMatrix(t, s, c.op.Kernel, rows, n, t.split(rows, n))
}

// scratch has room for the input with its channels in fours, where the step or
// its sibling goes to a lanes kernel, or for the sums of parts.
func (c conv2D) scratch(t Target, s *plan.Step, batch int64) int64 {
	in := s.In[0].Shape
	var room int64
	for _, p := range s.Parts() {
		part := conv2D{p.Op.(*nn.Conv2D)}
		switch {
		case part.lanes(t, p) == 0 && t.Tiled():
			room = max(room, t.productScratch(p, batch))
		case part.lanes(t, p) == 0 && s.Gate != nil:
			room = max(room, t.Element()*batch*int64(in.Len()))
		case part.lanes(t, p) == 0 || in[2]%4 == 0:
		case rowwise(s):
			room = max(room, t.Element()*batch*int64(in[0])*int64(s.Out.Shape[1])*padded(in[2]*c.op.Size[1]))
		default:
			room = max(room, t.Element()*batch*int64(in[0])*int64(in[1])*padded(in[2]))
		}
	}
	return room
}

// rowwise reports whether a lanes kernel reads the step's input with the taps of
// each row of the window side by side: where channels are few and do not come in
// fours, that takes fewer fetches, without a test each. Measured with a 7x7
// window over 3 channels. Taps that are dilated do not lie side by side.
func rowwise(s *plan.Step) bool {
	channels, size := s.In[0].Shape[2], s.Window.Size[1]
	const few = 16
	return channels%4 != 0 && size > 1 && s.Window.Step(1) == 1 && channels < few && int64(s.Out.Shape[1])*padded(channels*size)/4 < dividend
}

// lower emits the step and, where it has a sibling, that one too: in the same
// dispatch where the kernel can, else in another that need not wait.
func (c conv2D) lower(l *lowering, s *plan.Step) error {
	for _, p := range s.Parts() {
		both, err := conv2D{p.Op.(*nn.Conv2D)}.lowerOne(l, p)
		if both || err != nil {
			return err
		}
	}
	return nil
}

// lowerOne emits one part of a step; both says that it computed the sibling.
func (c conv2D) lowerOne(l *lowering, s *plan.Step) (both bool, err error) {
	if c.lanes(l.Target, s) > 0 {
		return c.lowerLanes(l, s)
	}
	if l.Tiled() {
		return false, l.lowerProduct(s)
	}
	source := s
	if s.Gate != nil {
		if source, err = l.gated(s); err != nil {
			return false, err
		}
	}
	return false, c.lowerPlain(l, s, source)
}

// gated emits the product of the step's input and gate, and returns a step that
// reads it instead.
func (l *lowering) gated(s *plan.Step) (*plan.Step, error) {
	gated := l.reading(s, s.In[0].Shape)
	product := &plan.Step{Op: &nn.Multiply{}, Out: gated.In[0], Lowest: float32(math.Inf(-1)), Highest: float32(math.Inf(1))}
	err := merge{kernel: "multiply"}.two(l, product, s.In[0], s.Gate)
	l.wait()
	return gated, err
}

// lowerPlain emits the step, which reads what source does, by the plain or the
// tiled kernels.
func (c conv2D) lowerPlain(l *lowering, s, source *plan.Step) error {
	kernel := "conv2d"
	if single(s) && l.Forced.Base != kernel {
		kernel = "conv2d_1x1"
	}
	rows := int64(c.op.Size[0] * c.op.Size[1] * s.In[0].Shape.Channels())
	parts, err := l.windows(source, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	return l.runs(s, rows, int64(c.op.Filters), func(columns shaders.Part, w Region) error {
		for _, p := range parts {
			a := plainArgs{first: p.in, weights: w, out: p.out, second: p.residual, finish: s}
			err := l.emit(kernel, p.positions*int64(columns.Filters), a, func(h shaders.Head) any {
				return shaders.ConvPush{Head: h, Window: p.window, Part: columns, HasBias: flag(s.HasShift()), Epilogue: epilogue(s)}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (c conv2D) lowerLanes(l *lowering, s *plan.Step) (both bool, err error) {
	source := s
	if in := s.In[0].Shape; rowwise(s) {
		source, err = l.sideBySide(s, padded(in[2]*s.Window.Size[1]))
	} else if in[2]%4 != 0 {
		source, err = l.repack(s, padded(in[2]))
	}
	if err != nil {
		return false, err
	}
	most := l.bindable()
	if s.Residual != nil { // which is read as texels
		most = min(most, l.texels())
	}
	parts, err := l.windows(source, source.Window, l.texels(), most)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		sibling := l.together(s, p, int64(c.op.Filters), c.lanes(l.Target, s))
		if err := l.strip(s, p, int64(c.op.Filters), sibling); err != nil {
			return false, err
		}
		both = sibling != nil
	}
	return both, nil
}

// strip emits a lanes kernel over a part of the step and, where it is not nil,
// the sibling.
func (l *lowering) strip(s *plan.Step, p part, filters int64, sibling *beside) error {
	w := p.window
	w.Channels /= 4
	k, err := l.lanesKernel(p.positions, int(w.Channels), w.SizeY == 1 && w.SizeX == 1, oneToOne(w))
	if err != nil {
		return err
	}
	push := shaders.LanesPush{Head: shaders.Head{Count: uint32(p.positions)}, Window: w, Filters: uint32(filters / 4), Epilogue: epilogue(s)}
	weights, out, strips := l.weights[s], p.out, ceil(filters, k.Tile.Columns)
	if sibling != nil {
		weights, out, strips = sibling.weights, p.out.join(sibling.out), sibling.strips()
	}
	texels, storage := l.Limits.TexelAlignment, l.Limits.StorageAlignment
	args := []Region{p.in, weights, p.residual, p.gate, out}
	args[0], push.XAt = p.in.aligned(texels, l.texel())
	args[4], _ = out.aligned(storage, l.texel())
	push.YAt, push.Strips = uint32((p.out.Offset-args[4].Offset)/l.texel()), uint32(strips)
	if sibling != nil {
		push.Sibling = sibling.push(args[4].Offset, l.texel())
	}
	args[2], args[3] = args[0], args[0]
	if s.Residual != nil {
		args[2], push.RAt = p.residual.aligned(texels, l.texel())
	}
	if s.Gate != nil {
		args[3], push.GAt = p.gate.aligned(texels, l.texel())
	}
	place, _ := function(s)
	k = k.With(place, flag(s.Residual != nil), flag(oneToOne(p.window)), flag(s.Gate != nil))
	for i, r := range args[:4] {
		if texels := r.Bytes / k.TexelBytes(i); texels > l.Limits.MaxTexelElements {
			return fmt.Errorf("%w: it needs %d texels in one piece, %s binds at most %d", ErrTooLarge, texels, l.Limits.Name, l.Limits.MaxTexelElements)
		}
	}
	longest := l.Limits.MaxGroupCount
	rows, err := Spread(ceil(p.positions, k.Tile.Rows), [2]int64{int64(longest[1]), int64(longest[2])})
	if err != nil {
		return err
	}
	return l.add(k, push, [3]uint32{uint32(strips), rows[0], rows[1]}, args)
}
