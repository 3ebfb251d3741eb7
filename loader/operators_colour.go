package loader

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// ofThree returns the channels of pictures of three, each as pictures of one; nil
// after an error.
func (o *operation) ofThree(x *nn.Node) [3]*nn.Node {
	if x == nil || o.err != nil {
		return [3]*nn.Node{}
	}
	last := len(x.Shape) - 1
	if last < 0 || x.Shape[last] != 3 {
		o.refuse("of %v: expected three channels", x.Shape)
		return [3]*nn.Node{}
	}
	return [3]*nn.Node{o.part(x, last, 0, 1), o.part(x, last, 1, 1), o.part(x, last, 2, 1)}
}

// toHSV makes hue, saturation and value of red, green and blue, as TensorFlow does:
// hue counts from 0 to 1, and grey has that of red.
func toHSV(o *operation) []*nn.Node {
	x := o.tensor(0)
	o.channelsLast(1)
	c := o.hsvOf(x)
	if c.hue == nil {
		return one(nil)
	}
	return one(o.add(&nn.Concat{Axis: len(x.Shape) - 1}, c.hue, c.saturation, c.value))
}

// hsv are pictures of one channel each: hue, saturation and value, which is the largest
// of red, green and blue, and how much larger it is than the smallest.
type hsv struct{ hue, saturation, value, span *nn.Node }

// hsvOf returns those of pictures of red, green and blue; none after an error.
func (o *operation) hsvOf(x *nn.Node) hsv {
	rgb := o.ofThree(x)
	if rgb[0] == nil {
		return hsv{}
	}
	last := len(x.Shape) - 1
	value := o.reduced(nn.ReduceMax, x, []int{last}, true)
	span := o.add(&nn.Binary{Func: nn.Subtract}, value, o.reduced(nn.ReduceMin, x, []int{last}, true))
	saturation := o.of(nn.Where, o.of(nn.Greater, term{node: value}, constant(0)), o.of(nn.Divide, term{node: span}, term{node: value})).node
	// A sixth of the difference of the two others over the span, from the sector of
	// the largest on.
	sector := func(a, b *nn.Node, from float32) term {
		ratio := o.add(&nn.Binary{Func: nn.Divide}, o.add(&nn.Binary{Func: nn.Subtract}, a, b), span)
		return term{node: o.affine(ratio, 1./6, from)}
	}
	largest := func(c *nn.Node) term { return o.of(nn.Equal, term{node: c}, term{node: value}) }
	hue := term{node: o.chosen(largest(rgb[1]), sector(rgb[2], rgb[0], 2./6), sector(rgb[0], rgb[1], 4./6))}
	hue = term{node: o.chosen(largest(rgb[0]), sector(rgb[1], rgb[2], 0), hue)}
	hue = o.of(nn.Where, o.of(nn.Greater, term{node: span}, constant(0)), hue)
	positive := o.add(&nn.Add{}, hue.node, o.of(nn.Less, hue, constant(0)).node)
	return hsv{hue: positive, saturation: saturation, value: value, span: span}
}

// fromHSV makes red, green and blue of hue, saturation and value: each channel
// rises and falls with the distance of the hue from its own.
func fromHSV(o *operation) []*nn.Node {
	x := o.tensor(0)
	o.channelsLast(1)
	channels := o.ofThree(x)
	if channels[0] == nil {
		return one(nil)
	}
	return one(o.rgbOf(hsv{hue: channels[0], saturation: channels[1], value: channels[2]}))
}

// rgbOf makes red, green and blue of hue, saturation and value.
func (o *operation) rgbOf(c hsv) *nn.Node {
	least := o.affine(c.saturation, -1, 1)
	return o.ofHue(c.hue, func(share *nn.Node) *nn.Node {
		return o.add(&nn.Multiply{}, c.value, o.add(&nn.Add{}, least, o.add(&nn.Multiply{}, c.saturation, share)))
	})
}

// ofHue makes pictures of what channel makes of each colour's share in a hue, from 0
// to 1.
func (o *operation) ofHue(hue *nn.Node, channel func(share *nn.Node) *nn.Node) *nn.Node {
	if hue == nil {
		return nil
	}
	share := func(centre, scale, offset float32) *nn.Node {
		distance := o.affine(o.unary(nn.Abs, o.affine(hue, 6, -centre)), scale, offset)
		return channel(o.add(&nn.Activation{Func: nn.ReLU, Max: 1}, distance))
	}
	return o.add(&nn.Concat{Axis: len(hue.Shape) - 1}, share(3, 1, -1), share(2, -1, 2), share(4, -1, 2))
}

// brighter is adjust_brightness(image, delta).
func brighter(o *operation, x *nn.Node) *nn.Node { return o.affine(x, 1, o.float(1, 0)) }

// contrasted is adjust_contrast(images, factor): each channel's distance from its mean
// grows by the factor.
func contrasted(o *operation, x *nn.Node) *nn.Node {
	if x == nil || len(x.Shape) != 3 {
		o.refuse("expected images")
		return nil
	}
	mean := o.reduced(nn.ReduceMean, x, []int{0, 1}, true)
	return o.add(&nn.Add{}, o.affine(o.add(&nn.Binary{Func: nn.Subtract}, x, mean), o.float(1, 1), 0), mean)
}

// gammaOf is adjust_gamma(image, gamma, gain).
func gammaOf(o *operation, x *nn.Node) *nn.Node {
	return o.affine(o.of(nn.Power, term{node: x}, constant(o.float(1, 1))).node, o.float(2, 1), 0)
}

// hueTurned is adjust_hue(image, delta): the delta counts as the hue does, whose end is
// its beginning. Value and span stay, whatever their signs.
func hueTurned(o *operation, x *nn.Node) *nn.Node {
	c := o.hsvOf(x)
	hue := o.of(nn.Remainder, term{node: o.affine(c.hue, 1, o.float(1, 0))}, constant(1)).node
	least := o.add(&nn.Binary{Func: nn.Subtract}, c.value, c.span)
	return o.ofHue(hue, func(share *nn.Node) *nn.Node {
		return o.add(&nn.Add{}, least, o.add(&nn.Multiply{}, c.span, share))
	})
}

// saturated is adjust_saturation(image, factor): the saturation grows by the factor, up
// to 1.
func saturated(o *operation, x *nn.Node) *nn.Node {
	c := o.hsvOf(x)
	c.saturation = o.add(&nn.Activation{Func: nn.ReLU, Max: 1}, o.affine(c.saturation, o.float(1, 1), 0))
	return o.rgbOf(c)
}

// The matrices of TensorFlow from one space of colours to another, a row for each
// channel that is read.
var (
	rgbToYIQ = []float32{0.299, 0.59590059, 0.2115, 0.587, -0.27455667, -0.52273617, 0.114, -0.32134392, 0.31119955}
	yiqToRGB = []float32{1, 1, 1, 0.95598634, -0.27201283, -1.10674021, 0.6208248, -0.64720424, 1.70423049}
	rgbToYUV = []float32{0.299, -0.14714119, 0.61497538, 0.587, -0.28886916, -0.51496512, 0.114, 0.43601035, -0.10001026}
	yuvToRGB = []float32{1, 1, 1, 0, -0.394642334, 2.03206185, 1.13988303, -0.58062185, 0}
)

// colours returns the operator that multiplies the three channels by a matrix.
func colours(matrix []float32) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		return one(o.dense(o.tensor(0), &nn.Tensor{Shape: nn.Shape{3, 3}, Data: matrix}, false))
	}
}

// sobelEdges are the differences of neighbours, smoothed across, down and then to
// the right, on a new last axis; the border is mirrored.
func sobelEdges(o *operation) []*nn.Node {
	x := o.tensor(0)
	o.channelsLast(1)
	if x == nil || len(x.Shape) != 3 {
		o.refuse("expected images")
		return one(nil)
	}
	channels := x.Shape[2]
	if !o.bounded(18 * channels) {
		return one(nil)
	}
	kernel := nn.NewTensor(3, 3, channels, 2)
	across, along := [3]float32{1, 2, 1}, [3]float32{-1, 0, 1}
	for i := range kernel.Data {
		row, column := i/(6*channels), i/(2*channels)%3
		if i%2 == 0 {
			kernel.Data[i] = along[row] * across[column]
		} else {
			kernel.Data[i] = across[row] * along[column]
		}
	}
	shape := append(x.Shape.Clone(), 2)
	for a := range 2 {
		x = o.extended(x, a, [2]int{1, 1}, paddings["reflect"], 0)
	}
	w := nn.Window{Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	return one(o.shaped(o.add(&nn.DepthwiseConv2D{Window: w, Multiplier: 2, Kernel: kernel}, x), shape))
}

// gaussianBlur is the mean of neighbours weighted by a bell curve: (x, size of the
// window, deviations). As in Keras 3.15, whose kernel is turned where the window is
// not square.
func gaussianBlur(o *operation) []*nn.Node {
	x := o.tensor(0)
	size := o.pair(1, [2]int{3, 3})
	sigma := o.numbers([]any{number(1), number(1)})
	if o.has(2) {
		sigma = o.numbers(o.value(2))
	}
	o.channelsLast(3)
	if o.err != nil || x == nil || len(x.Shape) != 3 || len(sigma.Data) != 2 || min(size[0], size[1]) < 1 {
		o.refuse("expected images, the height and the width of a window, and two deviations")
		return one(nil)
	}
	const most = 1 << 10
	channels := x.Shape[2]
	if max(size[0], size[1]) > most || !o.bounded(size[0]*size[1]) || !o.bounded(size[0]*size[1]*channels) {
		o.refuse("a window of %v", size)
		return one(nil)
	}
	bell := [2][]float64{}
	for a := range bell {
		total := 0.0
		for i := range size[a] {
			distance := (float64(i) - float64(size[a]-1)/2) / float64(sigma.Data[a])
			bell[a] = append(bell[a], math.Exp(-0.5*distance*distance))
			total += bell[a][i]
		}
		for i := range bell[a] {
			bell[a][i] /= total
		}
	}
	kernel := nn.NewTensor(size[0], size[1], channels, 1)
	for i := range kernel.Data {
		at := i / channels
		kernel.Data[i] = float32(bell[1][at/size[0]] * bell[0][at%size[0]])
	}
	w := nn.Window{Size: size, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	return one(o.add(&nn.DepthwiseConv2D{Window: w.Same(x.Shape[0], x.Shape[1]), Multiplier: 1, Kernel: kernel}, x))
}

// adaptivelyPooled returns the operator of pooling to a given size: (x, size,
// data_format).
func adaptivelyPooled(layer class) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x == nil {
			return one(nil)
		}
		o.ignore("output_size", "data_format")
		f := newFields(object{"output_size": o.args["output_size"], "data_format": o.args["data_format"]})
		stages := layer(f, []nn.Shape{x.Shape})
		if f.err != nil {
			o.fail(f.err)
			return one(nil)
		}
		return one(o.stages(stages, x))
	}
}

// stages adds the operations of a layer, and returns the last one's result.
func (o *operation) stages(stages []stage, in ...*nn.Node) *nn.Node {
	nodes := make([]*nn.Node, len(stages))
	for i, s := range stages {
		read, err := s.inputs(i, nodes, in)
		if err != nil {
			o.fail(err)
			return nil
		}
		nodes[i] = o.add(s.op, read...)
	}
	return nodes[len(nodes)-1]
}

// convolvedSeparably is a depthwise convolution and one of 1 x 1, with kernels of the
// config: (x, depthwise kernel, pointwise kernel, strides, padding, data_format,
// dilation).
func convolvedSeparably(o *operation) []*nn.Node {
	x, depthwise, pointwise := o.tensor(0), o.term(1).array, o.term(2).array
	if x == nil || depthwise == nil || pointwise == nil || len(x.Shape) != 3 || len(depthwise.Shape) != 4 || len(pointwise.Shape) != 4 || depthwise.Shape[2] != x.Shape[2] {
		o.refuse("expected images and kernels of numbers")
		return one(nil)
	}
	size := [2]int{depthwise.Shape[0], depthwise.Shape[1]}
	y := o.add(&nn.DepthwiseConv2D{Window: o.window(3, x.Shape, size, [2]int{1, 1}), Multiplier: depthwise.Shape[3], Kernel: depthwise}, x)
	flat := &nn.Tensor{Shape: pointwise.Shape[2:], Data: pointwise.Data}
	if pointwise.Shape[0] != 1 || pointwise.Shape[1] != 1 {
		o.refuse("a pointwise kernel of shape %v", pointwise.Shape)
	}
	return one(o.dense(y, flat, false))
}
