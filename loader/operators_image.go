package loader

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// resized is resize(images, size, method, antialias, crop or pad to the aspect
// ratio, fill).
func resized(o *operation) []*nn.Node {
	o.ignore("preserve_aspect_ratio")
	x, size := o.feature(), o.pair(1, [2]int{})
	method := o.method(2)
	if x == nil || o.err != nil {
		return one(nil)
	}
	if o.args["preserve_aspect_ratio"] == true {
		size = fitting(x.Shape, size)
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
	t := o.typeOf(x)
	for _, s := range stages {
		x = o.add(s.op, x)
	}
	if isOperatorClass(o.layer.class) || method == nn.ResizeNearest || !slices.Contains(wholeTypes, t) {
		return one(x)
	}
	ops, err := toWhole(method, t) // Keras 3 keeps the type
	if err != nil {
		o.fail(err)
		return one(nil)
	}
	for _, op := range ops {
		x = o.add(op, x)
	}
	o.typed = t
	return one(x)
}

// method reads an interpolation; bilinear unless told.
func (o *operation) method(i int) nn.ResizeMethod {
	m := nn.ResizeMethod(lower(o.text(i, "bilinear")))
	if !slices.Contains(nn.ResizeMethods(), m) {
		o.refuse("by %q", m)
	}
	return m
}

// fitting returns the largest size inside of another one that has an image's ratio of
// sides, as TensorFlow computes it, in float32.
func fitting(s nn.Shape, size [2]int) [2]int {
	scale := min(float32(size[0])/float32(s[0]), float32(size[1])/float32(s[1]))
	round := func(n int) int { return int(math.RoundToEven(float64(scale * float32(n)))) }
	return [2]int{round(s[0]), round(s[1])}
}

// resizedInFrame is resize_with_pad(image, height, width, method, antialias): as large
// as fits with its ratio of sides, amid zeros. TensorFlow computes in float32, and
// rounds the image's size down.
func resizedInFrame(o *operation) []*nn.Node {
	x, height, width := o.feature(), o.int(1, 0), o.int(2, 0)
	op := &nn.Resize{Method: o.method(3), Antialias: o.bool(4, false)}
	if x == nil || o.err != nil {
		return one(nil)
	}
	if height < 1 || width < 1 {
		o.refuse("to %d x %d", height, width)
		return one(nil)
	}
	ratio := max(float32(x.Shape[1])/float32(width), float32(x.Shape[0])/float32(height))
	h, w := float32(x.Shape[0])/ratio, float32(x.Shape[1])/ratio
	op.Height, op.Width = int(h), int(w)
	top, left := max(0, int((float32(height)-h)/2)), max(0, int((float32(width)-w)/2))
	return one(o.framedIn(o.add(op, x), top, left, height, width))
}

// resizedFromCorners returns the operator of TensorFlow 1's resizing by a method, or by
// the one that its call names: (images, size, method, align_corners,
// preserve_aspect_ratio), or of one method (images, size, align_corners,
// half_pixel_centers).
func resizedFromCorners(method nn.ResizeMethod) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x, size := o.feature(), o.pair(1, [2]int{})
		if x == nil || o.err != nil {
			return one(nil)
		}
		by, aligned, centred := method, false, false
		if method != "" {
			aligned, centred = o.bool(2, false), o.bool(3, false)
		} else {
			by, aligned = o.method1(2), o.bool(3, false)
			if o.bool(4, false) {
				size = fitting(x.Shape, size)
			}
		}
		switch {
		case size[0] < 1 || size[1] < 1 || !o.bounded(2*size[0]) || !o.bounded(2*size[1]):
			o.refuse("to %d x %d", size[0], size[1])
		case by == nn.ResizeArea && !aligned || centred && !aligned:
			return one(o.add(&nn.Resize{Height: size[0], Width: size[1], Method: by}, x))
		case by == nn.ResizeBilinear || by == nn.ResizeNearest:
			return one(o.fromCorner(o.fromCorner(x, 0, size[0], by, aligned), 1, size[1], by, aligned))
		default:
			o.refuse("by %q from the corners on", by)
		}
		return one(nil)
	}
}

// method1 reads an interpolation by TensorFlow 1's numbers, or by name.
func (o *operation) method1(i int) nn.ResizeMethod {
	if _, isText := o.value(i).(string); isText {
		return o.method(i)
	}
	methods := []nn.ResizeMethod{nn.ResizeBilinear, nn.ResizeNearest, nn.ResizeBicubic, nn.ResizeArea}
	n := o.int(i, 0)
	if n < 0 || n >= len(methods) {
		o.wrong(i, "0 to 3")
		return ""
	}
	return methods[n]
}

// fromCorner resizes one axis of images, where position i of the result lies at i n /
// size of n positions, or, aligned, at i (n - 1) / (size - 1). TensorFlow computes
// that in float32.
func (o *operation) fromCorner(x *nn.Node, axis, size int, method nn.ResizeMethod, aligned bool) *nn.Node {
	if x == nil {
		return nil
	}
	n := x.Shape[axis]
	scale := float32(n) / float32(size)
	if aligned && size > 1 {
		scale = float32(n-1) / float32(size-1)
	}
	before, behind := make([]int32, size), make([]int32, size)
	share := nn.NewTensor(append(nn.Shape{size}, ones(2-axis)...)...)
	for i := range size {
		at := float64(float32(i) * scale)
		if method == nn.ResizeNearest && aligned {
			at = math.Round(at)
		}
		before[i] = int32(min(int(at), n-1))
		behind[i] = int32(min(int(at)+1, n-1))
		share.Data[i] = float32(at - math.Floor(at))
	}
	from := o.gathered(x, axis, before, 0)
	if method == nn.ResizeNearest {
		return from
	}
	step := o.add(&nn.Binary{Func: nn.Subtract}, o.gathered(x, axis, behind, 0), from)
	return o.add(&nn.Add{}, from, o.times(term{node: step}, term{array: share}))
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
	size := o.pair(1, [2]int{})
	w := o.window(2, x.Shape, size, size)
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
		positions, ok := windowPositions(w, axis, x.Shape[axis], n)
		if !ok || !o.bounded(len(positions)) {
			o.refuse("%d patches of %d", n, w.Size[axis])
			return one(nil)
		}
		if x = o.gathered(x, axis, positions, 0); x == nil {
			return one(nil)
		}
	}
	x = o.turned(o.shaped(x, nn.Shape{h, w.Size[0], width, w.Size[1], channels}), []int{0, 2, 1, 3, 4})
	return one(o.shaped(x, nn.Shape{h, width, w.Size[0] * w.Size[1] * channels}))
}

// unfolded cuts images with their channels first into windows: (x, size, dilation,
// padding, stride), whose result has a row for each number of a window and a column
// for each window.
func unfolded(o *operation) []*nn.Node {
	x := o.feature()
	w := o.foldedWindow(1)
	if x == nil || o.err != nil {
		return one(nil)
	}
	channels := x.Shape[0]
	h, width, err := w.Output(x.Shape[1], x.Shape[2])
	if err != nil {
		o.fail(err)
		return one(nil)
	}
	for axis, n := range [2]int{h, width} {
		positions, ok := windowPositions(w, axis, x.Shape[1+axis], n)
		if !ok || !o.bounded(len(positions)) {
			o.refuse("%d windows of %d", n, w.Size[axis])
			return one(nil)
		}
		if x = o.gathered(x, 1+axis, positions, 0); x == nil {
			return one(nil)
		}
	}
	x = o.turned(o.shaped(x, nn.Shape{channels, h, w.Size[0], width, w.Size[1]}), []int{0, 2, 4, 1, 3})
	return one(o.shaped(x, nn.Shape{channels * w.Size[0] * w.Size[1], h * width}))
}

// foldedBack puts windows together again, as unfolded cuts them, and adds where they
// overlap: (x, images' size, size, dilation, padding, stride).
func foldedBack(o *operation) []*nn.Node {
	x, size := o.tensor(0), o.pair(1, [2]int{})
	w := o.foldedWindow(2)
	if x == nil || o.err != nil {
		return one(nil)
	}
	h, width, err := w.Output(size[0], size[1])
	taps := w.Size[0] * w.Size[1]
	if err != nil || len(x.Shape) != 2 || x.Shape[0]%taps != 0 || x.Shape[1] != h*width {
		o.refuse("windows of %v to images of %d x %d", x.Shape, size[0], size[1])
		return one(nil)
	}
	channels := x.Shape[0] / taps
	x = o.turned(o.shaped(x, nn.Shape{channels, w.Size[0], w.Size[1], h, width}), []int{0, 3, 1, 4, 2})
	x = o.shaped(x, nn.Shape{channels, h * w.Size[0], width * w.Size[1]})
	to := [2]term{}
	for axis, n := range [2]int{h, width} {
		positions, ok := windowPositions(w, axis, size[axis], n)
		if !ok {
			o.refuse("%d windows of %d", n, w.Size[axis])
			return one(nil)
		}
		if to[axis] = o.table(len(positions), size[axis], func(i, j int) bool { return int(positions[i]) == j }); to[axis].array == nil {
			return one(nil)
		}
	}
	rows := o.add(&nn.MatMul{TransposeA: true}, o.nodeOf(to[0], x), x)
	return one(o.dense(rows, to[1].array, false))
}

// foldedWindow reads size, dilation, padding and stride, from the i-th argument on.
func (o *operation) foldedWindow(i int) nn.Window {
	pad := o.pair(i+2, [2]int{})
	w := nn.Window{Size: o.pair(i, [2]int{1, 1}), Dilation: o.pair(i+1, [2]int{1, 1}), Stride: o.pair(i+3, [2]int{1, 1})}
	w.Pad = nn.Pad{Top: pad[0], Bottom: pad[0], Left: pad[1], Right: pad[1]}
	return w
}

// mapped is affine_transform(images, transform, interpolation, fill_mode, fill_value,
// data_format) by eight numbers a0 ... b2, c0, c1 that all pictures are mapped by: the
// result at (x, y) is what lies at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k
// being c0 x + c1 y + 1. TensorFlow computes in float32.
func mapped(o *operation) []*nn.Node {
	x, by := o.feature(), o.term(1).array
	method, mode, fill := o.text(2, "bilinear"), o.text(3, "constant"), o.float(4, 0)
	o.channelsLast(5)
	if x == nil || by == nil || len(by.Data) != 8 || by.Shape.Channels() != 8 || o.err != nil {
		o.refuse("expected images and eight numbers")
		return one(nil)
	}
	if method != "bilinear" && method != "nearest" || mode != "constant" && mode != "nearest" {
		o.refuse("by %q, beyond the border %q", method, mode)
		return one(nil)
	}
	h, w, channels := x.Shape[0], x.Shape[1], x.Shape[2]
	if !o.bounded(8 * h * w) {
		return one(nil)
	}
	taps := [4]tap{}
	for i := range taps {
		taps[i].share = nn.NewTensor(h*w, 1)
	}
	for i := range h * w {
		column, row := float32(i%w), float32(i/w)
		along := func(a []float32) float32 { return a[0]*column + a[1]*row + a[2] }
		k := along([]float32{by.Data[6], by.Data[7], 1})
		at := [2]float32{along(by.Data[3:6]) / k, along(by.Data[:3]) / k}
		for axis, n := range [2]int{h, w} {
			if mode == "nearest" {
				at[axis] = min(max(at[axis], 0), float32(n-1))
			}
		}
		for t := range taps {
			place, share := [2]float64{}, float32(1)
			for axis := range place {
				beyond := t >> (1 - axis) & 1
				before := math.Floor(float64(at[axis]))
				if place[axis] = before + float64(beyond); beyond == 1 {
					share *= at[axis] - float32(before)
				} else {
					share *= float32(before) + 1 - at[axis]
				}
				if method == "nearest" {
					place[axis], share = math.Round(float64(at[axis])), float32(1-min(t, 1))
				}
			}
			position := int32(-1)
			if place[0] >= 0 && place[0] < float64(h) && place[1] >= 0 && place[1] < float64(w) {
				position = int32(place[0])*int32(w) + int32(place[1])
			}
			if k == 0 || math.Abs(float64(at[0])) > math.MaxFloat32 || math.Abs(float64(at[1])) > math.MaxFloat32 {
				position, share = -1, float32(1-min(t, 1)) // the fill alone
			}
			taps[t].positions = append(taps[t].positions, position)
			taps[t].share.Data[i] = share
		}
	}
	pixels := o.shaped(x, nn.Shape{h * w, channels})
	if method == "nearest" {
		return one(o.shaped(o.gathered(pixels, 0, taps[0].positions, fill), x.Shape))
	}
	var parts []*nn.Node
	for _, t := range taps {
		parts = append(parts, o.times(term{node: o.gathered(pixels, 0, t.positions, fill)}, term{array: t.share}))
	}
	return one(o.shaped(o.add(&nn.Add{}, parts...), x.Shape))
}

// tap is one of the pixels that each pixel of a result is made of: where it lies, -1 for
// beyond the border, and how much it counts.
type tap struct {
	positions []int32
	share     *nn.Tensor
}
