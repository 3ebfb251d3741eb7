package loader

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// resized is resize(images, size, method, antialias, crop or pad to the aspect
// ratio, fill).
func resized(o *operation) []*nn.Node {
	o.ignore("preserve_aspect_ratio")
	x, size := o.tensor(0), o.pair(1, [2]int{})
	method := nn.ResizeMethod(lower(o.text(2, "bilinear")))
	if x == nil || o.err != nil {
		return one(nil)
	}
	if preserve := o.args["preserve_aspect_ratio"]; preserve == true || len(x.Shape) != 3 || !slices.Contains(nn.ResizeMethods(), method) {
		o.refuse("of images of shape %v by %q", x.Shape, method)
		return one(nil)
	}
	op := &nn.Resize{Height: size[0], Width: size[1], Method: method, Antialias: o.bool(3, false)}
	stages := []stage{{op: op}}
	switch crop, pad := len(o.params) > 4 && o.bool(4, false), len(o.params) > 5 && o.bool(5, false); {
	case size[0] < 1 || size[1] < 1:
		o.refuse("to %d x %d", size[0], size[1])
	case crop:
		stages = toAspect(op, x.Shape)
	case pad:
		stages = paddedBy(op, x.Shape, o.float(6, 0))
	}
	o.ignore("fill_mode", "fill_value")
	for _, s := range stages {
		x = o.add(s.op, x)
	}
	return one(x)
}

// cropped is crop_images: the rows and columns that are dropped before and
// behind, of which Keras is told any two of before, behind and what is left.
func cropped(o *operation) []*nn.Node {
	return o.margined(-1, func(p nn.Pad) nn.Op { return &nn.Crop{Pad: p} })
}

// framed is pad_images: rows and columns of zeros, told as those of cropped.
func framed(o *operation) []*nn.Node {
	return o.margined(1, func(p nn.Pad) nn.Op { return &nn.ZeroPad{Pad: p} })
}

// margined reads (images, top, left, bottom, right, height, width); the margins
// are added to the image's size, or with the sign -1 taken from it.
func (o *operation) margined(sign int, op func(nn.Pad) nn.Op) []*nn.Node {
	x := o.tensor(0)
	if x == nil || len(x.Shape) != 3 {
		o.refuse("expected images")
		return one(nil)
	}
	var sides [2][2]int
	for axis := range 2 {
		before, behind, target := o.int(1+axis, -1), o.int(3+axis, -1), o.int(5+axis, -1)
		margin := sign * (target - x.Shape[axis])
		switch {
		case before >= 0 && behind >= 0:
		case target < 1 || before < 0 && behind < 0:
			o.refuse("expected two of before, behind and the size")
			return one(nil)
		case before < 0:
			before = margin - behind
		default:
			behind = margin - before
		}
		sides[axis] = [2]int{before, behind}
	}
	if o.err != nil {
		return one(nil)
	}
	return one(o.add(op(nn.Pad{Top: sides[0][0], Bottom: sides[0][1], Left: sides[1][0], Right: sides[1][1]}), x))
}

// grayscale weights red, green and blue as TensorFlow does (ITU-R BT.601).
func grayscale(o *operation) []*nn.Node {
	x := o.tensor(0)
	o.channelsLast(1)
	return one(o.dense(x, &nn.Tensor{Shape: nn.Shape{3, 1}, Data: []float32{0.2989, 0.587, 0.114}}, false))
}

// patches cuts images into patches, whose pixels become the channels of one
// position: extract_patches(images, size, strides, padding, data_format, rates).
func patches(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	w := o.window(x, o.pair(1, [2]int{}))
	if o.err != nil {
		return one(nil)
	}
	h, width, err := w.Output(x.Shape[0], x.Shape[1])
	if err != nil {
		o.fail(err)
		return one(nil)
	}
	channels := x.Shape[2]
	for axis, n := range [2]int{h, width} {
		before := [2]int{w.Pad.Top, w.Pad.Left}[axis]
		if w.Size[axis] > maxBound/n || !o.bounded(n*w.Size[axis]) {
			o.refuse("%d patches of %d", n, w.Size[axis])
			return one(nil)
		}
		positions := make([]int32, 0, n*w.Size[axis])
		for i := range n {
			for k := range w.Size[axis] {
				at := i*w.Stride[axis] + k*w.Step(axis) - before
				if at < 0 || at >= x.Shape[axis] {
					at = -1
				}
				positions = append(positions, int32(at))
			}
		}
		if x = o.gathered(x, axis, positions, 0); x == nil {
			return one(nil)
		}
	}
	x = o.turned(o.shaped(x, nn.Shape{h, w.Size[0], width, w.Size[1], channels}), []int{0, 2, 1, 3, 4})
	return one(o.shaped(x, nn.Shape{h, width, w.Size[0] * w.Size[1] * channels}))
}
