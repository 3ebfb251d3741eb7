package simd

import "math"

// WindowKind says what a Window does.
type WindowKind int32

// The kinds.
const (
	Depthwise WindowKind = iota // products with the taps' weights
	Largest                     // the largest under the window; NaN wins
	Mean                        // the mean of those inside the input
)

// Window is a tile of an operator that slides a window over each channel by
// itself:
//
//	y[n, i, j, c] = bound(f(x[n, i s - b + p d, j s - b + q d, c] for taps (p, q) inside the input) + residual[n, i, j, c])
type Window struct {
	X        *float32 // (images, Height, Width, Channels)
	Weights  *float32 // Depthwise: (Size[0], Size[1], Channels)
	Shift    *float32 // Depthwise: (Channels)
	Residual *float32 // as Y; nil: none
	Y        *float32 // (images, OutHeight, OutWidth, Channels)

	Height, Width, Channels, OutHeight, OutWidth int64
	Size, Stride, Dilation, Before               [2]int64 // height, width; Before is the padding in front
	FromLine, ToLine                             int64    // the tile: lines of outputs, counted through all images
	Lowest, Highest                              float32
	Kind                                         WindowKind
	_                                            int32
	// Behind is the activation behind all that, as Product's.
	Behind Map
}

// window is Window.
func window(w *Window) {
	for line := w.FromLine; line < w.ToLine; line++ {
		for j := range w.OutWidth {
			first := (line*w.OutWidth + j) * w.Channels
			y := floats(at(w.Y, first), w.Channels)
			w.start(y)
			count := w.gather(y, line, j)
			for c, v := range y {
				if w.Kind == Mean {
					v /= float32(count)
				}
				if w.Residual != nil {
					v += *at(w.Residual, first+int64(c))
				}
				y[c] = bound(v, w.Lowest, w.Highest)
			}
			w.Behind.activate(y)
		}
	}
}

// start fills y with what the sums or maxima begin with.
func (w *Window) start(y []float32) {
	if w.Kind == Depthwise {
		copy(y, floats(w.Shift, w.Channels))
		return
	}
	begin := float32(0)
	if w.Kind == Largest {
		begin = float32(math.Inf(-1))
	}
	for c := range y {
		y[c] = begin
	}
}

// gather adds the taps of an output to y and returns how many lie inside the
// input.
func (w *Window) gather(y []float32, line, column int64) (count int64) {
	image, top := line/w.OutHeight, line%w.OutHeight*w.Stride[0]-w.Before[0]
	left := column*w.Stride[1] - w.Before[1]
	for p := range w.Size[0] {
		i := top + p*w.Dilation[0]
		if i < 0 || i >= w.Height {
			continue
		}
		for q := range w.Size[1] {
			j := left + q*w.Dilation[1]
			if j < 0 || j >= w.Width {
				continue
			}
			count++
			x := floats(at(w.X, ((image*w.Height+i)*w.Width+j)*w.Channels), w.Channels)
			switch w.Kind {
			case Depthwise:
				for c, k := range floats(at(w.Weights, (p*w.Size[1]+q)*w.Channels), w.Channels) {
					y[c] += x[c] * k
				}
			case Largest:
				for c, v := range x {
					y[c] = max(y[c], v)
				}
			case Mean:
				for c, v := range x {
					y[c] += v
				}
			}
		}
	}
	return count
}
