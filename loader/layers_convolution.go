package loader

import "github.com/vkeras/vkeras/nn"

func conv2D(f *fields, in []nn.Shape) []stage {
	w, filters, useBias, groups := f.window("kernel_size", in), f.int("filters"), f.bool("use_bias"), 1
	if f.has("groups") { // from Keras 2.3 on
		groups = f.int("groups")
	}
	channels := first(in).Channels()
	adapter := f.adapterOf(nn.Shape{w.Size[0], w.Size[1], channels / max(groups, 1), filters})
	switch {
	case groups == 1:
		return f.withActivation(in, stage{op: &nn.Conv2D{Window: w, Filters: filters, UseBias: useBias}, adjust: adapter})
	case groups == channels && filters%channels == 0:
		// A channel a group: the same numbers in the same order, of another shape.
		saved := func(role string, s nn.Shape) nn.Shape {
			if role == "kernel" {
				return nn.Shape{s[0], s[1], 1, s[2] * s[3]}
			}
			return s
		}
		return f.withActivation(in, stage{op: &nn.DepthwiseConv2D{Window: w, Multiplier: filters / channels, UseBias: useBias}, saved: saved, adjust: adapter})
	default:
		return f.withActivation(in, stage{op: &nn.GroupedConv2D{Window: w, Groups: groups, Filters: filters, UseBias: useBias}, adjust: adapter})
	}
}

// convolution1 is Keras 1's Convolution2D.
func convolution1(f *fields, in []nn.Shape) []stage {
	op := &nn.Conv2D{Filters: f.int("nb_filter"), UseBias: f.bool("bias")}
	op.Window = nn.Window{Size: [2]int{f.int("nb_row"), f.int("nb_col")}, Stride: f.pair("subsample"), Dilation: [2]int{1, 1}}
	f.channelsLast()
	op.Window = f.padded("border_mode", op.Window, in)
	return f.withActivation(in, stage{op: op})
}

func depthwiseConv2D(f *fields, in []nn.Shape) []stage {
	f.oneGroup()
	op := &nn.DepthwiseConv2D{Window: f.window("kernel_size", in), Multiplier: f.int("depth_multiplier"), UseBias: f.bool("use_bias")}
	return f.withActivation(in, stage{op: op, kernel: "depthwise_kernel"})
}

// separableConv2D is a depthwise convolution and a pointwise one, with one bias
// behind both (Chollet 2016).
func separableConv2D(f *fields, in []nn.Shape) []stage {
	f.oneGroup()
	depthwise := &nn.DepthwiseConv2D{Window: f.window("kernel_size", in), Multiplier: f.int("depth_multiplier")}
	pointwise := &nn.Conv2D{Window: nn.Square(1, 1), Filters: f.int("filters"), UseBias: f.bool("use_bias")}
	return f.withActivation(in,
		stage{suffix: "/depthwise", op: depthwise, kernel: "depthwise_kernel"},
		stage{suffix: "/pointwise", op: pointwise, kernel: "pointwise_kernel"})
}

// dense has its units in output_dim and its bias in bias in Keras 1.
func dense(f *fields, in []nn.Shape) []stage {
	units, bias := "units", "use_bias"
	if f.has("output_dim") {
		units, bias = "output_dim", "bias"
	}
	op := &nn.Dense{Units: f.int(units), UseBias: f.bool(bias)}
	adapter := f.adapter()
	if q := f.quantization(); q != nil {
		m := composer{in: in}
		y := m.quantizedDense("", q, op, input(0), nil, 1, 0)
		m.besides(f, "", y, input(0), nn.Shape{first(in).Channels()}, nn.Shape{op.Units})
		return f.withActivation(in, m.stages...)
	}
	return f.withActivation(in, stage{op: op, adjust: adapter})
}

// oneGroup refuses grouped convolutions.
func (f *fields) oneGroup() {
	if f.has("groups") && f.int("groups") != 1 {
		f.refuse("groups", f.config["groups"])
	}
}

// window reads the geometry of a convolution.
func (f *fields) window(size string, in []nn.Shape) nn.Window {
	f.channelsLast()
	w := nn.Window{Size: f.pair(size), Stride: f.pair("strides"), Dilation: f.pairOr("dilation_rate", [2]int{1, 1})}
	return f.padded("padding", w, in)
}

// padded reads the padding, which "same" takes from the input's size.
func (f *fields) padded(name string, w nn.Window, in []nn.Shape) nn.Window {
	switch mode := f.string(name); mode {
	case "valid":
	case "same":
		if s := first(in); len(s) == 3 {
			return w.Same(s[0], s[1])
		}
	default:
		f.refuse(name, mode)
	}
	return w
}

// withActivation adds the activation that the config names, if it does anything.
func (f *fields) withActivation(in []nn.Shape, stages ...stage) []stage {
	activation, suffix := f.activation("activation", []nn.Shape{lastShape(stages, in)})
	return behind(stages, "/"+suffix, activation)
}

// behind returns the stages and, behind them, those of another layer of one input
// whose nodes' names begin with the prefix.
func behind(stages []stage, prefix string, others []stage) []stage {
	before := len(stages)
	for i, s := range others {
		s.suffix = prefix + s.suffix
		reads := make([]int, len(s.reads))
		for k, from := range s.reads {
			if reads[k] = from + before; from < 0 {
				reads[k] = before - 1
			}
		}
		if s.reads != nil {
			s.reads = reads
		} else if i > 0 {
			s.reads = []int{before + i - 1}
		}
		stages = append(stages, s)
	}
	return stages
}

// shapeBehind returns the shape of what a chain of stages makes; nil where one
// refuses, which will say so again.
func shapeBehind(stages []stage, in []nn.Shape) []nn.Shape {
	for _, s := range stages {
		out, err := s.op.Infer(in)
		if err != nil {
			return nil
		}
		in = []nn.Shape{out}
	}
	return in
}
