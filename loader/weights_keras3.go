package loader

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/loader/hdf5"
)

// bindKeras3 finds the variables in the layout of Keras 3: layers/<key>/vars/<i>,
// where the key is the layer's class in snake case with a counter in the order
// of the model's layers, whatever the layer's name is; a nested model has
// layers of its own below its key.
func bindKeras3(n *network, root *hdf5.Group) ([]binding, error) {
	// Keras saves a layer where it meets it first.
	if err := n.mergeShared(map[string]*layer{}); err != nil {
		return nil, err
	}
	bindings, err := bindKeys(n, root)
	if errors.Is(err, ErrWeights) && n.mergeAlike() {
		return bindKeys(n, root)
	}
	return bindings, err
}

// bindKeys binds the layers of a model to the keys of a file.
func bindKeys(n *network, root *hdf5.Group) ([]binding, error) {
	var k keras3
	if err := k.network(n, root); err != nil {
		return nil, err
	}
	k.checkShapes(k.bindings)
	return k.bindings, k.err()
}

type keras3 struct {
	visitor
	mismatch
	bindings []binding
}

// containers are the groups in which a model's layers are: that of Keras 3 and
// late Keras 2, and that of Keras 2.12.
var containers = []string{layersGroup, "_layer_checkpoint_dependencies"}

// network binds the layers of a model to the keys in its group. The n-th layer
// of a class with weights is the n-th key of the class with weights: counters
// have gaps where layers have none, and in Keras 2.12, which counts layers with
// weights twice.
func (k *keras3) network(n *network, group *hdf5.Group) error {
	keys, err := k.keysOf(group)
	if err != nil {
		return err
	}
	layers := map[string][]*layer{}
	for _, l := range n.layers {
		if l.hasVariables() {
			class := snakeCase(l.class)
			layers[class] = append(layers[class], l)
		}
	}
	saved := map[string]*layer{}
	for _, class := range slices.Sorted(maps.Keys(layers)) {
		ls, ks := layers[class], keys[class]
		delete(keys, class)
		if len(ls) != len(ks) {
			k.count(n, ls, ks)
			continue
		}
		for i, l := range ls {
			if err := k.layer(l, ks[i].group, saved); err != nil {
				return err
			}
		}
	}
	k.checkNames(saved)
	for _, class := range slices.Sorted(maps.Keys(keys)) {
		for _, key := range keys[class] {
			k.unexpected = append(k.unexpected, fmt.Sprintf("%q", key.name))
		}
	}
	return nil
}

// count notes that the model and the file have other numbers of layers of a class.
func (k *keras3) count(n *network, layers []*layer, keys []key) {
	if len(keys) == 0 {
		for _, l := range layers {
			k.miss(l)
		}
		return
	}
	k.other = append(k.other, fmt.Sprintf("%d layers of class %s with weights in the model %q, %d in the file", len(layers), layers[0].class, n.name, len(keys)))
}

// layer binds a layer to its group, and notes under what name it was saved, as
// Keras tells from 3.6 on.
func (k *keras3) layer(l *layer, group *hdf5.Group, saved map[string]*layer) error {
	for range l.wrappers() {
		inner, err := k.open(group, layerGroup)
		if err != nil {
			return layerError(l.class, l.fullName, hdf5Error(err))
		}
		group = inner
	}
	if l.nested != nil {
		return k.network(l.nested, group)
	}
	for _, inner := range l.parts {
		name := inner.group
		if !group.IsGroup(name) {
			name = "_" + name // Keras 2 says what is private
		}
		g, err := k.open(group, name)
		if err != nil {
			return layerError(inner.class, inner.fullName, hdf5Error(err))
		}
		if err := k.layer(inner, g, map[string]*layer{}); err != nil {
			return err
		}
	}
	if len(l.vars) == 0 { // a wrapper's own are no weights
		return nil
	}
	vars, err := k.open(group, "vars")
	if err != nil {
		return layerError(l.class, l.fullName, hdf5Error(err))
	}
	names := vars.Names()
	if l.class == "Normalization" {
		names = slices.DeleteFunc(names, func(s string) bool { return s == "2" }) // the count of samples
	}
	if l.config["renorm"] == true { // statistics of batches, for training
		names = names[:max(len(names)-3, 0)]
	}
	own := slices.DeleteFunc(slices.Clone(l.vars), func(v *variable) bool { return v.legacy })
	if len(names) != len(own) {
		k.other = append(k.other, fmt.Sprintf("%s %q has %d weights in the model, %d in the file (%s)", l.class, l.fullName, len(own), len(names), vars.Path()))
		return nil
	}
	for i, v := range own {
		d, err := vars.Dataset(strconv.Itoa(i))
		if err != nil {
			return layerError(l.class, l.fullName, fmt.Errorf("%s: %w", v.role, hdf5Error(err)))
		}
		k.bindings = append(k.bindings, binding{l, v, d})
	}
	if name, err := optionalText(vars, "name"); err == nil && name != "" {
		saved[name] = l
	}
	return nil
}

// checkNames refuses a model whose layers were saved under the same names in
// another order: then keys that count layers lead to the wrong ones. Where the
// names are others, as when Keras made them up, they say nothing.
func (k *keras3) checkNames(saved map[string]*layer) {
	names := map[string]bool{}
	for _, l := range saved {
		names[l.name] = true
	}
	var swapped []string
	for _, name := range slices.Sorted(maps.Keys(saved)) {
		if !names[name] {
			return
		}
		if l := saved[name]; name != l.name {
			swapped = append(swapped, fmt.Sprintf("%q for %q", name, l.fullName))
		}
	}
	if len(swapped) > 0 {
		k.other = append(k.other, "the file's layers are in another order: "+few(swapped, ", "))
	}
}

// key is a group of a layer with weights.
type key struct {
	name    string
	counter int
	group   *hdf5.Group
}

// counted is a key with a counter; the first layer of a class has none.
var counted = regexp.MustCompile(`^(.*)_(\d{1,9})$`)

// keysOf returns the keys of a model's group that have weights, by class and in
// the order of their counters.
func (k *keras3) keysOf(group *hdf5.Group) (map[string][]key, error) {
	layers, err := k.layersOf(group)
	if layers == nil || err != nil {
		return nil, err
	}
	keys := map[string][]key{}
	for _, name := range layers.Names() {
		g, err := k.open(layers, name)
		if err != nil {
			return nil, hdf5Error(err)
		}
		if has, err := k.hasWeights(g, 0); err != nil {
			return nil, err
		} else if !has {
			continue
		}
		found, class := key{name: strings.TrimPrefix(g.Path(), "/"), group: g}, name
		if part := counted.FindStringSubmatch(name); part != nil {
			class = part[1]
			found.counter, _ = strconv.Atoi(part[2])
		}
		keys[class] = append(keys[class], found)
	}
	for _, ks := range keys {
		slices.SortFunc(ks, func(a, b key) int { return cmp.Compare(a.counter, b.counter) })
	}
	return keys, nil
}

// layersOf returns the group in which a model's layers are, nil for none.
func (k *keras3) layersOf(group *hdf5.Group) (*hdf5.Group, error) {
	for _, container := range containers {
		if group.IsGroup(container) {
			layers, err := k.open(group, container)
			return layers, hdf5Error(err)
		}
	}
	return nil, nil
}

// partGroups are where Keras 3 keeps the weights of layers that are inside of
// others.
var partGroups = []string{layerGroup, activationGroup, outputGroup, "_" + outputGroup}

const (
	layerGroup      = "layer"        // of a wrapper
	layersGroup     = "layers"       // of a Pipeline, and of a model
	activationGroup = "activation"   // of a layer that is the activation of another
	outputGroup     = "output_dense" // of the last projection of attention, whose others are named alike
)

// hasWeights reports whether a layer's group has variables, or that of a model
// a layer that has.
func (k *keras3) hasWeights(group *hdf5.Group, depth int) (bool, error) {
	if depth > maxDepth {
		return false, malformed("%s: models nested more than %d deep", group.Path(), maxDepth)
	}
	vars, err := k.open(group, "vars")
	if err == nil && len(vars.Names()) > 0 {
		return true, nil
	}
	if err != nil && !errors.Is(err, hdf5.ErrNotFound) {
		return false, hdf5Error(err)
	}
	for _, name := range partGroups {
		if !group.IsGroup(name) {
			continue
		}
		g, err := k.open(group, name)
		if err != nil {
			return false, hdf5Error(err)
		}
		if has, err := k.hasWeights(g, depth+1); has || err != nil {
			return has, err
		}
	}
	layers, err := k.layersOf(group)
	if layers == nil || err != nil {
		return false, err
	}
	for _, name := range layers.Names() {
		g, err := k.open(layers, name)
		if err != nil {
			return false, hdf5Error(err)
		}
		if has, err := k.hasWeights(g, depth+1); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

var (
	wordStart = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	caseShift = regexp.MustCompile(`([a-z])([A-Z])`)
)

// snakeCase writes a class as Keras's keys do: BatchNormalization becomes
// batch_normalization, Conv2D conv2d. A model is functional, whatever old
// versions call it.
func snakeCase(class string) string {
	if class == "Model" {
		return "functional"
	}
	s := wordStart.ReplaceAllString(class, "${1}_${2}")
	return strings.ToLower(caseShift.ReplaceAllString(s, "${1}_${2}"))
}
