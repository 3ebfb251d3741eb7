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
	inner.before3, inner.adapters, inner.known, inner.named, inner.depth = f.before3, f.adapters, f.known, f.named, f.depth+1
	if inner.depth > maxDepth {
		f.fail(malformed("layers inside of layers more than %d deep", maxDepth))
		return nil, ""
	}
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
		stages[i].parts = append([]part{{name: name, group: layerGroup}}, stages[i].parts...)
	}
	return stages
}

// spectralNormalization divides its layer's kernel by its norm in training, which
// saves the kernel as it is used.
func spectralNormalization(f *fields, in []nn.Shape) []stage {
	f.ignore("power_iterations")
	return f.wrapped(in)
}

// pipeline applies the layers of a list one after the other.
func pipeline(f *fields, in []nn.Shape) []stage {
	layers, ok := list(f.config["layers"])
	if f.ignore("layers"); !ok || len(layers) == 0 || len(in) != 1 {
		f.wrong("layers", "layers")
		return nil
	}
	m, at := composer{in: in}, input(0)
	seen := map[string]int{} // layers of a class, which Keras's keys count
	for i, entry := range layers {
		o, _ := entry.(object)
		stages, name := f.inner(o, []nn.Shape{m.shape(at)})
		if f.err != nil {
			return nil
		}
		key := snakeCase(text(o, "class_name"))
		if n := seen[key]; n > 0 {
			key = fmt.Sprintf("%s_%d", key, n)
		}
		seen[snakeCase(text(o, "class_name"))]++
		for k := range stages {
			stages[k].parts = append([]part{{name, layersGroup + "/" + key, o}}, stages[k].parts...)
		}
		suffix := "/" + name
		if i == len(layers)-1 {
			suffix = ""
		}
		m.behind(suffix, stages, at)
		at = len(m.stages) - 1
	}
	return m.stages
}

// maxTimes bounds the positions for each of which TimeDistributed computes a layer
// of its own.
const maxTimes = 256

// maxStages bounds the operations of one TimeDistributed.
const maxStages = 1 << 13

// timeDistributed applies its layer to every position of the first axis: at once
// where the layer treats positions alike, else one after the other. A mask that the
// layer takes is cut as its input is.
func timeDistributed(f *fields, in []nn.Shape) []stage {
	s := first(in)
	if len(s) < 2 || len(in) > 1 && (len(in[1]) < 2 || in[1][0] != s[0]) {
		f.fail(malformed("expected two axes or more, found %v", in))
		return nil
	}
	var inner []nn.Shape
	for _, one := range in {
		inner = append(inner, one[1:])
	}
	stages := f.wrapped(inner)
	if len(in) == 1 && alike(stages) {
		return stages
	}
	times := s[0]
	switch {
	case f.err != nil:
		return nil
	case times > maxTimes:
		f.fail(unsupported("%d positions of a layer that is computed for each: at most %d", times, maxTimes))
		return nil
	case times*len(stages) > maxStages:
		f.fail(unsupported("%d operations at each of %d positions: at most %d in all", len(stages), times, maxStages))
		return nil
	}
	m := composer{in: in}
	var rows []int
	for t := range times {
		prefix := fmt.Sprintf("/%d", t)
		var position []int
		for i, one := range in {
			cut := whole(one)
			cut.Start[0], cut.Count[0] = t, 1
			name := prefix + []string{"", "/mask"}[i]
			at := m.add(name+"/take", cut, input(i))
			position = append(position, m.add(name+"/position", &nn.Reshape{Target: one[1:].Clone()}, at))
		}
		if t > 0 { // operations are of a call; all have the same weights
			stages = f.wrapped(inner)
		}
		m.behind(prefix+"/layer", stages, position...)
		y := len(m.stages) - 1
		if out := m.shape(y); out != nil {
			y = m.add(prefix+"/row", &nn.Reshape{Target: append(nn.Shape{1}, out...)}, y)
		}
		rows = append(rows, y)
	}
	m.add("", &nn.Concat{Axis: 0}, rows...)
	return m.stages
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
