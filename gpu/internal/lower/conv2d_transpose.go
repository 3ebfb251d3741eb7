package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// conv2DTranspose runs nn.Conv2DTranspose.
type conv2DTranspose struct {
	frugal
	op *nn.Conv2DTranspose
}

func (conv2DTranspose) pack(_ Target, s *plan.Step) Packing { return params(s) }

func (c conv2DTranspose) lower(l *lowering, s *plan.Step) error {
	in, op := s.In[0].Shape, c.op
	return l.images(s, func(a plainArgs) error {
		return l.emit("conv2d_transpose", l.count(a.out), a, func(h shaders.Head) any {
			return shaders.TransposePush{
				Head: h, Height: uint32(in[0]), Width: uint32(in[1]), Channels: uint32(in[2]), OutHeight: uint32(op.Height), OutWidth: uint32(op.Width),
				SizeY: uint32(op.Size[0]), SizeX: uint32(op.Size[1]), StrideY: uint32(op.Stride[0]), StrideX: uint32(op.Stride[1]),
				DilationY: uint32(op.Dilation[0]), DilationX: uint32(op.Dilation[1]), Top: uint32(op.Top), Left: uint32(op.Left),
				Filters: uint32(op.Filters), HasBias: flag(op.UseBias),
			}
		})
	})
}
