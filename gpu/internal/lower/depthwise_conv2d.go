package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// depthwise runs nn.DepthwiseConv2D.
type depthwise struct {
	frugal
	op *nn.DepthwiseConv2D
}

func (d depthwise) pack(t Target, s *plan.Step) Packing {
	taps := int64(d.op.Size[0] * d.op.Size[1])
	n := int64(s.Out.Shape.Channels())
	return packMatrix(t, s, d.op.Kernel.Data, taps, n, []columns{{0, n}})
}

func (d depthwise) lower(l *lowering, s *plan.Step) error {
	parts, err := l.windows(s, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	for _, p := range parts {
		a := plainArgs{first: p.in, weights: l.weights[s], out: p.out, second: p.residual}
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
