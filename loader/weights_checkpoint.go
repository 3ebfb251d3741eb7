package loader

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/loader/tensorbundle"
)

// checkpoint binds the weights of TensorFlow's checkpoints. Their object graph has
// a model's layers as layer-0, layer-1 ... and those of them with weights as
// layer_with_weights-0 ... too, in the order of the model's layers; a layer has its
// variables by their roles, a nested model its layers.
//
// As in Keras, the order counts. Names are in a SavedModel's metadata, and most
// variables know in what layer they were made: where all layers with weights of a
// model have their own name there, names count.
type checkpoint struct {
	mismatch
	bundle   *tensorbundle.Bundle
	objects  *tensorbundle.ObjectGraph
	saved    map[string]string // layers' names by path, in a SavedModel
	links    int
	read     map[int]tensorbundle.Object // objects that were read
	tensors  map[string]*tensorbundle.Tensor
	bindings []binding
}

// bindCheckpoint finds the variables in a checkpoint or SavedModel.
func bindCheckpoint(n *network, c *container) ([]binding, error) {
	b := &checkpoint{bundle: c.checkpoint, objects: c.objects, saved: c.layerNames}
	root, _, err := b.model()
	if err != nil {
		return nil, err
	}
	if err := b.network(n, root, ""); err != nil {
		return nil, err
	}
	b.checkShapes(b.bindings)
	return b.bindings, b.err()
}

// object reads an object of the graph. A hostile one may have objects that refer
// to each other many times: each is parsed once, and each visit counts.
func (b *checkpoint) object(id int) (tensorbundle.Object, error) {
	o, ok := b.read[id]
	if !ok {
		var err error
		if o, err = b.objects.Object(id); err != nil {
			return o, formatError(err)
		}
		if b.read == nil {
			b.read = map[int]tensorbundle.Object{}
		}
		b.read[id] = o
	}
	if b.links += 1 + len(o.Children); b.links > maxLinks {
		return o, malformed("more than %d links", maxLinks)
	}
	return o, nil
}

// tensor finds a tensor, once.
func (b *checkpoint) tensor(key string) (*tensorbundle.Tensor, error) {
	if t := b.tensors[key]; t != nil {
		return t, nil
	}
	t, err := b.bundle.Tensor(key)
	if err != nil {
		return nil, formatError(err)
	}
	if b.tensors == nil {
		b.tensors = map[string]*tensorbundle.Tensor{}
	}
	b.tensors[key] = t
	return t, nil
}

// model returns the object that is the model: the one that was saved or, of
// tf.train.Checkpoint, the one it refers to that has layers; and whether there is
// an optimizer beside it or in it.
func (b *checkpoint) model() (model tensorbundle.Object, optimizer bool, err error) {
	root, err := b.object(0)
	if err != nil {
		return root, false, err
	}
	if hasLayers(root) {
		return root, slices.Contains(childNames(root), "optimizer"), nil
	}
	var models []string
	for _, c := range root.Children {
		o, err := b.object(c.ID)
		if err != nil {
			return o, false, err
		}
		if hasLayers(o) {
			models, model = append(models, c.Name), o
		}
	}
	names := childNames(root)
	switch len(models) {
	case 0:
		return model, false, advise(unsupported("a checkpoint of no Sequential or functional model: it has no layers, but %s", few(names, ", ")), "save a Keras model with model.save_weights")
	case 1:
		return model, slices.Contains(append(names, childNames(model)...), "optimizer"), nil
	default:
		return model, false, advise(unsupported("a checkpoint of several models (%s)", few(models, ", ")), "save the one with model.save_weights")
	}
}

func childNames(o tensorbundle.Object) []string {
	names := make([]string, len(o.Children))
	for i, c := range o.Children {
		names[i] = c.Name
	}
	return names
}

// weighted is how a model's layers with weights are called.
const weighted = "layer_with_weights-"

// hasLayers reports whether an object is a model whose layers it knows.
func hasLayers(o tensorbundle.Object) bool {
	return slices.ContainsFunc(o.Children, func(c tensorbundle.Child) bool { return strings.HasPrefix(c.Name, weighted) || c.Name == "layer-0" })
}

// savedLayer is a layer with weights of a model in a checkpoint.
type savedLayer struct {
	path    string // in the object graph: "layer_with_weights-0"
	object  tensorbundle.Object
	nested  bool
	weights []savedWeight // of a layer that is no model
}

// savedWeight is a variable of a layer.
type savedWeight struct {
	role  string // behind the name of a layer inside of the layer: "layer/kernel"
	key   string
	scope string // what its full name says of its layer
	rank  int
}

// network binds the layers of a model that is an object.
func (b *checkpoint) network(n *network, model tensorbundle.Object, within string) error {
	var layers []*layer
	for _, l := range n.layers {
		if l.hasVariables() {
			layers = append(layers, l)
		}
	}
	saved, err := b.layers(model, within)
	if err != nil {
		return err
	}
	pairs := b.byName(layers, saved)
	if pairs == nil {
		pairs = b.byOrder(n, layers, saved)
	}
	for i, l := range layers {
		s := pairs[i]
		switch {
		case s == nil:
		case l.nested != nil:
			err = b.network(l.nested, s.object, s.path+"/")
		default:
			err = b.layer(l, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// layers returns the layers with weights of a model, in their order.
func (b *checkpoint) layers(model tensorbundle.Object, within string) ([]*savedLayer, error) {
	type numbered struct{ number, id int }
	var found []numbered
	for _, c := range model.Children {
		if digits, ok := strings.CutPrefix(c.Name, weighted); ok {
			if number, err := strconv.Atoi(digits); err == nil && number >= 0 {
				found = append(found, numbered{number, c.ID})
			}
		}
	}
	slices.SortFunc(found, func(x, y numbered) int { return cmp.Compare(x.number, y.number) })
	var all []*savedLayer
	for _, f := range found {
		o, err := b.object(f.id)
		if err != nil {
			return nil, err
		}
		s := &savedLayer{path: fmt.Sprint(within, weighted, f.number), object: o, nested: hasLayers(o)}
		for _, c := range o.Children { // of a TimeDistributed, the model that is inside
			if c.Name != layerGroup || s.nested {
				continue
			}
			inner, err := b.object(c.ID)
			if err != nil {
				return nil, err
			}
			if s.nested = hasLayers(inner); s.nested {
				s.path, s.object = s.path+"/"+layerGroup, inner
			}
		}
		if !s.nested {
			if s.weights, err = b.weights(o, "", 0); err != nil {
				return nil, fmt.Errorf("%s: %w", s.path, err)
			}
			if len(s.weights) == 0 { // states alone, such as a random generator's
				continue
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// leaves returns the layers with weights of a model and of those in it, in their
// order.
func (b *checkpoint) leaves(model tensorbundle.Object, within string, depth int) ([]*savedLayer, error) {
	if depth > maxDepth {
		return nil, malformed("models nested more than %d deep", maxDepth)
	}
	saved, err := b.layers(model, within)
	if err != nil {
		return nil, err
	}
	var all []*savedLayer
	for _, s := range saved {
		if !s.nested {
			all = append(all, s)
			continue
		}
		inner, err := b.leaves(s.object, s.path+"/", depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, inner...)
	}
	return all, nil
}

// maxSublayers bounds the nesting of layers in a layer that is no model.
const maxSublayers = 4

// weights returns the variables of a layer, and those of layers that it is made
// of, without those that do not act at inference.
func (b *checkpoint) weights(o tensorbundle.Object, within string, depth int) ([]savedWeight, error) {
	var all []savedWeight
	for _, c := range o.Children {
		if bookkeeping(c.Name) {
			continue
		}
		child, err := b.object(c.ID)
		if err != nil {
			return nil, err
		}
		if child.Key == "" {
			if depth == maxSublayers || len(child.Children) == 0 {
				continue
			}
			deeper, err := b.weights(child, within+strings.TrimPrefix(c.Name, "_")+"/", depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, deeper...)
			continue
		}
		w := parseWeightName(within + c.Name)
		full := parseWeightName(child.FullName)
		if w.state() || full.state() || slices.ContainsFunc(all, func(other savedWeight) bool { return other.key == child.Key }) {
			continue // one variable may have two names: "mean", "adapt_mean"
		}
		s := savedWeight{role: within + c.Name, key: child.Key, scope: full.scope}
		t, err := b.tensor(child.Key)
		if err != nil {
			return nil, err
		}
		s.rank = len(t.Shape())
		all = append(all, s)
	}
	return all, nil
}

// bookkeeping reports a child of a layer that is no part of it: lists of what
// others have, functions, and Keras's own notes.
func bookkeeping(name string) bool {
	switch name {
	case "variables", "trainable_variables", "non_trainable_variables", "regularization_losses", "keras_api", "signatures",
		"__call__", "call_and_return_all_conditional_losses", "call_and_return_conditional_losses", "_default_save_signature":
		return true
	}
	return strings.HasPrefix(name, "_random_generator") || strings.HasPrefix(name, "_jit_")
}

// layer binds the variables of a layer.
func (b *checkpoint) layer(l *layer, s *savedLayer) error {
	var lacking []string
	claimed := map[string]bool{}
	roles, slots := l.wanted()
	for i, want := range slots {
		found := slices.IndexFunc(s.weights, func(w savedWeight) bool { return w.role == roles[i] })
		if found < 0 {
			lacking = append(lacking, roles[i])
			continue
		}
		key := s.weights[found].key
		claimed[key] = true
		t, err := b.tensor(key)
		if err != nil {
			return layerError(l.class, l.fullName, fmt.Errorf("%s: %w", roles[i], err))
		}
		b.bindings = append(b.bindings, binding{want.layer, want.variable, t})
	}
	if lacking != nil {
		b.missing = append(b.missing, fmt.Sprintf("%s %q: %s", l.class, l.fullName, strings.Join(lacking, ", ")))
	}
	for _, w := range s.weights {
		if !claimed[w.key] {
			b.unexpected = append(b.unexpected, fmt.Sprintf("%q", l.fullName+": "+w.role))
		}
	}
	return nil
}
