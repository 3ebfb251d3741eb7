package lower

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// depthwise runs nn.DepthwiseConv2D: over fours of channels, by a kernel for its
// window where there is one; by the plain kernel layer by layer, and where a row
// exceeds what can be bound.
type depthwise struct {
	frugal
	op *nn.DepthwiseConv2D
}

// quads returns the kernel over fours of channels, with the rows and columns that
// an invocation makes of four channels; false: the plain kernel is to be used. It
// does not depend on the batch.
func (d depthwise) quads(t Target, s *plan.Step) (k shaders.Kernel, down, across int, ok bool) {
	w, channels := s.Window, s.Out.Shape[2]
	suffixes := []string{"_odd"}
	if channels%4 == 0 && d.op.Multiplier == 1 {
		suffixes = []string{""}
		if w.Size[0] == w.Size[1] && w.Stride[0] == w.Stride[1] && w.Step(0) == 1 && w.Step(1) == 1 {
			suffixes = []string{fmt.Sprintf("_%ds%d", w.Size[0], w.Stride[0]), ""}
		}
	}
	weights := 16 * int64(w.Size[0]*w.Size[1]+1) * ceil(int64(channels), 4)
	for _, suffix := range suffixes {
		if k, ok := t.quads("depthwise_conv2d", suffix); ok && t.holds(k, s, weights) {
			if k.Defines["SIZE"] != 0 {
				return k, k.Defines["DOWN"], k.Defines["ACROSS"], true
			}
			return k, 1, 4, true
		}
	}
	return shaders.Kernel{}, 0, 0, false
}

func (d depthwise) pack(t Target, s *plan.Step) Packing {
	taps := int64(d.op.Size[0] * d.op.Size[1])
	n := int64(s.Out.Shape.Channels())
	if _, _, _, ok := d.quads(t, s); ok {
		return fourfold(s, d.op.Kernel.Data, taps, n)
	}
	return packMatrix(t, s, d.op.Kernel, taps, n, []columns{{0, n}})
}

func (d depthwise) lower(l *lowering, s *plan.Step) error {
	if k, down, across, ok := d.quads(l.Target, s); ok {
		place, parameter := function(s)
		k = k.With(place, flag(s.Residual != nil))
		outputs := uint32(s.Out.Shape[2])
		if !odd(k) {
			outputs /= 4
		}
		return l.overWindows(k, s, down, across, func(h shaders.Head, p part) any {
			return shaders.DepthwiseQuadsPush{
				Head: h, Window: p.window, Outputs: outputs, Multiplier: uint32(d.op.Multiplier),
				Epilogue: shaders.Epilogue{Lowest: s.Lowest, Highest: s.Highest, Parameter: parameter},
			}
		})
	}
	parts, err := l.windows(s, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	for _, p := range parts {
		a := plainArgs{first: p.in, weights: l.weights[s], out: p.out, second: p.residual, finish: s}
		err := l.emit("depthwise_conv2d", l.count(p.out), a, func(h shaders.Head) any {
			return shaders.DepthwisePush{
				Head: h, Window: p.window, Multiplier: uint32(d.op.Multiplier), HasBias: flag(s.HasShift()), Epilogue: epilogue(s),
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fourfold packs a kernel of so many taps and n output channels for the kernels
// over fours of channels: tap by tap, filled up with zeros, and the biases behind,
// float32 in every precision, for they are few.
func fourfold(s *plan.Step, kernel []float32, taps, n int64) Packing {
	row := ceil(n, 4) * 4
	return Packing{4 * row * (taps + 1), func(dst []byte, _ func(int) []float32) error {
		f, to := s.Folded(kernel), Floats(dst)
		for k := range taps {
			f.Fold(to[k*row:][:n], kernel[k*n:], 0, 0)
			clear(to[k*row+n : (k+1)*row])
		}
		for o := range n {
			to[taps*row+o] = float32(f.Shift[o])
		}
		clear(to[taps*row+n:])
		return nil
	}}
}
