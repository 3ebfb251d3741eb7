package loader

import "github.com/vkeras/vkeras/nn"

func add(*fields, []nn.Shape) []stage { return single(&nn.Add{}) }

func multiply(*fields, []nn.Shape) []stage { return single(&nn.Multiply{}) }

func concatenate(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Concat{Axis: f.axis("axis")})
}

// merge is Keras 1's layer for all that has several inputs.
func merge(f *fields, _ []nn.Shape) []stage {
	f.ignore("dot_axes", "concat_axis", "output_shape_type", "output_mask_type", "arguments")
	if f.string("mode_type") != "raw" {
		f.refuse("mode_type", f.config["mode_type"])
	}
	switch mode := f.string("mode"); mode {
	case "sum":
		return single(&nn.Add{})
	case "mul":
		return single(&nn.Multiply{})
	case "concat":
		return single(&nn.Concat{Axis: f.axis("concat_axis")})
	default:
		f.refuse("mode", mode)
		return nil
	}
}

func flatten(f *fields, _ []nn.Shape) []stage {
	f.channelsLast()
	return single(&nn.Flatten{})
}

func reshape(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Reshape{Target: nn.Shape(f.ints("target_shape"))})
}
