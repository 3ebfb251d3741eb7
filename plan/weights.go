package plan

import "github.com/vkeras/vkeras/nn"

// Folded is what a step with weights w (taps, input channels c, output channels
// o) makes of them with all that was folded into it, in float64:
//
//	y[o] = sum over the taps and c of x[c] (w[c, o] In[c] Scale[o]) + Shift[o]
type Folded struct {
	In    []float64 // an input channel each; nil: ones
	Scale []float64 // an output channel each
	Shift []float64 // an output channel each, with the operation's own bias
}

// Fold writes into dst what weights become: w are those of the output channels from
// o on in a row of the kernel's matrix (taps and input channels), or in a row of a tap
// alone: the factors of the input channels repeat.
func (f *Folded) Fold(dst, w []float32, row, o int) {
	w, scale := w[:len(dst)], f.Scale[o:][:len(dst)]
	if f.In == nil {
		for j := range dst {
			dst[j] = float32(float64(w[j]) * scale[j])
		}
		return
	}
	in := f.In[row%len(f.In)]
	for j := range dst {
		dst[j] = float32(float64(w[j]) * (in * scale[j]))
	}
}

// Folded returns what was folded into a Conv2D, DepthwiseConv2D, GroupedConv2D or Dense. kernel
// is the operation's, in Keras's order, which may have been read only now.
func (s *Step) Folded(kernel []float32) Folded {
	n := s.Out.Shape.Channels()
	f := Folded{In: s.InScale, Scale: make([]float64, n), Shift: make([]float64, n)}
	if b := biasOf(s.Op); b != nil {
		for o := range n {
			f.Shift[o] = float64(b.Data[o])
		}
	}
	for i, w := range kernel {
		if s.InShift == nil {
			break
		}
		f.Shift[i%n] += s.InShift[i/n%len(s.InShift)] * float64(w)
	}
	for o := range n {
		f.Scale[o] = 1
		if s.Scale != nil {
			f.Scale[o], f.Shift[o] = s.Scale[o], f.Shift[o]*s.Scale[o]+s.Shift[o]
		}
	}
	return f
}

// HasShift reports whether any output channel has a bias, folded or its own.
func (s *Step) HasShift() bool { return s.Scale != nil || s.InShift != nil || biasOf(s.Op) != nil }

func biasOf(op nn.Op) *nn.Tensor {
	switch op := op.(type) {
	case *nn.Conv2D:
		if op.UseBias {
			return op.Bias
		}
	case *nn.DepthwiseConv2D:
		if op.UseBias {
			return op.Bias
		}
	case *nn.GroupedConv2D:
		if op.UseBias {
			return op.Bias
		}
	case *nn.Dense:
		if op.UseBias {
			return op.Bias
		}
	}
	return nil
}
