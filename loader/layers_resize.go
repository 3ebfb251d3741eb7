package loader

import (
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// upSampling repeats positions, or finds those between them.
func upSampling(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	size, s := f.pair("size"), first(in)
	method := nn.ResizeNearest
	if f.has("interpolation") { // from Keras 2.2.3 on
		method = f.method("interpolation")
	}
	if len(s) != 3 {
		s = nn.Shape{1, 1, 1}
	}
	return single(&nn.Resize{Height: f.times(s[0], size[0]), Width: f.times(s[1], size[1]), Method: method})
}

// times returns a product of an extent and a number of the config.
func (f *fields) times(extent, n int) int {
	const most = 1 << 20
	if n < 1 || n > most || extent > most {
		f.fail(malformed("size: %d times %d positions", n, extent))
		return 1
	}
	return extent * n
}

// method reads an interpolation; Keras takes it in capitals too.
func (f *fields) method(name string) nn.ResizeMethod {
	m := nn.ResizeMethod(strings.ToLower(f.string(name)))
	if !slices.Contains(nn.ResizeMethods(), m) {
		f.refuse(name, f.config[name])
	}
	return m
}

func resizing(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	f.ignore("bounding_box_format")
	op := &nn.Resize{Height: f.int("height"), Width: f.int("width"), Method: f.method("interpolation"), Antialias: f.boolOr("antialias", false)}
	crop, pad := f.boolOr("crop_to_aspect_ratio", false), f.boolOr("pad_to_aspect_ratio", false)
	value := f.floatOr("fill_value", 0)
	if f.has("fill_mode") && f.string("fill_mode") != "constant" {
		f.refuse("fill_mode", f.config["fill_mode"])
	}
	s := first(in)
	if len(s) != 3 || op.Height < 1 || op.Width < 1 {
		return single(op) // Infer says what is wrong
	}
	switch {
	case crop && pad:
		f.fail(malformed("crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other"))
		return nil
	case crop:
		return toAspect(op, s)
	case pad && value != 0:
		return paddedBy(op, s, value)
	case pad:
		return []stage{{suffix: "/pad", op: &nn.ZeroPad{Pad: margins(s, op)}}, {op: op}}
	}
	return single(op)
}

// toAspect cuts off what is beyond the result's ratio of sides, on both sides
// alike, and resizes the rest.
func toAspect(op *nn.Resize, s nn.Shape) []stage {
	height, width := ratio(s[1], op.Height, op.Width), ratio(s[0], op.Width, op.Height)
	height, width = max(min(s[0], height), 1), max(min(s[1], width), 1)
	top, left := (s[0]-height)/2, (s[1]-width)/2
	crop := &nn.Crop{Pad: nn.Pad{Top: top, Bottom: s[0] - height - top, Left: left, Right: s[1] - width - left}}
	return []stage{{suffix: "/crop", op: crop}, {op: op}}
}

// ratio is n a / b as Keras computes it, in float32.
func ratio(n, a, b int) int { return int(float32(n*a) / float32(b)) }

// margins returns what Keras adds around an image so that it has the result's
// ratio of sides: half of what lacks on each side, rounded down.
func margins(s nn.Shape, op *nn.Resize) nn.Pad {
	rows := (max(s[0], ratio(s[1], op.Height, op.Width)) - s[0]) / 2
	columns := (max(s[1], ratio(s[0], op.Width, op.Height)) - s[1]) / 2
	return nn.Pad{Top: rows, Bottom: rows, Left: columns, Right: columns}
}

// paddedBy resizes an image inside of margins that hold a value: what is padded is
// less by it, and the result more.
func paddedBy(op *nn.Resize, s nn.Shape, value float32) []stage {
	return []stage{
		{suffix: "/less", op: &nn.Rescale{Scale: []float32{1}, Offset: []float32{-value}}},
		{suffix: "/pad", op: &nn.ZeroPad{Pad: margins(s, op)}},
		{suffix: "/resize", op: op},
		{op: &nn.Rescale{Scale: []float32{1}, Offset: []float32{value}}},
	}
}

// centerCrop cuts out the middle; of an image that is too small, it resizes the
// part that has the result's ratio of sides.
func centerCrop(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	height, width, s := f.int("height"), f.int("width"), first(in)
	if len(s) != 3 || height < 1 || width < 1 || height > s[0] || width > s[1] {
		return f.smallCrop(height, width, s)
	}
	top, left := (s[0]-height)/2, (s[1]-width)/2
	return single(&nn.Crop{Pad: nn.Pad{Top: top, Bottom: s[0] - height - top, Left: left, Right: s[1] - width - left}})
}

func (f *fields) smallCrop(height, width int, s nn.Shape) []stage {
	op := &nn.Resize{Height: height, Width: width, Method: nn.ResizeBilinear}
	if len(s) != 3 || height < 1 || width < 1 {
		return single(op)
	}
	return toAspect(op, s)
}

// randomCrop cuts at random in training. At inference Keras 2 resizes the part that
// has the result's ratio of sides; Keras 3 passes on what it gets.
func randomCrop(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	f.ignore("seed", "rng_type", "factor", "value_range")
	height, width, s := f.int("height"), f.int("width"), first(in)
	switch {
	case f.before3:
		return f.smallCrop(height, width, s)
	case len(s) == 3 && (s[0] != height || s[1] != width):
		f.fail(advise(unsupported("an input of %v: at inference Keras 3 does not crop it to %d x %d", s, height, width), "leave the layer out, or crop by CenterCrop"))
	}
	return single(&nn.Identity{})
}

// conv2DTranspose has its output's size from TensorFlow's rule: with output_padding
// the kernel's reach counts, without it strides alone or the larger of the two.
func conv2DTranspose(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	op := &nn.Conv2DTranspose{
		Size: f.pair("kernel_size"), Stride: f.pair("strides"), Dilation: f.pairOr("dilation_rate", [2]int{1, 1}),
		Filters: f.int("filters"), UseBias: f.bool("use_bias"),
	}
	if f.has("groups") && f.int("groups") != 1 {
		f.refuse("groups", f.config["groups"])
	}
	padding := f.string("padding")
	if padding != "valid" && padding != "same" {
		f.refuse("padding", padding)
	}
	extra := f.pairOr("output_padding", [2]int{-1, -1})
	const most = 1 << 20 // numbers come from the config, unchecked
	s := first(in)
	for axis := range 2 {
		n, size, stride := 1, op.Size[axis], op.Stride[axis]
		if len(s) == 3 {
			n = s[axis]
		}
		if max(n, size, stride, op.Dilation[axis], extra[axis]) > most || min(size, stride, op.Dilation[axis]) < 1 {
			f.fail(malformed("a window of %d at strides of %d over %d positions", size, stride, n))
			return nil
		}
		reach := (size-1)*op.Dilation[axis] + 1
		out, cut := (n-1)*stride+reach+max(stride-reach, 0), 0
		switch {
		case padding == "valid" && extra[axis] >= 0:
			out = (n-1)*stride + reach + extra[axis]
		case padding == "same":
			out = n * stride
			if extra[axis] >= 0 {
				out = (n-1)*stride + reach%2 + extra[axis]
			}
			cut = max((n-1)*stride+reach-out, 0) / 2
		}
		if axis == 0 {
			op.Height, op.Top = out, cut
		} else {
			op.Width, op.Left = out, cut
		}
	}
	return f.withActivation(in, stage{op: op})
}
