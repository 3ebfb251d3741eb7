package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// repack emits a copy of the step's input with that many channels, and returns
// a step that reads the copy in place of the input.
func (l *lowering) repack(s *plan.Step, channels int64) (*plan.Step, error) {
	in := s.In[0].Shape
	if s != l.step { // the sibling, which may yet read its copy
		l.wait()
	}
	err := l.filled(l.value(s.In[0]), Region{Arena, l.layout.Scratch[l.step], 0}, int64(in[2]), channels)
	l.wait()
	return l.reading(s, nn.Shape{in[0], in[1], int(channels)}), err
}

// filled emits a copy of a tensor's positions with more channels.
func (l *lowering) filled(x, scratch Region, c, channels int64) error {
	xBytes, yBytes := l.Element()*c, l.Element()*channels // of a position
	return l.pieces(x.Bytes/xBytes, func(from, n int64) error {
		a := plainArgs{first: x.part(from*xBytes, n*xBytes), out: scratch.part(from*yBytes, n*yBytes)}
		return l.emit("repack", n*channels, a, func(h shaders.Head) any {
			return shaders.RepackPush{Head: h, Channels: uint32(c), OutChannels: uint32(channels)}
		})
	}, yBytes)
}

// sideBySide emits a copy of the step's input with the taps of each row of its
// window side by side, filled up to so many channels, and returns a step that
// slides the rest of the window over that.
func (l *lowering) sideBySide(s *plan.Step, channels int64) (*plan.Step, error) {
	k, err := l.kernel("window_rows")
	if err != nil {
		return nil, err
	}
	in, w := s.In[0].Shape, s.Window
	width := s.Out.Shape[1]
	x, scratch := l.value(s.In[0]), Region{Arena, l.layout.Scratch[l.step], 0}
	if s != l.step { // the sibling, which may yet read its copy
		l.wait()
	}
	xLine, yLine := l.Element()*int64(in[1]*in[2]), l.Element()*int64(width)*channels
	err = l.piecesWithin(min(l.bindable(), l.texels()), x.Bytes/xLine, func(from, n int64) error {
		groups, err := l.lines(n, int64(width)*channels/4)
		if err != nil {
			return err
		}
		push := shaders.RowsPush{
			Head: shaders.Head{Count: uint32(n)}, Width: uint32(in[1]), Channels: uint32(in[2]), OutWidth: uint32(width), Quads: uint32(channels / 4),
			Size: uint32(w.Size[1]), Stride: uint32(w.Stride[1]), Left: uint32(int32(w.Pad.Left)),
		}
		args := make([]Region, 2)
		args[0], push.XAt = x.part(from*xLine, n*xLine).aligned(l.Target.Align(), l.Element())
		args[0].Bytes = (args[0].Bytes + l.texel() - 1) / l.texel() * l.texel() // the tensor's room goes on as far
		args[1], push.YAt = scratch.part(from*yLine, n*yLine).aligned(l.Limits.StorageAlignment, l.texel())
		return l.add(k, push, groups, args)
	}, xLine, yLine)
	l.wait()
	rest := l.reading(s, nn.Shape{in[0], width, int(channels)})
	rest.Window = rowsOnly(w)
	return rest, err
}

// rowsOnly returns what is left of a window whose rows' taps lie side by side.
func rowsOnly(w nn.Window) nn.Window {
	return nn.Window{Size: [2]int{w.Size[0], 1}, Stride: [2]int{w.Stride[0], 1}, Dilation: [2]int{w.Step(0), 1}, Pad: nn.Pad{Top: w.Pad.Top}}
}

// reading returns the step with its scratch, of that shape, in place of its
// input.
func (l *lowering) reading(s *plan.Step, shape nn.Shape) *plan.Step {
	copied := *s
	v := &plan.Value{ID: -1, Shape: shape}
	l.layout.Offset[v] = l.layout.Scratch[l.step]
	copied.In = []*plan.Value{v}
	return &copied
}
