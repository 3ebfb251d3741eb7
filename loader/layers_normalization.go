package loader

import "github.com/vkeras/vkeras/nn"

func batchNormalization(f *fields, _ []nn.Shape) []stage {
	// Keras 1: mode 0 normalises as all later versions do.
	if f.has("mode") && f.int("mode") != 0 {
		f.refuse("mode", f.config["mode"])
	}
	op := &nn.BatchNorm{
		Axis: f.axis("axis"), Epsilon: f.positive("epsilon"),
		Scale: f.boolOr("scale", true), Center: f.boolOr("center", true), // Keras 1 always has both
	}
	f.ignore("fused", "renorm", "renorm_clipping") // which act in training alone
	return single(op)
}

func layerNormalization(f *fields, in []nn.Shape) []stage {
	op := &nn.LayerNorm{
		Axes: f.axesBut("axis", in), Func: nn.NormStandard, Epsilon: f.positive("epsilon"),
		Scale: f.bool("scale"), Center: f.bool("center"),
	}
	if f.boolOr("rms_scaling", false) {
		op.Func, op.Scale, op.Center = nn.NormVariance, true, false
	}
	return []stage{{op: op, saved: inOrderOf(op.Axes, first(in))}}
}

// inOrderOf returns the shape in which Keras stores what has a number for each
// position on some axes of s: with their extents in the order of the config. The
// numbers themselves Keras takes as those of the axes in ascending order.
func inOrderOf(axes []int, s nn.Shape) func(string, nn.Shape) nn.Shape {
	return func(_ string, inside nn.Shape) nn.Shape {
		if len(axes) != len(inside) {
			return inside
		}
		saved := make(nn.Shape, len(axes))
		for i, a := range axes {
			if a < 0 {
				a += len(s)
			}
			saved[i] = s[a]
		}
		return saved
	}
}

// rmsNormalization multiplies by a scale of the normalised axes' extents as if
// they were the last ones: on others Keras fails, or multiplies by the wrong
// numbers.
func rmsNormalization(f *fields, in []nn.Shape) []stage {
	axes := f.axesBut("axis", in)
	for i, a := range axes {
		if a < 0 {
			a += len(first(in))
		}
		if a < len(first(in))-len(axes) {
			f.fail(unsupported("axis %d: the scale of RMSNormalization fits the last axes alone", axes[i]))
		}
	}
	return single(&nn.LayerNorm{Axes: axes, Func: nn.NormRMS, Epsilon: f.positive("epsilon"), Scale: true})
}

func unitNormalization(f *fields, in []nn.Shape) []stage {
	return single(&nn.LayerNorm{Axes: f.axesBut("axis", in), Func: nn.NormL2, Epsilon: 1e-12})
}

// groupNormalization has a group a channel where groups is -1.
func groupNormalization(f *fields, in []nn.Shape) []stage {
	op := &nn.GroupNorm{Axis: f.axis("axis"), Groups: f.int("groups"), Epsilon: f.positive("epsilon"), Scale: f.bool("scale"), Center: f.bool("center")}
	if s := first(in); op.Groups == -1 {
		if a := (op.Axis + len(s)) % max(len(s), 1); a >= 0 && a < len(s) {
			op.Groups = s[a]
		}
	}
	return single(op)
}

// normalization has its statistics as weights, unless they are in the config.
func normalization(f *fields, in []nn.Shape) []stage {
	op := &nn.Normalize{Invert: f.boolOr("invert", false), Adapted: !f.has("mean") && !f.has("variance")}
	if l, ok := list(f.config["axis"]); !f.has("axis") || ok && len(l) == 0 {
		op.Scalar = true
	} else {
		op.Axes = f.axesBut("axis", in)
	}
	if !op.Adapted {
		op.Mean, op.Variance = f.statistic("mean", op, in), f.statistic("variance", op, in)
	}
	return single(op)
}

// statistic reads a number for each position on the axes of a Normalization, one
// for all, or what is repeated along the first of several axes.
func (f *fields) statistic(name string, op *nn.Normalize, in []nn.Shape) *nn.Tensor {
	values, s := f.flat(name), nn.Shape{}
	if !op.Scalar {
		if _, err := (&nn.Normalize{Axes: op.Axes, Adapted: true}).Infer(in); err != nil {
			return nil // Infer says so again
		}
		for _, a := range op.WeightAxes(first(in)) {
			s = append(s, first(in)[a])
		}
	}
	const most = 1 << 20 // extents come from the config, unchecked
	if n, err := s.Elements(); err != nil || n > most || len(values) == 0 || n%len(values) != 0 {
		f.fail(malformed("%s: %d numbers for an input of %v", name, len(values), first(in)))
		return nil
	}
	t := nn.NewTensor(s...)
	for i := range t.Data {
		t.Data[i] = values[i%len(values)]
	}
	return t
}

// autoContrast stretches each channel of a picture over the range of values; a channel
// of one value stays.
func autoContrast(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	f.ignore("factor", "bounding_box_format")
	ends := f.floats("value_range")
	if len(ends) != 2 || len(first(in)) != 3 {
		f.fail(malformed("value_range: expected two numbers, and (H, W, C) as input, found %v", first(in)))
		return nil
	}
	low, high := min(ends[0], ends[1]), max(ends[0], ends[1])
	m := composer{in: in}
	axes := []int{0, 1}
	least := m.add("/least", &nn.Reduce{Func: nn.ReduceMin, Axes: axes, KeepDims: true}, input(0))
	most := m.add("/most", &nn.Reduce{Func: nn.ReduceMax, Axes: axes, KeepDims: true}, input(0))
	span := m.add("/span", &nn.Binary{Func: nn.Subtract}, most, least)
	share := m.add("/share", &nn.Binary{Func: nn.Divide}, m.add("/above", &nn.Binary{Func: nn.Subtract}, input(0), least), span)
	stretched := m.add("/stretched", &nn.Rescale{Scale: []float32{high - low}, Offset: []float32{low}}, share)
	changed := m.add("/changed", &nn.Binary{Func: nn.Where}, span, stretched)
	kept := m.add("/kept", &nn.Binary{Func: nn.Unless}, span, input(0))
	m.add("", &nn.Add{}, changed, kept)
	return m.stages
}

// layerScale belongs to keras.applications' ConvNeXt.
func layerScale(f *fields, _ []nn.Shape) []stage {
	f.ignore("init_values", "projection_dim")
	return single(&nn.LayerScale{})
}

// customScaleLayer belongs to keras.applications' InceptionResNetV2: the first
// input and the second times a number.
func customScaleLayer(f *fields, _ []nn.Shape) []stage {
	return []stage{
		{suffix: "/scaled", op: &nn.Rescale{Scale: []float32{f.float("scale")}, Offset: []float32{0}}, reads: []int{input(1)}},
		{op: &nn.Add{}, reads: []int{input(0), 0}},
	}
}

func rescaling(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Rescale{Scale: f.floats("scale"), Offset: f.floats("offset")})
}
