package validate

import (
	"math"

	"github.com/vkeras/vkeras/internal/elementwise"
	"github.com/vkeras/vkeras/nn"
)

// effects are how errors show in a node's result, as factors on budgets.
type effects struct {
	own   float64   // of the node's roundings: above 1 where terms cancel, for an error is relative to the terms
	gains []float64 // of an error in each input
}

// effectsOf derives a node's effects from the values around it. Errors are taken
// for white: independent of one another, of one size throughout a tensor.
func effectsOf(n *nn.Node, values []*nn.Tensor) effects {
	y := meanSquare(values[n.Index], nil)
	in := make([]*nn.Tensor, len(n.Inputs))
	for i, node := range n.Inputs {
		in[i] = values[node.Index]
	}
	terms, gains := y, make([]float64, len(in))
	for i := range gains {
		gains[i] = y
	}
	switch op := n.Op.(type) {
	case *nn.Add:
		for i, x := range in {
			gains[i] = meanSquare(x, nil)
			terms = max(terms, gains[i])
		}
	case *nn.Concat:
		for i, x := range in {
			gains[i] = meanSquare(x, nil) * elementwise.Ratio(float64(x.Len()), float64(values[n.Index].Len()))
		}
	case *nn.BatchNorm, *nn.Normalize, *nn.Rescale:
		gains[0] = scaledMeanSquare(n, in[0])
		terms = max(terms, gains[0])
	case *nn.Conv2D:
		terms, gains[0] = product(values[n.Index], in[0], op.Kernel, op.Bias, op.Filters)
	case *nn.Dense:
		terms, gains[0] = product(values[n.Index], in[0], op.Kernel, op.Bias, op.Units)
	case *nn.Conv2DTranspose:
		terms, gains[0] = product(values[n.Index], in[0], op.Kernel, op.Bias, op.Filters)
	case *nn.Resize:
		gains[0] = max(y, meanSquare(in[0], nil))
		terms = gains[0]
	case *nn.LayerNorm:
		if op.Func == nn.NormStandard || op.Func == nn.NormVariance {
			terms, gains[0] = standardised(op.Together(n.Shape), in[0], y)
		}
	case *nn.GroupNorm:
		terms, gains[0] = standardised(op.Together(n.Shape), in[0], y)
	case *nn.GroupedConv2D:
		terms, gains[0] = product(values[n.Index], in[0], op.Kernel, op.Bias, op.Filters)
	case *nn.DepthwiseConv2D:
		terms, gains[0] = product(values[n.Index], in[0], op.Kernel, op.Bias, n.Shape.Channels())
	case *nn.AvgPool:
		gains[0] = max(y, meanSquare(in[0], nil)/float64(op.Size[0]*op.Size[1]))
		terms = gains[0]
	case *nn.GlobalAvgPool:
		gains[0] = max(y, meanSquare(in[0], nil)*elementwise.Ratio(float64(values[n.Index].Len()), float64(in[0].Len())))
		terms = gains[0]
	case *nn.MaxPool, *nn.GlobalMaxPool, *nn.Sort:
		gains[0] = meanSquare(in[0], nil)
	case *nn.LogSoftmax, *nn.Sparsemax: // whose slope is at most 1
		gains[0] = meanSquare(in[0], nil)
		terms = max(terms, gains[0])
	case *nn.Softmax: // a step in the logits is a factor on a probability
		gains[0] = y * meanSquare(in[0], nil)
	case *nn.Activation:
		gains[0] = activationGain(op, in[0], values[n.Index], y)
	}
	e := effects{own: relative(terms, y), gains: gains}
	for i := range gains {
		e.gains[i] = relative(gains[i], y)
	}
	return e
}

// relative is a over the result's mean square; where the result is 0 throughout
// nothing relative to it can be said: 1.
func relative(a, y float64) float64 {
	if y == 0 {
		return 1
	}
	return a / y
}

// meanSquare returns the mean square of the finite elements, each times its
// channel's factor; factors may be nil.
func meanSquare(t *nn.Tensor, factors []float64) float64 {
	sum := 0.0
	for i, v := range t.Data {
		if !elementwise.Finite(v) {
			continue
		}
		x := float64(v)
		if factors != nil {
			x *= factors[i%len(factors)]
		}
		sum += x * x
	}
	return sum / float64(max(len(t.Data), 1))
}

// scaledMeanSquare returns the mean square of what an operation of the form
// scale x + offset makes of x before it adds the offset.
func scaledMeanSquare(n *nn.Node, x *nn.Tensor) float64 {
	switch op := n.Op.(type) {
	case *nn.BatchNorm:
		extent, inner := op.Inner(n.Shape)
		factors := make([]float64, extent*inner)
		for i := range factors {
			c := i / inner
			factors[i] = 1 / math.Sqrt(float64(op.Variance.Data[c])+float64(op.Epsilon))
			if op.Scale {
				factors[i] *= float64(op.Gamma.Data[c])
			}
		}
		return meanSquare(x, factors)
	case *nn.Normalize:
		factors, largest := make([]float64, len(op.Variance.Data)), 0.0
		for c, v := range op.Variance.Data {
			factors[c] = max(math.Sqrt(float64(v)), 1e-7)
			if !op.Invert {
				factors[c] = 1 / factors[c]
			}
			largest = max(largest, factors[c])
		}
		if !op.ByChannel(n.Shape) {
			return meanSquare(x, []float64{largest})
		}
		return meanSquare(x, factors)
	case *nn.Rescale:
		factors := make([]float64, len(op.Scale))
		for c, v := range op.Scale {
			factors[c] = float64(v)
		}
		return meanSquare(x, factors)
	}
	return 0
}

// standardised returns the mean square of the terms of (x - mean) / deviation, and
// of what white noise as large as x becomes: where the mean is far from 0, terms
// cancel. y is the mean square of the result.
func standardised(t nn.Together, x *nn.Tensor, y float64) (terms, gain float64) {
	together, within := t.First*t.Second, 0.0
	for g := range x.Len() / together {
		inner, between, outer := g%t.Inner, g/t.Inner%t.Between, g/t.Inner/t.Between
		sum, squares := 0.0, 0.0
		for i := range together {
			v := float64(x.Data[(((outer*t.First+i/t.Second)*t.Between+between)*t.Second+i%t.Second)*t.Inner+inner])
			sum, squares = sum+v, squares+v*v
		}
		within += squares - sum*sum/float64(together)
	}
	gain = y * max(1, elementwise.Ratio(meanSquare(x, nil)*float64(x.Len()), within))
	return gain, gain
}

// product returns the mean square of what sums of products reach on their way
// and before the bias, and of what white noise as large as x becomes: noise times
// the kernel's energy a filter.
func product(y, x, kernel, bias *nn.Tensor, filters int) (terms, gain float64) {
	energy := meanSquare(kernel, nil) * float64(kernel.Len()) / float64(filters)
	gain = meanSquare(x, nil) * energy
	terms = max(meanSquare(y, nil), gain)
	if bias == nil {
		return terms, gain
	}
	sum := 0.0
	for i, v := range y.Data {
		if d := float64(v) - float64(bias.Data[i%len(bias.Data)]); elementwise.Finite(v) {
			sum += d * d
		}
	}
	return max(terms, sum/float64(max(len(y.Data), 1))), gain
}

// activationGain returns the mean square of what white noise as large as x
// becomes; y is the mean square of the result.
func activationGain(op *nn.Activation, x, result *nn.Tensor, y float64) float64 {
	switch op.Func {
	case nn.ReLU: // noise passes where the result is not held at 0
		passing := 0
		for _, v := range result.Data {
			if v != 0 {
				passing++
			}
		}
		return meanSquare(x, nil) * float64(passing) / float64(max(len(result.Data), 1))
	case nn.Sigmoid: // whose slope is at most 1/4
		return meanSquare(x, nil) / 16
	case nn.HardSigmoid:
		return meanSquare(x, nil) * float64(op.Slope) * float64(op.Slope)
	case nn.Exponential: // a step in x is a factor on the result
		return y * meanSquare(x, nil)
	case nn.Tanh, nn.HardTanh, nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.HardShrink, nn.SoftShrink, nn.TanhShrink, nn.Threshold, nn.SquarePlus, nn.SparsePlus:
		return max(y, meanSquare(x, nil)) // whose slope is at most 1
	}
	return y
}
