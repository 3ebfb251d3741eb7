package validate

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// slides lists mistakes in how a window slides over x; with makes the operation
// with another window.
func slides(w nn.Window, out nn.Shape, x *nn.Tensor, with func(nn.Window) nn.Op) []mistake {
	var list []mistake
	change := func(text string, f func(*nn.Window)) {
		wrong := w
		f(&wrong)
		if wrong != w {
			list = append(list, explicit(text, wrong, out, x, with))
		}
	}
	change("the stride is ignored", func(w *nn.Window) { w.Stride = [2]int{1, 1} })
	change("the strides down and across are exchanged", func(w *nn.Window) { w.Stride[0], w.Stride[1] = w.Stride[1], w.Stride[0] })
	change("the dilation is ignored", func(w *nn.Window) { w.Dilation = [2]int{1, 1} })
	change("padding stands on the other side", func(w *nn.Window) {
		w.Pad = nn.Pad{Top: w.Pad.Bottom, Bottom: w.Pad.Top, Left: w.Pad.Right, Right: w.Pad.Left}
	})
	for _, by := range [][2]int{{-1, -1}, {1, 1}, {-1, 0}, {0, -1}, {1, 0}, {0, 1}} {
		change("the window begins "+away(by), func(w *nn.Window) { w.Pad.Top -= by[0]; w.Pad.Left -= by[1] })
	}
	return list
}

// zerosCount is the mistake of a pooling that takes its padding for zeros.
func zerosCount(text string, w nn.Window, out nn.Shape, x *nn.Tensor, with func(nn.Window) nn.Op) []mistake {
	if w.Pad == (nn.Pad{}) {
		return nil
	}
	return []mistake{explicit(text, w, out, x, with)}
}

// explicit is an operation without padding, on an input whose padding is there.
func explicit(text string, w nn.Window, out nn.Shape, x *nn.Tensor, with func(nn.Window) nn.Op) mistake {
	bare := w
	bare.Pad = nn.Pad{}
	return mistake{text, with(bare), []*nn.Tensor{framed(x, w, out)}}
}

// away says how far a window is shifted.
func away(by [2]int) string {
	var words []string
	for axis, names := range [2][2]string{{"one row too early", "one row too late"}, {"one column too early", "one column too late"}} {
		switch by[axis] {
		case -1:
			words = append(words, names[0])
		case 1:
			words = append(words, names[1])
		}
	}
	return list(words)
}

// framed returns x with so many zeros around it, or cut, that the window without
// padding of its own gives outputs of out's height and width.
func framed(x *nn.Tensor, w nn.Window, out nn.Shape) *nn.Tensor {
	n, h, width, c := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	y := nn.NewTensor(n, (out[0]-1)*w.Stride[0]+w.Reach(0), (out[1]-1)*w.Stride[1]+w.Reach(1), c)
	for image := range n {
		for i := range y.Shape[1] {
			for j := range y.Shape[2] {
				row, column := i-w.Pad.Top, j-w.Pad.Left
				if row < 0 || row >= h || column < 0 || column >= width {
					continue
				}
				to, from := ((image*y.Shape[1]+i)*y.Shape[2]+j)*c, ((image*h+row)*width+column)*c
				copy(y.Data[to:to+c], x.Data[from:from+c])
			}
		}
	}
	return y
}

func convMistakes(op *nn.Conv2D, out nn.Shape, x *nn.Tensor) []mistake {
	with := func(kernel *nn.Tensor) nn.Op {
		wrong := *op
		wrong.Kernel = kernel
		return &wrong
	}
	list := slides(op.Window, out, x, func(w nn.Window) nn.Op {
		wrong := *op
		wrong.Window = w
		return &wrong
	})
	in := []*nn.Tensor{x}
	if op.Size != [2]int{1, 1} {
		list = append(list, mistake{"the kernel is flipped", with(taps(op.Kernel, func(p, q int) (int, int) { return op.Size[0] - 1 - p, op.Size[1] - 1 - q })), in})
	}
	if op.Size[0] == op.Size[1] && op.Size[0] > 1 {
		list = append(list, mistake{"the kernel's rows and columns are exchanged", with(taps(op.Kernel, func(p, q int) (int, int) { return q, p })), in})
	}
	list = append(list, mistake{"the kernel is read as (output, input, row, column) and not as (row, column, input, output)", with(fromOIHW(op.Kernel)), in})
	list = append(list, channelTail(op, x)...)
	return append(list, biasMistakes(op.UseBias, op.Bias, in, func(use bool, bias *nn.Tensor) nn.Op {
		wrong := *op
		wrong.UseBias, wrong.Bias = use, bias
		return &wrong
	})...)
}

func depthwiseMistakes(op *nn.DepthwiseConv2D, out nn.Shape, x *nn.Tensor) []mistake {
	list := slides(op.Window, out, x, func(w nn.Window) nn.Op {
		wrong := *op
		wrong.Window = w
		return &wrong
	})
	return append(list, biasMistakes(op.UseBias, op.Bias, []*nn.Tensor{x}, func(use bool, bias *nn.Tensor) nn.Op {
		wrong := *op
		wrong.UseBias, wrong.Bias = use, bias
		return &wrong
	})...)
}

func denseMistakes(op *nn.Dense, x *nn.Tensor) []mistake {
	in := []*nn.Tensor{x}
	transposed := *op
	transposed.Kernel = fromOIHW(op.Kernel)
	list := append(channelTail(op, x), mistake{"the kernel is read as (output, input) and not as (input, output)", &transposed, in})
	return append(list, biasMistakes(op.UseBias, op.Bias, in, func(use bool, bias *nn.Tensor) nn.Op {
		wrong := *op
		wrong.UseBias, wrong.Bias = use, bias
		return &wrong
	})...)
}

func biasMistakes(use bool, bias *nn.Tensor, in []*nn.Tensor, with func(bool, *nn.Tensor) nn.Op) []mistake {
	if !use {
		return nil
	}
	return []mistake{
		{"the bias is left out", with(false, nil), in},
		{"the bias is added twice", with(true, each(bias, func(v float32) float32 { return 2 * v })), in},
		{"the bias is subtracted", with(true, each(bias, func(v float32) float32 { return -v })), in},
	}
}

// channelTail leaves out the input channels that fours leave over.
func channelTail(op nn.Op, x *nn.Tensor) []mistake {
	c := x.Shape.Channels()
	if c%4 == 0 {
		return nil
	}
	cut := x.Clone()
	for i := range cut.Data {
		if i%c >= c/4*4 {
			cut.Data[i] = 0
		}
	}
	return []mistake{{fmt.Sprintf("the last %d of %d input channels, which fours leave over, are left out", c%4, c), op, []*nn.Tensor{cut}}}
}

// taps returns an HWIO kernel whose tap (p, q) is that of from(p, q).
func taps(kernel *nn.Tensor, from func(p, q int) (int, int)) *nn.Tensor {
	out := nn.NewTensor(kernel.Shape...)
	size := kernel.Shape[2] * kernel.Shape[3]
	for p := range kernel.Shape[0] {
		for q := range kernel.Shape[1] {
			i, j := from(p, q)
			copy(out.Data[(p*kernel.Shape[1]+q)*size:][:size], kernel.Data[(i*kernel.Shape[1]+j)*size:])
		}
	}
	return out
}

// fromOIHW returns the kernel that comes of reading the same memory as (output,
// input, taps ...): its shape is (taps ..., input, output).
func fromOIHW(kernel *nn.Tensor) *nn.Tensor {
	s := kernel.Shape
	inputs, outputs := s[len(s)-2], s[len(s)-1]
	taps := s[:len(s)-2].Len()
	out := &nn.Tensor{Shape: s, Data: slices.Clone(kernel.Data)}
	for t := range taps {
		for i := range inputs {
			for o := range outputs {
				out.Data[(t*inputs+i)*outputs+o] = kernel.Data[(o*inputs+i)*taps+t]
			}
		}
	}
	return out
}
