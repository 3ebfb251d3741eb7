package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Kernels over fours of channels: each operation's file says when it takes one
// instead of its plain kernel.

// dividend is what divide.glsl's dividends stay below.
const dividend = 1 << 22

// quads returns the kernel over fours of channels that computes an operation,
// NAME_quads or NAME_texels with the suffix behind it; false: the plain kernels
// are to be used.
func (t Target) quads(name, suffix string) (shaders.Kernel, bool) {
	way := shaders.Quads
	if t.Limits.CPU && t.texelBuffers() {
		way = shaders.Texels
	}
	for _, w := range []string{shaders.Quads, shaders.Texels} {
		if base := name + "_" + w; t.Forced.Base == base+suffix || t.Forced.Base == base+"_odd" {
			return t.Forced, true
		}
	}
	if t.Plain || t.NoQuads {
		return shaders.Kernel{}, false
	}
	k, err := t.kernel(name + "_" + way + suffix)
	return k, err == nil && t.Limits.Fits(k)
}

// odd says whether a kernel over fours of channels takes tensors whose channels
// do not come in fours, and counts in elements.
func odd(k shaders.Kernel) bool { return k.Defines["ODD"] != 0 }

// readable returns how many bytes of a tensor such a kernel can be given.
func (t Target) readable(k shaders.Kernel) int64 {
	bytes := t.bindable()
	if k.Texels > 0 {
		bytes = min(bytes, t.texels()-t.Align())
	}
	return bytes - t.texel() // which the last four may add
}

// holds reports whether a kernel over fours can be given so many bytes of
// weights, and at least a row of the step's output with the rows below it, and
// whether its quotients are exact: what exceeds that goes to the plain kernels.
func (t Target) holds(k shaders.Kernel, s *plan.Step, weights int64) bool {
	in, out := s.In[0].Shape, s.Out.Shape
	rows := t.Element() * max(int64(s.Window.Reach(0))*int64(in[1]*in[2]), int64(out[1]*out[2]))
	return max(weights, rows) <= t.readable(k) && int64(out[1])*ceil(int64(out[2]), 4) < dividend
}

// overWindows emits a kernel over fours of channels, each of whose lines makes
// `down` rows of the output, for the parts of the step; across is the positions
// that an invocation makes. push makes the push constants around those given.
func (l *lowering) overWindows(k shaders.Kernel, s *plan.Step, down, across int, push func(shaders.Head, part) any) error {
	out := s.Out.Shape
	fewLines := l.Element() * int64(out[1]*out[2]) * (dividend - 1) // of which there are no more than rows
	parts, err := l.windows(s, s.Window, l.readable(k), min(l.readable(k), fewLines))
	if err != nil {
		return err
	}
	for _, p := range parts {
		w := p.window
		images := p.positions / int64(w.OutHeight) / int64(w.OutWidth)
		lines := images * ceil(int64(w.OutHeight), down)
		groups, err := l.lines(lines, ceil(int64(w.OutWidth), across)*ceil(int64(out[2]), 4))
		if err != nil {
			return err
		}
		if !odd(k) {
			p.window.Channels /= 4
		}
		a := plainArgs{first: p.in, weights: l.weights[s], out: p.out, second: p.residual}
		if err := l.fours(k, shaders.Head{Count: uint32(lines)}, groups, a, func(h shaders.Head) any { return push(h, p) }); err != nil {
			return err
		}
	}
	return nil
}

// fours adds a dispatch of a kernel over fours of channels.
func (l *lowering) fours(k shaders.Kernel, head shaders.Head, groups [3]uint32, a plainArgs, push func(shaders.Head) any) error {
	read, unit := l.Limits.StorageAlignment, l.texel()
	if k.Texels > 0 {
		read = l.Target.Align()
	}
	if odd(k) {
		unit = l.Element()
	}
	show := func(r Region, align int64, fours bool) (Region, uint32) {
		r, at := r.aligned(align, unit)
		if fours { // the room of a tensor goes on as far
			r.Bytes = (r.Bytes + l.texel() - 1) / l.texel() * l.texel()
		}
		return r, at
	}
	a.first, head.XAt = show(a.first, read, !odd(k) || k.Texels > 0)
	a.out, head.YAt = show(a.out, l.Limits.StorageAlignment, !odd(k))
	if a.second != none {
		a.second, head.RAt = show(a.second, read, !odd(k) || k.Texels > 0)
	}
	for _, r := range []*Region{&a.weights, &a.second} {
		if *r == none {
			*r = a.first
		}
	}
	return l.add(k, push(head), groups, []Region{a.first, a.weights, a.second, a.out})
}

// piecesOfFours cuts the batch for a kernel over fours that makes so many invocations
// of each image and divides by places among them. each is below dividend.
func (l *lowering) piecesOfFours(k shaders.Kernel, each int64, do func(from, n int64, grid [3]uint32) error, imageBytes ...int64) error {
	most := l.readable(k)
	return l.piecesWithin(most, l.batch, func(from, n int64) error {
		groups, err := l.grid(ceil(n*each, 64))
		if err != nil {
			return err
		}
		return do(from, n, [3]uint32{groups[0], groups[1], 1})
	}, append(imageBytes, ceil(most, dividend-1)*each)...)
}

// flat are elements side by side, whatever their shape, that a kernel computes
// four at a time.
type flat struct {
	kernel           string // without its way
	x, second        *plan.Value
	weights          Region
	period           int64 // fours after which the weights repeat; 0: there are none
	factors          bool  // second holds a factor a channel and image
	lowest, highest  float32
	finish, residual bool // as the step says, else not
}

// flat emits an element-wise kernel over fours; false: none applies.
func (l *lowering) flat(s *plan.Step, f flat) (bool, error) {
	k, ok := l.quads(f.kernel, "")
	x, y, second := l.value(f.x), l.value(s.Out), l.value(f.second)
	fours, image := ceil(l.count(y), 4), int64(s.Out.Shape.Len())/4
	if !ok || f.factors && (s.Out.Shape.Channels()%4 != 0 || image >= dividend) {
		return false, nil
	}
	unit := max(f.period, 1)
	if f.factors {
		unit = image
	}
	push := shaders.ElementwisePush{Period: uint32(f.period), Image: uint32(image), Epilogue: shaders.Epilogue{Lowest: f.lowest, Highest: f.highest}}
	uses := []uint32{0, flag(f.residual)}
	if f.finish {
		uses[0], push.Parameter = function(s)
	}
	if f.factors {
		push.Period = uint32(s.Out.Shape.Channels() / 4)
	}
	most := min(l.readable(k), (dividend-1)*l.texel()) / (unit * l.texel()) * (unit * l.texel())
	if most == 0 {
		return false, nil
	}
	units := ceil(fours, int(unit))
	return true, l.piecesWithin(most, units, func(from, n int64) error {
		n = min(n*unit, fours-from*unit)
		cut := func(r Region) Region { return r.part(from*unit*l.texel(), n*l.texel()) }
		a := plainArgs{first: cut(x), out: cut(y), weights: f.weights}
		switch {
		case f.factors:
			each := second.Bytes / l.batch
			a.second = second.part(from*each, ceil(n, int(unit))*each)
		case f.second != nil:
			a.second = cut(second)
		}
		groups, err := l.grid(ceil(n, 64))
		if err != nil {
			return err
		}
		return l.fours(k.With(uses...), shaders.Head{Count: uint32(n)}, [3]uint32{groups[0], groups[1], 1}, a, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, unit*l.texel())
}

// function returns what the step applies to its result, as kernels know it: the
// function's place in nn.Funcs, and its parameter.
func function(s *plan.Step) (place uint32, parameter float32) {
	if s.Activation == nil {
		return 0, 0
	}
	return uint32(slices.Index(nn.Funcs(), s.Activation.Func)), max(s.Activation.Slope, s.Activation.Alpha)
}

// constants packs what the kernel affine computes (x - m) s + t with by channel,
// repeated until they come in fours.
func constants(m, s, t []float64) Packing {
	period := foursOf(len(m))
	return Packing{3 * 4 * period * 4, func(dst []byte, _ func(int) []float32) error {
		to := Floats(dst)
		for _, values := range [][]float64{m, s, t} {
			for i := range 4 * period {
				to[i] = float32(values[i%int64(len(values))])
			}
			to = to[4*period:]
		}
		return nil
	}}
}

// affine reports whether the kernel over fours takes constants of so many
// channels.
func (t Target) affine(channels int) bool {
	k, ok := t.quads("affine", "")
	period := foursOf(channels)
	return ok && 3*16*period <= t.readable(k) && period*t.texel() <= t.readable(k) && period < dividend
}

// lowerAffine emits a step whose weights affine has packed.
func (l *lowering) lowerAffine(s *plan.Step) error {
	_, err := l.flat(s, flat{
		kernel: "affine", x: s.In[0], second: s.Residual, weights: l.weights[s], period: foursOf(s.In[0].Shape.Channels()),
		lowest: s.Lowest, highest: s.Highest, finish: true, residual: s.Residual != nil,
	})
	return err
}

// foursOf returns after how many fours constants of so many channels repeat.
func foursOf(channels int) int64 {
	switch {
	case channels%4 == 0:
		return int64(channels / 4)
	case channels%2 == 0:
		return int64(channels / 2)
	}
	return int64(channels)
}
