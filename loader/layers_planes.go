package loader

import (
	"maps"

	"github.com/vkeras/vkeras/nn"
)

// planes returns a layer that may have its channels first, (C, H, W) or (C,
// positions): with the axes in the other order it is the layer that has them last,
// whose weights are the same. Its activation sees the axes as they are.
func planes(layer class) class {
	return func(f *fields, in []nn.Shape) []stage {
		s := first(in)
		if f.config["data_format"] != "channels_first" || len(in) != 1 || len(s) < 2 {
			return layer(f, in)
		}
		inner := *f
		inner.config = maps.Clone(f.config)
		inner.config["data_format"] = "channels_last"
		_, bends := f.config["activation"]
		if bends {
			inner.config["activation"] = "linear"
		}
		to := append(upTo(len(s))[1:], 0)
		stages := []stage{{suffix: "/channels_last", op: &nn.Transpose{Axes: to}, reads: []int{input(0)}}}
		own := layer(&inner, []nn.Shape{append(s[1:].Clone(), s[0])})
		if f.err = inner.err; f.err != nil || len(own) == 0 {
			return nil
		}
		stages = behind(stages, "/planes", own)
		if out := lastShape(stages, in); len(out) == len(s) {
			back := append([]int{len(s) - 1}, upTo(len(s)-1)...)
			stages = append(stages, stage{op: &nn.Transpose{Axes: back}})
		} else {
			stages[len(stages)-1].suffix = ""
		}
		if bends {
			return f.withActivation(in, stages...)
		}
		return stages
	}
}
