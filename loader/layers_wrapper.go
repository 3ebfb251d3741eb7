package loader

import "github.com/vkeras/vkeras/nn"

// inner returns the operations of a layer that is inside of another's config, and
// the layer's name.
func (f *fields) inner(o object, in []nn.Shape) ([]stage, string) {
	class, ok := f.known[text(o, "class_name")]
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
