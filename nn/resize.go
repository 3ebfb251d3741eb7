package nn

import (
	"fmt"
	"math"
	"slices"
)

// ResizeMethod is a way to find what lies between an image's positions.
type ResizeMethod string

// The methods of Resize: tf.image.resize's, by which Keras resizes.
const (
	ResizeNearest  ResizeMethod = "nearest"
	ResizeBilinear ResizeMethod = "bilinear"
	ResizeBicubic  ResizeMethod = "bicubic"  // Keys 1981, a = -1/2
	ResizeLanczos3 ResizeMethod = "lanczos3" // sinc windowed by a sinc of 3 lobes
	ResizeLanczos5 ResizeMethod = "lanczos5"
	ResizeArea     ResizeMethod = "area"          // the mean of what an output position covers
	ResizeGaussian ResizeMethod = "gaussian"      // of deviation 1/2, Keras 2 alone
	ResizeMitchell ResizeMethod = "mitchellcubic" // Mitchell and Netravali 1988, B = C = 1/3, Keras 2 alone
)

// ResizeMethods lists every ResizeMethod, in the order of the constants.
func ResizeMethods() []ResizeMethod {
	return []ResizeMethod{ResizeNearest, ResizeBilinear, ResizeBicubic, ResizeLanczos3, ResizeLanczos5, ResizeArea, ResizeGaussian, ResizeMitchell}
}

// Resize gives a feature map another height and width:
// y[i, j, c] = sum over the taps p, q of wy[i, p] wx[j, q] x[fy[i] + p, fx[j] + q, c],
// with the taps that Taps returns. Position i of the output has its centre at (i +
// 1/2) H / Height - 1/2 of the input. With Antialias, kernels are as wide as the
// output's positions where these are wider than the input's.
type Resize struct {
	noWeights
	Height, Width int
	Method        ResizeMethod
	Antialias     bool // of bilinear, bicubic and the Lanczos methods
}

// Kind returns "Resize".
func (*Resize) Kind() string { return "Resize" }

// String names the method.
func (op *Resize) String() string { return string(op.Method) }

// maxTaps bounds the weights of an axis.
const maxTaps = 1 << 24

// Infer maps (H, W, C) to (Height, Width, C).
func (op *Resize) Infer(in []Shape) (Shape, error) {
	h, w, c, err := feature(in)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(ResizeMethods(), op.Method) {
		return nil, fmt.Errorf("unknown method %q", op.Method)
	}
	for _, n := range [][2]int{{h, op.Height}, {w, op.Width}} {
		if !within(1, n[1]) || n[1] > maxTaps/(2*int(op.support(n[0], n[1]))+3) {
			return nil, fmt.Errorf("resizing %d positions to %d: expected 1 or more, and no more than fit", n[0], n[1])
		}
	}
	return Shape{op.Height, op.Width, c}, nil
}

// Taps are the weights of one axis: output position i is the sum over p of
// Weights[i Count + p] times input position First[i] + p.
type Taps struct {
	Count   int
	First   []int
	Weights []float64
}

// Taps returns the weights for an axis of n positions that becomes one of out. What
// decides between positions is computed in float32, as TensorFlow does: for nearest
// neighbours a last bit is another position.
func (op *Resize) Taps(n, out int) Taps {
	switch {
	case op.Method == ResizeNearest:
		return nearestTaps(n, out)
	case op.Method == ResizeArea:
		return areaTaps(n, out)
	case op.Method == ResizeBilinear && !op.Antialias, op.Method == ResizeBicubic && !op.Antialias:
		return op.kernelTaps(n, out, 1)
	default:
		return op.kernelTaps(n, out, op.scale(n, out))
	}
}

// scale returns by how much kernels are stretched.
func (op *Resize) scale(n, out int) float64 {
	if !op.Antialias {
		return 1
	}
	return max(1, float64(n)/float64(out))
}

// radius returns how far the method's kernel reaches, in positions.
func (op *Resize) radius() float64 {
	return map[ResizeMethod]float64{
		ResizeBilinear: 1, ResizeBicubic: 2, ResizeLanczos3: 3, ResizeLanczos5: 5, ResizeGaussian: 1.5, ResizeMitchell: 2,
	}[op.Method]
}

// support returns how far from an output position inputs count, in input positions.
func (op *Resize) support(n, out int) float64 {
	if op.Method == ResizeArea {
		return float64(n) / float64(max(out, 1))
	}
	return math.Ceil(op.radius() * op.scale(n, max(out, 1)))
}

func nearestTaps(n, out int) Taps {
	t := Taps{Count: 1, First: make([]int, out), Weights: make([]float64, out)}
	scale := float32(n) / float32(out)
	for i := range out {
		at := (float32(i) + 0.5) * scale
		t.First[i], t.Weights[i] = min(int(math.Floor(float64(at))), n-1), 1
	}
	return t
}

func areaTaps(n, out int) Taps {
	scale := float64(n) / float64(out)
	t := newTaps(out, min(n, int(math.Ceil(scale))+1))
	for i := range out {
		from, to := float64(i)*scale, float64(i+1)*scale
		first := min(int(from), n-t.Count)
		t.First[i] = first
		for p := range t.Count {
			t.Weights[i*t.Count+p] = max(0, min(to, float64(first+p+1))-max(from, float64(first+p))) / scale
		}
	}
	return t
}

// kernelTaps returns weights by the method's kernel, stretched by scale; they are
// divided by their sum, so that at the edges those inside count for all.
func (op *Resize) kernelTaps(n, out int, scale float64) Taps {
	reach := op.radius() * scale
	t := newTaps(out, min(n, 2*int(math.Ceil(reach))+1))
	for i := range out {
		centre := float64((float32(i) + 0.5) * (float32(n) / float32(out)))
		first := max(0, min(int(math.Ceil(centre-reach-0.5)), n-t.Count))
		t.First[i] = first
		weights, sum := t.Weights[i*t.Count:(i+1)*t.Count], 0.0
		for p := range weights {
			weights[p] = op.kernel(math.Abs(float64(first+p)+0.5-centre) / scale)
			sum += weights[p]
		}
		for p := range weights {
			weights[p] /= sum
		}
	}
	return t
}

func newTaps(out, count int) Taps {
	return Taps{Count: count, First: make([]int, out), Weights: make([]float64, out*count)}
}

// kernel returns the weight of what is x positions, at least 0, from the centre.
func (op *Resize) kernel(x float64) float64 {
	if x >= op.radius() {
		return 0
	}
	switch op.Method {
	case ResizeBicubic:
		if op.Antialias {
			return cubic(x)
		}
		// TensorFlow takes it from a table of 1024 values a position.
		return cubic(math.RoundToEven(x*1024) / 1024)
	case ResizeLanczos3, ResizeLanczos5:
		if x <= 1e-3 {
			return 1
		}
		r := op.radius()
		return r * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/r) / (math.Pi * math.Pi * x * x)
	case ResizeGaussian:
		return math.Exp(-x * x / 0.5)
	case ResizeMitchell:
		if x >= 1 {
			return ((-7./18*x+2)*x-10./3)*x + 16./9
		}
		return (7./6*x-2)*x*x + 8./9
	default: // bilinear
		return 1 - x
	}
}

// cubic is Keys's kernel with a = -1/2.
func cubic(x float64) float64 {
	if x >= 1 {
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return (1.5*x-2.5)*x*x + 1
}
