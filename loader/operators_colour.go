package loader

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// ofThree returns the channels of pictures of three, each as pictures of one; nil
// after an error.
func (o *operation) ofThree(x *nn.Node) [3]*nn.Node {
	o.channelsLast(1)
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
	rgb := o.ofThree(x)
	if rgb[0] == nil {
		return one(nil)
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
	return one(o.add(&nn.Concat{Axis: last}, positive, saturation, value))
}

// fromHSV makes red, green and blue of hue, saturation and value: each channel
// rises and falls with the distance of the hue from its own.
func fromHSV(o *operation) []*nn.Node {
	x := o.tensor(0)
	hsv := o.ofThree(x)
	if hsv[0] == nil {
		return one(nil)
	}
	channel := func(centre, scale, offset float32) *nn.Node {
		distance := o.affine(o.unary(nn.Abs, o.affine(hsv[0], 6, -centre)), scale, offset)
		share := o.add(&nn.Activation{Func: nn.ReLU, Max: 1}, distance)
		least := o.affine(hsv[1], -1, 1)
		return o.add(&nn.Multiply{}, hsv[2], o.add(&nn.Add{}, least, o.add(&nn.Multiply{}, hsv[1], share)))
	}
	return one(o.add(&nn.Concat{Axis: len(x.Shape) - 1}, channel(3, 1, -1), channel(2, -1, 2), channel(4, -1, 2)))
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
	y := o.add(&nn.DepthwiseConv2D{Window: o.windowFrom(3, x, size), Multiplier: depthwise.Shape[3], Kernel: depthwise}, x)
	flat := &nn.Tensor{Shape: pointwise.Shape[2:], Data: pointwise.Data}
	if pointwise.Shape[0] != 1 || pointwise.Shape[1] != 1 {
		o.refuse("a pointwise kernel of shape %v", pointwise.Shape)
	}
	return one(o.dense(y, flat, false))
}
