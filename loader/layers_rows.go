package loader

import (
	"maps"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// Layers of rows of vectors, (positions, channels), are those of feature maps of
// one column.

// asColumn returns the stages of a layer of feature maps on the rows of the input,
// with the column taken away again.
func asColumn(in []nn.Shape, ops ...nn.Op) []stage {
	s := first(in)
	if len(s) != 2 {
		return single(ops[0]) // whose Infer refuses what is no feature map
	}
	stages := []stage{{suffix: "/column", op: &nn.Reshape{Target: nn.Shape{s[0], 1, s[1]}}}}
	for _, op := range ops {
		stages = append(stages, stage{suffix: "/" + op.Kind(), op: op})
	}
	if out := shapeBehind(stages, in); len(first(out)) == 3 {
		return append(stages, stage{op: &nn.Reshape{Target: nn.Shape{first(out)[0], first(out)[2]}}})
	}
	stages[len(stages)-1].suffix = ""
	return stages
}

func globalAveragePooling1D(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	keep := f.boolOr("keepdims", false)
	if len(f.named) == 0 {
		return asColumn(in, &nn.GlobalAvgPool{KeepDims: keep})
	}
	m := composer{in: in}
	mask := m.truth("mask", input(1), nn.Shape{-1, 1})
	total := m.add("/total", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{0}, KeepDims: keep}, m.add("/kept", &nn.Binary{Func: nn.Where}, mask, input(0)))
	m.add("", &nn.Binary{Func: nn.Divide}, total, m.add("/count", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{0}, KeepDims: keep}, mask))
	return m.stages
}

func globalMaxPooling1D(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	return asColumn(in, &nn.GlobalMaxPool{KeepDims: f.boolOr("keepdims", false)})
}

func maxPooling1D(f *fields, in []nn.Shape) []stage {
	return asColumn(in, &nn.MaxPool{Window: f.pool1D(in)})
}

func averagePooling1D(f *fields, in []nn.Shape) []stage {
	return asColumn(in, &nn.AvgPool{Window: f.pool1D(in)})
}

// pairs are the fields that layers of rows have one number of, and those of feature
// maps two.
var pairs = []string{"kernel_size", "strides", "dilation_rate", "output_padding", "output_size"}

// onRows returns the layer of rows that one of feature maps is on a map of one
// column. Keras keeps its kernels without the axis of columns.
func onRows(layer class) class {
	return func(f *fields, in []nn.Shape) []stage {
		s := first(in)
		if len(s) != 2 {
			f.fail(unsupported("of %v: rows of vectors are computed alone", s))
			return nil
		}
		inner := *f
		inner.config = maps.Clone(f.config)
		for _, name := range pairs {
			v := inner.config[name]
			if l, ok := list(v); ok && len(l) == 1 {
				v = l[0]
			}
			if n, ok := asInt(v); ok {
				inner.config[name] = []any{number(n), number(map[bool]int{false: 1}[name == "output_padding"])}
			}
		}
		shape := nn.Shape{s[0], 1, s[1]}
		stages := []stage{{suffix: "/column", op: &nn.Reshape{Target: shape.Clone()}}}
		if inner.config["padding"] == "causal" {
			size, _ := asPair(inner.config["kernel_size"])
			dilation, _ := asPair(inner.config["dilation_rate"])
			const most = 1 << 20 // numbers come from the config, unchecked
			if before := (min(size[0], most) - 1) * min(dilation[0], most); before > 0 && before <= most {
				stages = append(stages, stage{suffix: "/before", op: &nn.ZeroPad{Pad: nn.Pad{Top: before}}})
				shape[0] += before
			}
			inner.config["padding"] = "valid"
		}
		own := layer(&inner, []nn.Shape{shape})
		if f.err = inner.err; f.err != nil || len(own) == 0 {
			return nil
		}
		for i := range own {
			if a := own[i].adjust; a != nil && a.unpack != nil {
				continue // which is made of other shapes
			}
			own[i].adjust = own[i].adjust.withoutColumns()
			own[i].saved = withoutColumns(own[i].saved)
		}
		stages = behind(stages, "/map", own)
		out := lastShape(stages, in)
		if len(out) != 3 {
			return stages // whose shapes say what is wrong
		}
		return append(stages, stage{op: &nn.Reshape{Target: nn.Shape{out[0] * out[1], out[2]}}})
	}
}

// withoutColumns takes the axis of columns from the kernels that are stored.
func withoutColumns(saved func(role string, shape nn.Shape) nn.Shape) func(role string, shape nn.Shape) nn.Shape {
	return func(role string, shape nn.Shape) nn.Shape {
		if saved != nil {
			shape = saved(role, shape)
		}
		if len(shape) == 4 {
			return nn.Shape{shape[0], shape[2], shape[3]}
		}
		return shape
	}
}

// withoutColumns takes the axis of columns from the weights that an adjustment takes.
func (a *adjustment) withoutColumns() *adjustment {
	if a == nil {
		return nil
	}
	rows := *a
	rows.extra = slices.Clone(a.extra)
	for i, e := range rows.extra {
		rows.extra[i].shape = func(kernel nn.Shape) nn.Shape { return withoutColumns(nil)("", e.shape(kernel)) }
	}
	return &rows
}

// lastShape returns the shape of what stages make, nil where one refuses.
func lastShape(stages []stage, in []nn.Shape) nn.Shape {
	m := composer{in: in}
	at := 0
	for i, s := range stages {
		reads := s.reads
		switch {
		case reads != nil:
		case i > 0:
			reads = []int{i - 1}
		default:
			reads = []int{input(0)}
		}
		at = m.add("", s.op, reads...)
	}
	return m.shape(at)
}

// pool1D reads the geometry of a pooling layer of rows.
func (f *fields) pool1D(in []nn.Shape) nn.Window {
	f.channelsLast()
	size := f.only("pool_size")
	stride := size
	if f.has("strides") {
		stride = f.only("strides")
	}
	s := nn.Shape{1, 1, 1}
	if len(first(in)) == 2 {
		s[0] = first(in)[0]
	}
	w := nn.Window{Size: [2]int{size, 1}, Stride: [2]int{stride, 1}, Dilation: [2]int{1, 1}}
	return f.padded("padding", w, []nn.Shape{s})
}

// only reads an integer, or a list of one.
func (f *fields) only(name string) int {
	if l, ok := list(f.config[name]); ok && len(l) == 1 {
		f.seen[name] = true
		if n, ok := asInt(l[0]); ok {
			return n
		}
	}
	return f.int(name)
}

// ends reads (before, after), or one number for both.
func (f *fields) ends(name string) nn.Pad {
	f.channelsLast()
	p := f.pair(name)
	return nn.Pad{Top: p[0], Bottom: p[1]}
}

func zeroPadding1D(f *fields, in []nn.Shape) []stage {
	return asColumn(in, &nn.ZeroPad{Pad: f.ends("padding")})
}

func cropping1D(f *fields, in []nn.Shape) []stage {
	return asColumn(in, &nn.Crop{Pad: f.ends("cropping")})
}

func upSampling1D(f *fields, in []nn.Shape) []stage {
	n := 1
	if len(first(in)) == 2 {
		n = first(in)[0]
	}
	return asColumn(in, &nn.Resize{Height: f.times(n, f.only("size")), Width: 1, Method: nn.ResizeNearest})
}

// repeatVector makes n rows of a vector.
func repeatVector(f *fields, in []nn.Shape) []stage {
	s := first(in)
	if len(s) != 1 {
		f.fail(malformed("expected a vector, found %v", s))
		return nil
	}
	return []stage{
		{suffix: "/column", op: &nn.Reshape{Target: nn.Shape{1, 1, s[0]}}},
		{suffix: "/rows", op: &nn.Resize{Height: f.times(1, f.int("n")), Width: 1, Method: nn.ResizeNearest}},
		{op: &nn.Reshape{Target: nn.Shape{-1, s[0]}}},
	}
}

// maskStage is the stage of masking that is 1 for positions that count.
const maskStage = 2

// masking makes positions zero whose values are all the mask's, and hands on which
// these are.
func masking(f *fields, in []nn.Shape) []stage {
	last := []int{max(len(first(in))-1, 0)}
	value := &nn.Tensor{Shape: nn.Shape{1}, Data: []float32{f.float("mask_value")}}
	return []stage{
		{suffix: "/value", op: &nn.Constant{Value: value}},
		{suffix: "/differs", op: &nn.Binary{Func: nn.NotEqual}, reads: []int{input(0), 0}},
		{suffix: "/any", op: &nn.Reduce{Func: nn.ReduceMax, Axes: last, KeepDims: true}},
		{op: &nn.Multiply{}, reads: []int{input(0), 2}},
	}
}

func permute(f *fields, _ []nn.Shape) []stage {
	op := &nn.Transpose{}
	for _, d := range f.ints("dims") {
		op.Axes = append(op.Axes, d-1)
	}
	return single(op)
}
