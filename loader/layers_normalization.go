package loader

import "github.com/vkeras/vkeras/nn"

func batchNormalization(f *fields, _ []nn.Shape) []stage {
	// Keras 1: mode 0 normalises as all later versions do.
	if f.has("mode") && f.int("mode") != 0 {
		f.refuse("mode", f.config["mode"])
	}
	op := &nn.BatchNorm{
		Axis: f.axis("axis"), Epsilon: f.float("epsilon"),
		Scale: f.boolOr("scale", true), Center: f.boolOr("center", true), // Keras 1 always has both
	}
	if op.Epsilon < 0 {
		f.refuse("epsilon", f.config["epsilon"])
	}
	f.ignore("fused")
	return single(op)
}

// normalization has its statistics as weights, unless they are in the config.
func normalization(f *fields, in []nn.Shape) []stage {
	if l, ok := list(f.config["axis"]); !f.has("axis") || ok && len(l) == 0 {
		f.fail(unsupported("axis null: one mean for all channels"))
		return nil
	}
	f.lastAxis("axis", in)
	if !f.has("mean") && !f.has("variance") {
		return single(&nn.Normalize{Adapted: true})
	}
	channels := first(in).Channels()
	return single(&nn.Normalize{Mean: f.perChannel("mean", channels), Variance: f.perChannel("variance", channels)})
}

// perChannel reads a number a channel, or one for all.
func (f *fields) perChannel(name string, channels int) *nn.Tensor {
	const most = 1 << 16 // channels come from the config, unchecked
	values := f.floats(name)
	if len(values) == 1 && channels <= most {
		t := nn.NewTensor(channels)
		for i := range t.Data {
			t.Data[i] = values[0]
		}
		return t
	}
	return &nn.Tensor{Shape: nn.Shape{len(values)}, Data: values}
}

func rescaling(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Rescale{Scale: f.floats("scale"), Offset: f.floats("offset")})
}
