package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

// Opener puts a graph on an engine that works on so many images at once.
type Opener func(g *nn.Graph, batch int) (engine.Net, error)

// ErrUnstable is an engine that gives different results for the same image in
// different places of a batch: a change cannot be told from noise there.
var ErrUnstable = errors.New("the same image gives different results within one batch")

// change alters the values of one position, one a channel.
type change func(values []float32)

// raise adds one root mean square of the feature map to every value: enough to
// win a maximum, and never hidden by a rectifier before it.
func raise(x *nn.Tensor) change {
	var squares float64
	for _, v := range x.Data {
		squares += float64(v) * float64(v)
	}
	by := float32(math.Sqrt(squares / float64(len(x.Data))))
	if by == 0 {
		by = 1
	}
	return func(values []float32) {
		for i := range values {
			values[i] += by
		}
	}
}

// swing moves every value by half of the range low..high, and stays inside it:
// for pictures.
func swing(low, high float32) change {
	half := (high - low) / 2
	return func(values []float32) {
		for i, v := range values {
			if v < low+half {
				values[i] = v + half
			} else {
				values[i] = v - half
			}
		}
	}
}

// perturbation is one feature map whose positions are changed one by one.
type perturbation struct {
	graph     *nn.Graph // of one input
	input     *nn.Tensor
	change    change
	positions []int
	side      int // of the square, right of a position and below it, that is changed with it; 0 means 1
	batch     int
	step      func(done int) // progress; may be nil
}

// run returns, for each output of the graph, what changing each position did to
// it: the sum of absolute differences, 0 only where not a bit changed.
func (p perturbation) run(ctx context.Context, open Opener) ([][]float64, error) {
	batch := min(max(p.batch, 2), len(p.positions)+1)
	e, err := open(p.graph, batch)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := p.steady(ctx, e, batch); err != nil {
		return nil, err
	}
	effects := make([][]float64, len(p.graph.Outputs))
	x := p.copies(batch)
	for from := 0; from < len(p.positions); from += batch - 1 {
		some := p.positions[from:min(from+batch-1, len(p.positions))]
		for i, at := range some {
			for _, each := range p.square(at) {
				p.change(p.values(x, i+1, each))
			}
		}
		// Always a full batch: another size may run other kernels.
		out, err := e.RunAll(ctx, []*nn.Tensor{x})
		if err != nil {
			return nil, err
		}
		for o, y := range out {
			for i := range some {
				effects[o] = append(effects[o], distance(y.Image(0), y.Image(i+1)))
			}
		}
		for i, at := range some {
			for _, each := range p.square(at) {
				copy(p.values(x, i+1, each), p.values(p.input, 0, each))
			}
		}
		if p.step != nil {
			p.step(len(some))
		}
	}
	return effects, nil
}

// copies returns a batch of the input.
func (p perturbation) copies(batch int) *nn.Tensor {
	x := nn.NewTensor(nn.Shape(p.input.Shape[1:]).Batch(batch)...)
	for i := range batch {
		copy(x.Image(i), p.input.Data)
	}
	return x
}

// square returns the positions that are changed with one, itself counted.
func (p perturbation) square(at int) []int {
	if p.side <= 1 {
		return []int{at}
	}
	h, w := p.input.Shape[1], p.input.Shape[2]
	var list []int
	for y := at / w; y < min(at/w+p.side, h); y++ {
		for x := at % w; x < min(at%w+p.side, w); x++ {
			list = append(list, y*w+x)
		}
	}
	return list
}

// values returns the values of one position of one image.
func (p perturbation) values(x *nn.Tensor, image, position int) []float32 {
	c := x.Shape[3]
	return x.Image(image)[position*c : (position+1)*c]
}

// steady returns an error unless equal images give equal results.
func (p perturbation) steady(ctx context.Context, e engine.Net, batch int) error {
	out, err := e.RunAll(ctx, []*nn.Tensor{p.copies(batch)})
	if err != nil {
		return err
	}
	for o, y := range out {
		for i := range batch {
			if distance(y.Image(0), y.Image(i)) != 0 {
				return fmt.Errorf("output %q, image %d of %d: %w", p.graph.Outputs[o].Name, i, batch, ErrUnstable)
			}
		}
	}
	return nil
}

// distance sums the absolute differences, at least the smallest float64 above 0
// where a bit differs.
func distance(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		if math.Float32bits(v) != math.Float32bits(b[i]) {
			sum += math.Max(math.Abs(float64(v)-float64(b[i])), math.SmallestNonzeroFloat64)
		}
	}
	return sum
}

// every returns all positions of a feature map of h x w whose row and column
// are multiples of step.
func every(step, h, w int) []int {
	var list []int
	for y := 0; y < h; y += step {
		for x := 0; x < w; x += step {
			list = append(list, y*w+x)
		}
	}
	return list
}

// spread returns at most n of the positions 0..count-1, some everywhere and on
// even and odd rows and columns alike: multiples of the golden ratio, which no
// grid meets twice.
func spread(count, n int) []int {
	golden := (math.Sqrt(5) - 1) / 2
	var list []int
	if n >= count {
		return every(1, 1, count)
	}
	for i := range n {
		_, f := math.Modf(float64(i) * golden)
		if at := int(f * float64(count)); !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	slices.Sort(list)
	return list
}

// Reference is the Opener of package reference.
func Reference(g *nn.Graph, _ int) (engine.Net, error) {
	device, err := engine.Open(engine.Choice{Name: engine.Reference})
	if err != nil {
		return nil, err
	}
	return device.Load(g, engine.Options{})
}
