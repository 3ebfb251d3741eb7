package optest

import (
	"context"
	"reflect"
	"slices"

	"github.com/x448/float16"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// Half returns the case with its kernels, where weights is true, and its
// inputs, where tensors is, rounded to float16. A device that stores them so
// then starts from the same numbers as the reference, however much the case
// cancels.
func (c Case) Half(weights, tensors bool) Case {
	if tensors {
		inputs := make([]*nn.Tensor, len(c.Inputs))
		for i, x := range c.Inputs {
			inputs[i] = rounded(x, 1)
		}
		c.Inputs = inputs
	}
	if !weights {
		return c
	}
	images := make([]nn.Shape, len(c.Inputs))
	for i, x := range c.Inputs {
		images[i] = x.Shape[1:]
	}
	op := reflect.New(reflect.TypeOf(c.Op).Elem()) // operations are pointers to structs
	op.Elem().Set(reflect.ValueOf(c.Op).Elem())
	c.Op = op.Interface().(nn.Op)
	for _, p := range c.Op.Params(images) {
		if p.Role == "kernel" {
			*p.Value = rounded(*p.Value, 1)
		}
	}
	return c
}

// HalfNoise returns how far each output of a network moves, as its NMSE, when its
// kernels and inputs are rounded to float16: what the network itself makes of such
// roundings, which is the least that a device in half precision can be held to. Of a
// network that jumps, it is the most that it makes of numbers a rounding smaller or
// larger, too. want is what the reference gives without; the graph is as before
// afterwards.
func HalfNoise(ctx context.Context, g *nn.Graph, in, want []*nn.Tensor) ([]float64, error) {
	noise := make([]float64, len(want))
	for _, by := range roundings(g) {
		got, err := runRounded(ctx, g, in, by)
		if err != nil {
			return nil, err
		}
		for i := range got {
			d, err := Compare(got[i], want[i])
			if err != nil {
				return nil, err
			}
			noise[i] = max(noise[i], d.NMSE)
		}
	}
	return noise, nil
}

// roundings returns the factors in front of rounding that show what roundings make of
// a network. Keras's sparsemax is not continuous: an element at the end of the support
// shows a rounding to one side alone, and whole.
func roundings(g *nn.Graph) []float32 {
	if slices.ContainsFunc(g.Nodes, func(n *nn.Node) bool { return n.Op.Kind() == "Sparsemax" }) {
		return []float32{1, 1 - 0x1p-10, 1 + 0x1p-10}
	}
	return []float32{1}
}

// runRounded is the reference with kernels and inputs multiplied and rounded.
func runRounded(ctx context.Context, g *nn.Graph, in []*nn.Tensor, by float32) ([]*nn.Tensor, error) {
	for _, p := range g.Params() {
		if p.Role == "kernel" {
			whole := *p.Value
			*p.Value = rounded(whole, by)
			defer func() { *p.Value = whole }()
		}
	}
	inputs := make([]*nn.Tensor, len(in))
	for i, x := range in {
		inputs[i] = rounded(x, by)
	}
	return reference.Run(ctx, g, inputs, nil)
}

// rounded returns a copy whose numbers, multiplied, are the nearest of float16.
func rounded(x *nn.Tensor, by float32) *nn.Tensor {
	y := x.Clone()
	for i, v := range y.Data {
		y.Data[i] = float16.Fromfloat32(v * by).Float32()
	}
	return y
}
