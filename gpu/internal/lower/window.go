package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// part is the share of a step over a window that one dispatch can bind: some
// whole images, or some rows of one.
type part struct {
	in, out, residual Region
	gate              Region // the factors of the part's images
	window            shaders.Window
	positions         int64 // of the output
}

// oneToOne reports whether the window is 1x1 and reads every position.
func oneToOne(w shaders.Window) bool {
	return w.SizeY == 1 && w.SizeX == 1 && w.StrideY == 1 && w.StrideX == 1 && w.PadTop == 0 && w.PadLeft == 0 &&
		w.Height == w.OutHeight && w.Width == w.OutWidth
}

// single reports whether the step's window is one tap that never lies in padding.
// That behind the input shows in the output's size alone: plan keeps the padding in
// front.
func single(s *plan.Step) bool {
	w := s.Window
	if w.Size != [2]int{1, 1} || w.Pad.Top != 0 || w.Pad.Left != 0 {
		return false
	}
	for axis := range 2 {
		if (s.Out.Shape[axis]-1)*w.Stride[axis] >= s.In[0].Shape[axis] {
			return false
		}
	}
	return true
}

// windows cuts a step that slides a window over a feature map into parts whose
// tensors do not exceed the limits, in bytes.
func (l *lowering) windows(s *plan.Step, w nn.Window, maxIn, maxOut int64) ([]part, error) {
	x, y, r := l.value(s.In[0]), l.value(s.Out), l.value(s.Residual)
	in, out := s.In[0].Shape, s.Out.Shape
	xImage, yImage := x.Bytes/l.batch, y.Bytes/l.batch
	residual := func(from, n int64) Region {
		if s.Residual == nil {
			return none
		}
		return r.part(from, n)
	}
	gate := func(from, n int64) Region {
		if s.Gate == nil {
			return none
		}
		each := l.value(s.Gate).Bytes / l.batch
		return l.value(s.Gate).part(from*each, n*each)
	}
	if images := min(maxIn/xImage, maxOut/yImage, l.batch); images > 0 {
		var parts []part
		for from := int64(0); from < l.batch; from += images {
			n := min(images, l.batch-from)
			parts = append(parts, part{
				in: x.part(from*xImage, n*xImage), out: y.part(from*yImage, n*yImage), residual: residual(from*yImage, n*yImage), gate: gate(from, n),
				window: geometry(w, in, out, in[0], out[0], w.Pad.Top), positions: n * int64(out[0]) * int64(out[1]),
			})
		}
		return parts, nil
	}
	var parts []part
	xRow, yRow := xImage/int64(in[0]), yImage/int64(out[0])
	for image := range l.batch {
		for from := 0; from < out[0]; {
			low, high, to := 0, 0, from
			for to < out[0] { // as many output rows as fit, with the input rows below them
				a, b := rowsUnder(w, in[0], from, to+1)
				if int64(b-a)*xRow > maxIn || int64(to+1-from)*yRow > maxOut {
					break
				}
				low, high, to = a, b, to+1
			}
			if to == from {
				return nil, l.tooLarge(max(xRow*int64(w.Reach(0)), yRow))
			}
			at, bytes := image*yImage+int64(from)*yRow, int64(to-from)*yRow
			parts = append(parts, part{
				in: x.part(image*xImage+int64(low)*xRow, max(1, int64(high-low))*xRow), out: y.part(at, bytes), residual: residual(at, bytes), gate: gate(image, 1),
				window:    geometry(w, in, out, high-low, to-from, w.Pad.Top-from*w.Stride[0]+low),
				positions: int64(to-from) * int64(out[1]),
			})
			from = to
		}
	}
	return parts, nil
}

// rowsUnder returns the rows of the input that output rows from..to read.
func rowsUnder(w nn.Window, height, from, to int) (low, high int) {
	low = from*w.Stride[0] - w.Pad.Top
	high = (to-1)*w.Stride[0] - w.Pad.Top + w.Reach(0)
	low = min(max(low, 0), height-1)
	return low, max(min(high, height), low)
}

// geometry returns the push constants of a window over an input of that many
// rows. A padding below zero begins inside the input: kernels compute modulo
// 2^32.
func geometry(w nn.Window, in, out nn.Shape, height, outHeight, padTop int) shaders.Window {
	return shaders.Window{
		Height: uint32(height), Width: uint32(in[1]), Channels: uint32(in[2]),
		OutHeight: uint32(outHeight), OutWidth: uint32(out[1]),
		SizeY: uint32(w.Size[0]), SizeX: uint32(w.Size[1]),
		StrideY: uint32(w.Stride[0]), StrideX: uint32(w.Stride[1]),
		DilationY: uint32(w.Step(0)), DilationX: uint32(w.Step(1)),
		PadTop: uint32(int32(padTop)), PadLeft: uint32(int32(w.Pad.Left)),
	}
}
