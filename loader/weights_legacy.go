package loader

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/loader/hdf5"
)

// legacy binds the layout of Keras 1 and 2: a group a layer of the model, that
// lists the datasets of its weights. A nested model is one group.
//
// Keras itself goes by order alone: that of the model's layers, and in a group
// that of trainable weights before others. The order is right in a model saved
// whole, but says nothing of weights alone, which may have been saved while
// other layers were frozen, or sorted by name. Names say more where they fit,
// and nothing where layers were renamed after they were built, or TensorFlow
// numbered a name that was taken. So the layers of a model have the groups of
// their names; in the group of a nested model saved whole, the order counts if
// every shape and kind of weight fits it, else the names must; and weights alone
// go by order only where names do not fit and none speaks against it.
type legacy struct {
	visitor
	mismatch
	root     *hdf5.Group
	keras3   bool // Keras 3 wrote the file
	whole    bool // with its architecture
	bindings []binding
}

// bindLegacy finds the variables in the layout of Keras 1 and 2.
func bindLegacy(n *network, c *container) ([]binding, error) {
	b := &legacy{root: c.weights, keras3: c.kerasMajor() >= 3, whole: c.config != nil}
	pairs, err := b.pairs(n)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		if err := b.bind(p.layer, p.group); err != nil {
			return nil, err
		}
	}
	b.checkShapes(b.bindings)
	return b.bindings, b.err()
}

// legacyPair is a layer of the model and its group.
type legacyPair struct {
	layer *layer
	group *legacyGroup
}

// pairs finds the groups of all layers with weights, by name or, among weights
// alone, by order.
func (b *legacy) pairs(n *network) ([]legacyPair, error) {
	var pairs []legacyPair
	wanted := map[string]bool{}
	lacks := false
	for _, l := range n.layers {
		wanted[l.name] = true
		if !l.hasVariables() {
			continue
		}
		g, err := b.group(l.name)
		if err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		lacks = lacks || len(g.weights) == 0
		pairs = append(pairs, legacyPair{l, g})
	}
	names, err := splitAttr(b.root, "layer_names")
	if err != nil {
		return nil, err
	}
	var listed []*legacyGroup
	var unexpected []string
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		g, err := b.group(name)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", name, err)
		}
		if len(g.weights) == 0 {
			continue
		}
		listed = append(listed, g)
		if !wanted[name] {
			unexpected = append(unexpected, fmt.Sprintf("%q", name))
		}
	}
	if lacks && !b.whole && !n.unordered {
		if ordered := inOrder(pairs, listed); ordered != nil {
			return ordered, nil
		}
	}
	b.unexpected = unexpected
	return pairs, nil
}

// inOrder gives the layers the groups in their order, nil if that cannot be
// right.
func inOrder(pairs []legacyPair, groups []*legacyGroup) []legacyPair {
	if len(pairs) != len(groups) {
		return nil
	}
	ordered := make([]legacyPair, len(pairs))
	model, file := make([]string, len(pairs)), make([]string, len(pairs))
	for i, p := range pairs {
		ordered[i] = legacyPair{p.layer, groups[i]}
		model[i], file[i] = p.layer.name, groups[i].name
	}
	if !sameOrder(model, file) {
		return nil
	}
	return ordered
}

// maxPathBytes bounds the names of groups and of weights: they are in an
// attribute, which HDF5 bounds so.
const maxPathBytes = 1 << 16

// legacyGroup is the group of a layer of the model.
type legacyGroup struct {
	name     string
	group    *hdf5.Group    // nil where the file has none
	weights  []legacyWeight // in the order of weight_names, without states
	datasets []*hdf5.Dataset
}

// group opens the group of a layer of the model.
func (b *legacy) group(name string) (*legacyGroup, error) {
	if len(name) > maxPathBytes {
		return nil, advise(unsupported("a name of %d bytes", len(name)), "give the layers shorter names")
	}
	group, err := b.open(b.root, name)
	if errors.Is(err, hdf5.ErrNotFound) {
		return &legacyGroup{name: name}, nil
	}
	if err != nil {
		return nil, hdf5Error(err)
	}
	paths, err := splitAttr(group, "weight_names")
	if err != nil {
		return nil, err
	}
	g := &legacyGroup{name: name, group: group}
	for _, path := range paths {
		if len(path) > maxPathBytes {
			return nil, advise(unsupported("a weight's name of %d bytes", len(path)), "give the layers shorter names")
		}
		if w := parseWeightName(path); !w.state() {
			g.weights = append(g.weights, w)
		}
	}
	g.datasets = make([]*hdf5.Dataset, len(g.weights))
	return g, nil
}

// splitAttr reads a list of names from an attribute, or from those with 0, 1,
// 2, ... appended among which Keras splits a list beyond 64 KiB.
func splitAttr(g *hdf5.Group, name string) ([]string, error) {
	a, err := g.Attr(name)
	if err == nil {
		// An empty list has no data, and at times the type of a number.
		if a.IsNull() || slices.Contains(a.Shape(), 0) {
			return nil, nil
		}
		names, err := a.Strings()
		return names, hdf5Error(err)
	}
	var all []string
	for i := 0; errors.Is(err, hdf5.ErrNotFound); i++ {
		a, err := g.Attr(fmt.Sprint(name, i))
		if errors.Is(err, hdf5.ErrNotFound) && i > 0 {
			return all, nil
		}
		if err != nil {
			return nil, hdf5Error(err)
		}
		names, err := a.Strings()
		if err != nil {
			return nil, hdf5Error(err)
		}
		all = append(all, names...)
	}
	return nil, hdf5Error(err)
}
