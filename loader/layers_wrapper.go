package loader

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// inner returns the operations of a layer that is inside of another's config, and
// the layer's name.
func (f *fields) inner(o object, in []nn.Shape) ([]stage, string) {
	name := text(o, "class_name")
	if own, ok := exported[name]; ok {
		name = own
	}
	class, ok := f.known[name]
	config, isConfig := o["config"].(object)
	if !ok || !isConfig {
		f.fail(unsupported("a layer of class %q inside of it", text(o, "class_name")))
		return nil, ""
	}
	inner := newFields(config)
	inner.before3, inner.known = f.before3, f.known
	stages := class(inner, in)
	f.fail(inner.done())
	return stages, text(config, "name")
}

// wrapped returns the operations of the layer that a wrapper's config has, whose
// weights are that layer's.
func (f *fields) wrapped(in []nn.Shape) []stage {
	o, ok := f.config["layer"].(object)
	if f.ignore("layer"); !ok {
		f.wrong("layer", "a layer")
		return nil
	}
	stages, name := f.inner(o, in)
	for i := range stages {
		if stages[i].part.name != "" {
			f.fail(unsupported("a layer inside of a layer inside of it"))
		}
		stages[i].part = part{name, layerGroup}
	}
	return stages
}

// spectralNormalization divides its layer's kernel by its norm in training, which
// saves the kernel as it is used.
func spectralNormalization(f *fields, in []nn.Shape) []stage {
	f.ignore("power_iterations")
	return f.wrapped(in)
}

// maxTimes bounds the positions for each of which TimeDistributed computes a layer
// of its own.
const maxTimes = 256

// timeDistributed applies its layer to every position of the first axis: at once
// where the layer treats positions alike, else one after the other.
func timeDistributed(f *fields, in []nn.Shape) []stage {
	s := first(in)
	if len(s) < 2 {
		f.fail(malformed("expected two axes or more, found %v", s))
		return nil
	}
	inner := []nn.Shape{s[1:]}
	stages := f.wrapped(inner)
	if alike(stages) {
		return stages
	}
	times := s[0]
	if times > maxTimes {
		f.fail(unsupported("%d positions of a layer that is computed for each: at most %d", times, maxTimes))
		return nil
	}
	var all []stage
	var results []int
	out := first(shapeBehind(stages, inner))
	for t := range times {
		cut := &nn.Slice{Start: make([]int, len(s)), Count: s.Clone(), Step: make([]int, len(s))}
		for a := range s {
			cut.Step[a] = 1
		}
		cut.Start[0], cut.Count[0] = t, 1
		prefix := fmt.Sprintf("/%d", t)
		one := []stage{{suffix: prefix + "/take", op: cut, reads: []int{input(0)}}, {suffix: prefix + "/position", op: &nn.Reshape{Target: s[1:].Clone()}}}
		if t > 0 { // operations are of a call; all have the same weights
			stages = f.wrapped(inner)
		}
		one = behind(one, prefix+"/layer", stages)
		one = append(one, stage{suffix: prefix + "/row", op: &nn.Reshape{Target: append(nn.Shape{1}, out...)}})
		for i := range one {
			for k, from := range one[i].reads {
				if from >= 0 {
					one[i].reads[k] = from + len(all)
				}
			}
			if one[i].reads == nil {
				one[i].reads = []int{len(all) + i - 1}
			}
		}
		all = append(all, one...)
		results = append(results, len(all)-1)
	}
	return append(all, stage{op: &nn.Concat{Axis: 0}, reads: results})
}

// alike reports whether a chain of operations does the same to every position of
// an axis that is put in front.
func alike(stages []stage) bool {
	for _, s := range stages {
		switch op := s.op.(type) {
		case *nn.Activation, *nn.Dense, *nn.Identity, *nn.LayerScale, *nn.Rescale, *nn.Unary:
		case *nn.BatchNorm:
			if op.Axis >= 0 {
				return false
			}
		case *nn.LayerNorm:
			if op.Axes != nil {
				return false
			}
		case *nn.Softmax:
			if op.Axes != nil {
				return false
			}
		default:
			return false
		}
		if s.reads != nil {
			return false
		}
	}
	return true
}
