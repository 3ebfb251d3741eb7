package loader

import "github.com/vkeras/vkeras/nn"

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
