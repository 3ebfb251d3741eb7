package loader

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// centred returns the operator (x - mean) / sqrt(variance + epsilon) along axes,
// scaled and shifted: (x, gamma, beta, axis, epsilon). Without taking the mean out,
// the variance is the mean square, and there is no beta.
func centred(mean bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		if o.ignore("rms_scaling"); o.args["rms_scaling"] == true {
			o.refuse("rms_scaling")
			return one(nil)
		}
		x := o.tensor(0)
		if x == nil {
			return one(nil)
		}
		axes := []int{len(x.Shape) - 1}
		numbers := len(o.params) - 2 // x, gamma, beta
		if o.has(numbers) {
			axes = o.axes(numbers, len(x.Shape))
		}
		y, squares := x, o.squared(x)
		if mean {
			squares, y = o.deviations(reduction{x: x, axes: axes})
			y = o.add(&nn.Binary{Func: nn.Subtract}, x, y)
		}
		spread := o.affine(o.reduced(nn.ReduceMean, squares, axes, true), 1, o.float(numbers+1, 1e-7))
		y = o.add(&nn.Multiply{}, y, o.add(&nn.Unary{Func: nn.Rsqrt}, spread))
		for i := 1; i < numbers && y != nil; i++ {
			if !o.has(i) {
				continue
			}
			if len(axes) != 1 || axes[0] != len(x.Shape)-1 {
				o.refuse("scaled along other axes than the last")
				return one(nil)
			}
			if i == 1 {
				y = o.times(term{node: y}, o.term(i))
			} else {
				y = o.plus(term{node: y}, o.term(i))
			}
		}
		return one(y)
	}
}

// standardizedBy is (x - mean) / sqrt(variance + epsilon) * scale + offset, of
// numbers for each channel: (x, mean, variance, offset, scale, epsilon, axis).
func standardizedBy(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	if len(o.params) > 6 && o.axis(6, -1, len(x.Shape)) != len(x.Shape)-1 {
		o.refuse("along another axis than the last")
	}
	scale, offset := make([]float32, x.Shape.Channels()), make([]float32, x.Shape.Channels())
	read := func(i int) func(c int) float64 {
		if !o.has(i) {
			return nil
		}
		t := o.term(i)
		if t.array == nil || len(t.array.Data) != len(scale) {
			o.refuse("expected a number for each of %d channels", len(scale))
			return func(int) float64 { return 0 }
		}
		return func(c int) float64 { return float64(t.array.Data[c]) }
	}
	mean, variance, shift, factor := read(1), read(2), read(3), read(4)
	epsilon := float64(o.float(5, 1e-3))
	if mean == nil || variance == nil || o.err != nil {
		o.refuse("expected mean and variance")
		return one(nil)
	}
	for c := range scale {
		k := 1 / math.Sqrt(variance(c)+epsilon)
		if factor != nil {
			k *= factor(c)
		}
		b := -mean(c) * k
		if shift != nil {
			b += shift(c)
		}
		scale[c], offset[c] = float32(k), float32(b)
	}
	return one(o.rescaled(x, scale, offset))
}

// standardizedAtInference is the same of TensorFlow's fused function, which takes the
// batch's own statistics unless told.
func standardizedAtInference(o *operation) []*nn.Node {
	if o.args["is_training"] != false {
		o.refuse("by the statistics of the batch at hand")
	}
	return standardizedBy(o)
}

// amongChannels is local response normalization, of AlexNet: x over a power of bias
// + alpha times the sum of the squares of the channels at most radius away.
func amongChannels(o *operation) []*nn.Node {
	x, radius := o.tensor(0), o.int(1, 5)
	bias, alpha, beta := o.float(2, 1), o.float(3, 1), o.float(4, 0.5)
	if x == nil || o.err != nil {
		return one(nil)
	}
	channels := x.Shape.Channels()
	if len(x.Shape) != 3 || radius < 0 || channels > maxBound/channels || !o.bounded(channels*channels) {
		o.refuse("of %v among %d channels", x.Shape, radius)
		return one(nil)
	}
	near := nn.NewTensor(channels, channels)
	for i := range channels {
		for j := max(i-radius, 0); j <= min(i+radius, channels-1); j++ {
			near.Data[i*channels+j] = 1
		}
	}
	sums := o.affine(o.dense(o.squared(x), near, false), alpha, bias)
	return one(o.of(nn.Divide, term{node: x}, o.of(nn.Power, term{node: sums}, constant(beta))).node)
}
