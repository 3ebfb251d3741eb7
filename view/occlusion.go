package view

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// Run computes a network's output (N, classes) for a batch (N, H, W, C).
type Run func(ctx context.Context, batch *nn.Tensor) (*nn.Tensor, error)

// Occlusion says how a picture is covered.
type Occlusion struct {
	Patch  int // side of the square that is covered, in pixels of the input; 0: a quarter of the input's shorter side
	Stride int // pixels between neighbouring squares; 0: a quarter of Patch
	Batch  int // pictures a run; 0: 16
}

// sized returns the options with what was left open decided for an input.
func (o Occlusion) sized(h, w int) Occlusion {
	if o.Patch <= 0 {
		o.Patch = max(1, min(h, w)/4)
	}
	o.Patch = min(o.Patch, h, w)
	if o.Stride <= 0 {
		o.Stride = max(1, o.Patch/4)
	}
	if o.Batch <= 0 {
		o.Batch = 16
	}
	return o
}

// places returns where squares begin along an axis of n: every Stride pixels, and
// at the end.
func (o Occlusion) places(n int) []int {
	var at []int
	for i := 0; i+o.Patch < n; i += o.Stride {
		at = append(at, i)
	}
	return append(at, n-o.Patch)
}

// Runs returns how many pictures Occlude runs for an input of h x w, without the
// uncovered one.
func (o Occlusion) Runs(h, w int) int {
	o = o.sized(h, w)
	return len(o.places(h)) * len(o.places(w))
}

// Occlude measures how much a class's score falls when a square of the input is
// covered with the input's mean colour: Zeiler and Fergus 2014, "Visualizing and
// Understanding Convolutional Networks", section 4.2. Each pixel's value is the
// mean fall over the squares that cover it. x is one input (H, W, C).
func Occlude(ctx context.Context, run Run, x *nn.Tensor, class int, o Occlusion) (*Map, error) {
	if len(x.Shape) != 3 {
		return nil, fmt.Errorf("expected an input (H, W, C), found shape %v", x.Shape)
	}
	h, w := x.Shape[0], x.Shape[1]
	o = o.sized(h, w)
	whole, err := scores(ctx, run, x.Shape, [][]float32{x.Data}, class)
	if err != nil {
		return nil, err
	}
	c := coverer{x: x, patch: o.Patch, colour: meanColour(x)}
	var corners [][2]int
	for _, top := range o.places(h) {
		for _, left := range o.places(w) {
			corners = append(corners, [2]int{top, left})
		}
	}
	falls, times := make([]float64, h*w), make([]float64, h*w)
	for from := 0; from < len(corners); from += o.Batch {
		part := corners[from:min(from+o.Batch, len(corners))]
		covered := make([][]float32, len(part))
		for i, at := range part {
			covered[i] = c.cover(at)
		}
		got, err := scores(ctx, run, x.Shape, covered, class)
		if err != nil {
			return nil, err
		}
		for i, at := range part {
			for row := at[0]; row < at[0]+o.Patch; row++ {
				for column := at[1]; column < at[1]+o.Patch; column++ {
					falls[row*w+column] += whole[0] - got[i]
					times[row*w+column]++
				}
			}
		}
	}
	for i := range falls {
		if times[i] > 0 { // a stride beyond the patch leaves pixels uncovered
			falls[i] /= times[i]
		}
	}
	return &Map{Height: h, Width: w, Values: falls, Method: fmt.Sprintf("occlusion by squares of %d x %d, %d apart", o.Patch, o.Patch, o.Stride)}, nil
}

// scores runs inputs of one shape and returns the class's output of each.
func scores(ctx context.Context, run Run, shape nn.Shape, inputs [][]float32, class int) ([]float64, error) {
	batch := nn.NewTensor(shape.Batch(len(inputs))...)
	for i, in := range inputs {
		copy(batch.Image(i), in)
	}
	y, err := run(ctx, batch)
	if err != nil {
		return nil, err
	}
	if len(y.Shape) != 2 || y.Shape[0] != len(inputs) || class < 0 || class >= y.Shape[1] {
		return nil, fmt.Errorf("class %d: the network's output has shape %v", class, y.Shape)
	}
	out := make([]float64, len(inputs))
	for i := range out {
		out[i] = float64(y.Image(i)[class])
	}
	return out, nil
}

// coverer covers squares of an input with one colour.
type coverer struct {
	x      *nn.Tensor
	patch  int
	colour []float32
}

func (c coverer) cover(at [2]int) []float32 {
	w, channels := c.x.Shape[1], c.x.Shape[2]
	data := append([]float32(nil), c.x.Data...)
	for row := at[0]; row < at[0]+c.patch; row++ {
		for column := at[1]; column < at[1]+c.patch; column++ {
			copy(data[(row*w+column)*channels:], c.colour)
		}
	}
	return data
}

// meanColour returns the mean of each channel of (H, W, C).
func meanColour(x *nn.Tensor) []float32 {
	channels := x.Shape[2]
	sums := make([]float64, channels)
	for i, v := range x.Data {
		sums[i%channels] += float64(v)
	}
	colour := make([]float32, channels)
	for i, s := range sums {
		colour[i] = float32(s / float64(x.Len()/channels))
	}
	return colour
}
