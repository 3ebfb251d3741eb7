package loader

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/loader/hdf5"
)

// bindLegacy finds the variables in the HDF5 layout of Keras 1 and 2: a group a
// layer of the model, that lists the datasets of its weights. A nested model is
// one group. Layers are found by name, never by their order: files are sorted
// by name at times, and the order in the group of a nested model depends on
// which layers were frozen.
func bindLegacy(n *network, root *hdf5.Group) ([]binding, error) {
	var m mismatch
	var v visitor
	var all []binding
	wanted := map[string]bool{}
	for _, l := range n.layers {
		wanted[l.name] = true
		if !l.hasVariables() {
			continue
		}
		g, err := v.legacyGroup(root, l.name)
		if err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		bindings, err := g.bind(l, &m)
		if err != nil {
			return nil, err
		}
		all = append(all, bindings...)
	}
	names, err := splitAttr(root, "layer_names")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if wanted[name] {
			continue
		}
		wanted[name] = true
		g, err := v.legacyGroup(root, name)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", name, err)
		}
		if slices.ContainsFunc(g.weights, func(w legacyWeight) bool { return !w.state() }) {
			m.unexpected = append(m.unexpected, fmt.Sprintf("%q", name))
		}
	}
	m.checkShapes(all)
	return all, m.err()
}

// maxPathBytes bounds the names of groups and of weights.
const maxPathBytes = 4096

// legacyGroup is the group of a layer of the model.
type legacyGroup struct {
	group   *hdf5.Group // nil where the file has none
	weights []legacyWeight
}

// legacyWeight is an entry of weight_names, taken apart.
type legacyWeight struct {
	path  string // in the layer's group: "base/conv1/kernel:0"
	scope string // the layer's name, perhaps behind those of models: "base/conv1"; "" where it doesn't say
	role  string // as Keras 3 calls it: "kernel"; "" for no role of a layer that is read here
}

// state reports a variable that does not act at inference: the number of
// samples that a Normalization saw, the state of a random generator.
func (w legacyWeight) state() bool {
	base := w.path[strings.LastIndexByte(w.path, '/')+1:]
	base, _, _ = strings.Cut(base, ":")
	switch base {
	case "count", "seed_generator_state", "StateVar":
		return true
	}
	return false
}

func (v *visitor) legacyGroup(root *hdf5.Group, name string) (*legacyGroup, error) {
	if len(name) > maxPathBytes {
		return nil, malformed("a name of %d bytes", len(name))
	}
	group, err := v.open(root, name)
	if errors.Is(err, hdf5.ErrNotFound) {
		return &legacyGroup{}, nil
	}
	if err != nil {
		return nil, hdf5Error(err)
	}
	paths, err := splitAttr(group, "weight_names")
	if err != nil {
		return nil, err
	}
	g := &legacyGroup{group: group}
	for _, path := range paths {
		if len(path) > maxPathBytes {
			return nil, malformed("a weight's name has %d bytes", len(path))
		}
		g.weights = append(g.weights, parseWeightName(path))
	}
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

// legacyRoles are the names of variables in all generations of Keras.
var legacyRoles = map[string]string{
	"kernel": "kernel", "bias": "bias",
	"depthwise_kernel": "depthwise_kernel", "pointwise_kernel": "pointwise_kernel",
	"gamma": "gamma", "beta": "beta", "moving_mean": "moving_mean", "moving_variance": "moving_variance",
	"mean": "mean", "variance": "variance",
	// Keras 1. Its running_std is the variance.
	"W": "kernel", "b": "bias", "running_mean": "moving_mean", "running_std": "moving_variance",
}

// keras1Name is <layer>_<role>, with the number that TensorFlow appends when
// the name was taken.
var keras1Name = regexp.MustCompile(`^(.+)_(W|b|gamma|beta|running_mean|running_std)(?:_\d+)?$`)

// taken is the number that TensorFlow appends to a name that was taken.
var taken = regexp.MustCompile(`_\d+$`)

// parseWeightName takes a name such as "base/conv1/kernel:0", "conv1_W:0" or
// "kernel" apart.
func parseWeightName(path string) legacyWeight {
	w := legacyWeight{path: path}
	name, _, _ := strings.Cut(path, ":")
	slash := strings.LastIndexByte(name, '/') + 1
	scope, base := strings.TrimSuffix(name[:slash], "/"), name[slash:]
	if role, ok := legacyRoles[base]; ok {
		w.scope, w.role = scope, role
	} else if role, ok := legacyRoles[taken.ReplaceAllString(base, "")]; ok {
		w.scope, w.role = scope, role
	} else if part := keras1Name.FindStringSubmatch(base); part != nil {
		w.scope, w.role = name[:slash]+part[1], legacyRoles[part[2]]
	}
	return w
}

// fits returns how much of the layer's full name the scope has at its end: 0
// for nothing, else 1 plus the number of models' names that agree.
func (w legacyWeight) fits(l *layer) int {
	name := l.fullName
	suffix := l.name
	best := 0
	for rank := 1; ; rank++ {
		if w.scope == suffix || strings.HasSuffix(w.scope, "/"+suffix) {
			best = rank
		}
		outer := strings.TrimSuffix(name, suffix)
		if outer == "" {
			return best
		}
		outer = strings.TrimSuffix(outer, "/")
		suffix = name[strings.LastIndexByte(outer, '/')+1:]
	}
}

// bind finds the variables of the layer that has the group, or of all layers of
// the model that has it.
func (g *legacyGroup) bind(l *layer, m *mismatch) ([]binding, error) {
	claimed := make([]bool, len(g.weights))
	var all []binding
	leaves := l.leaves(nil)
	for _, leaf := range leaves {
		if len(leaf.vars) == 0 {
			continue
		}
		found := 0
		for _, v := range leaf.vars {
			i, err := g.find(leaf, v, len(leaves) == 1 && l.nested == nil)
			if err != nil {
				return nil, layerError(leaf.class, leaf.fullName, err)
			}
			if i < 0 {
				continue
			}
			found++
			claimed[i] = true
			d, err := g.group.Dataset(g.weights[i].path)
			if err != nil {
				return nil, layerError(leaf.class, leaf.fullName, hdf5Error(err))
			}
			all = append(all, binding{leaf, v, d})
		}
		if found < len(leaf.vars) {
			g.explain(leaf, found, m)
		}
	}
	for i, w := range g.weights {
		if !claimed[i] && !w.state() {
			m.unexpected = append(m.unexpected, fmt.Sprintf("%q", l.name+": "+w.path))
		}
	}
	return all, nil
}

// explain notes what the file lacks of a layer.
func (g *legacyGroup) explain(l *layer, found int, m *mismatch) {
	if found == 0 {
		m.miss(l)
		return
	}
	var roles []string
	for _, v := range l.vars {
		if i, err := g.find(l, v, l.name == l.fullName); i < 0 && err == nil {
			roles = append(roles, v.role)
		}
	}
	m.missing = append(m.missing, fmt.Sprintf("%s %q: %s", l.class, l.fullName, strings.Join(roles, ", ")))
}

// find returns the index of the weight that is a layer's variable, -1 for none.
// In a group of the layer's own the role is enough, for TensorFlow may have
// changed the scope; among several, the scope must end in the layer's name.
func (g *legacyGroup) find(l *layer, v *variable, own bool) (int, error) {
	best, rank, ties := -1, 0, 0
	for i, w := range g.weights {
		if !w.is(v.role) {
			continue
		}
		r := w.fits(l)
		if own {
			r++
		}
		switch {
		case r > rank:
			best, rank, ties = i, r, 0
		case r == rank && r > 0:
			ties++
		}
	}
	if ties > 0 {
		return -1, malformed("%d weights of the file may be its %s, such as %q", ties+1, v.role, g.weights[best].path)
	}
	return best, nil
}

// is reports whether the weight may have a role. Keras 3 calls the kernel of a
// depthwise convolution a kernel.
func (w legacyWeight) is(role string) bool {
	return w.role == role || w.role == "kernel" && role == "depthwise_kernel"
}

// leaves appends the layers that are not models.
func (l *layer) leaves(to []*layer) []*layer {
	if l.nested == nil {
		return append(to, l)
	}
	for _, inner := range l.nested.layers {
		to = inner.leaves(to)
	}
	return to
}
