package loader

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

func maxPooling(f *fields, in []nn.Shape) []stage {
	return single(&nn.MaxPool{Window: f.pool(in)})
}

func averagePooling(f *fields, in []nn.Shape) []stage {
	return single(&nn.AvgPool{Window: f.pool(in)})
}

func globalMaxPooling(f *fields, _ []nn.Shape) []stage {
	f.channelsLast()
	return single(&nn.GlobalMaxPool{KeepDims: f.boolOr("keepdims", false)})
}

func globalAveragePooling(f *fields, _ []nn.Shape) []stage {
	f.channelsLast()
	return single(&nn.GlobalAvgPool{KeepDims: f.boolOr("keepdims", false)})
}

func adaptiveAveragePooling(f *fields, in []nn.Shape) []stage { return f.adaptive(nn.ReduceMean, in) }

func adaptiveMaxPooling(f *fields, in []nn.Shape) []stage { return f.adaptive(nn.ReduceMax, in) }

// maxBins bounds the rows and columns that adaptive pooling cuts one by one.
const maxBins = 256

// adaptive pools to a given size: of n rows, row i of m is made of those from i n/m,
// rounded down, to (i+1) n/m, rounded up; then the same of columns.
func (f *fields) adaptive(reduce nn.ReduceFunc, in []nn.Shape) []stage {
	f.channelsLast()
	size, s := f.pair("output_size"), first(in)
	if len(s) != 3 || min(size[0], size[1]) < 1 || max(size[0], size[1]) > maxBins {
		f.fail(malformed("output_size %v for an input of %v: expected (H, W, C), and 1 to %d rows and columns", size, s, maxBins))
		return nil
	}
	var stages []stage
	from, shape := input(0), s.Clone()
	for axis, m := range size {
		var bins []int
		for i := range m {
			low, high := i*shape[axis]/m, ((i+1)*shape[axis]+m-1)/m
			cut := &nn.Slice{Start: make([]int, 3), Count: shape.Clone(), Step: []int{1, 1, 1}}
			cut.Start[axis], cut.Count[axis] = low, high-low
			name := fmt.Sprintf("/%s%d", [2]string{"row", "column"}[axis], i)
			stages = append(stages,
				stage{suffix: name + "/cut", op: cut, reads: []int{from}},
				stage{suffix: name, op: &nn.Reduce{Func: reduce, Axes: []int{axis}, KeepDims: true}, reads: []int{len(stages)}})
			bins = append(bins, len(stages)-1)
		}
		stages = append(stages, stage{suffix: "/rows", op: &nn.Concat{Axis: axis}, reads: bins})
		from, shape[axis] = len(stages)-1, m
	}
	stages[from].suffix = ""
	return stages
}

// pool reads the geometry of a pooling layer: without strides, the windows lie
// side by side.
func (f *fields) pool(in []nn.Shape) nn.Window {
	f.channelsLast()
	size := f.pair("pool_size")
	w := nn.Window{Size: size, Stride: f.pairOr("strides", size), Dilation: [2]int{1, 1}}
	if f.has("border_mode") { // Keras 1
		return f.padded("border_mode", w, in)
	}
	return f.padded("padding", w, in)
}

func zeroPadding(f *fields, _ []nn.Shape) []stage {
	return single(&nn.ZeroPad{Pad: f.sides("padding")})
}

// zeroPaddingBySize is the layer as imagenet_utils.correct_pad makes it.
func zeroPaddingBySize(f *fields, in []nn.Shape) []stage {
	pad, s := f.sides("padding"), first(in)
	if len(s) == 3 {
		pad.Top, pad.Left = pad.Bottom-1+s[0]%2, pad.Right-1+s[1]%2
	}
	return single(&nn.ZeroPad{Pad: pad})
}

func cropping(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Crop{Pad: f.sides("cropping")})
}

// sides reads ((top, bottom), (left, right)), or (height, width) for equal
// sides, or Keras 1's (top, bottom, left, right).
func (f *fields) sides(name string) nn.Pad {
	f.channelsLast()
	f.ignore(name)
	v := f.config[name]
	if p, ok := asPair(v); ok {
		return nn.Pad{Top: p[0], Bottom: p[0], Left: p[1], Right: p[1]}
	}
	if s, ok := asInts(v); ok && len(s) == 4 {
		return nn.Pad{Top: s[0], Bottom: s[1], Left: s[2], Right: s[3]}
	}
	if l, ok := list(v); ok && len(l) == 2 {
		h, okH := asPair(l[0])
		w, okW := asPair(l[1])
		if okH && okW {
			return nn.Pad{Top: h[0], Bottom: h[1], Left: w[0], Right: w[1]}
		}
	}
	f.wrong(name, "((top, bottom), (left, right))")
	return nn.Pad{}
}
