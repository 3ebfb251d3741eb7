package loader

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/loader/hdf5"
	"github.com/vkeras/vkeras/nn"
)

// slot is a variable that wants a weight of a group.
type slot struct {
	layer    *layer
	variable *variable
}

// bind finds the variables of the layer that has the group, or of all layers of
// the model that has it.
func (b *legacy) bind(l *layer, g *legacyGroup) error {
	if err := l.mergeShared(map[string]*layer{}); err != nil {
		return err
	}
	slots := l.inLegacyOrder(b.keras3)
	named, tie := g.byName(slots, l.nested == nil)
	all := tie == nil && len(named) == len(slots) && len(named) == len(g.weights)
	if all && (l.nested == nil || !b.whole) {
		return b.take(g, slots, named)
	}
	ordered, err := b.byOrder(g, slots)
	switch {
	case err != nil:
		return err
	case ordered == nil && tie != nil:
		return layerError(tie.slot.layer.class, tie.slot.layer.fullName, tie.err())
	case ordered == nil:
		b.explain(l, g, slots, named)
		return b.take(g, slots, named)
	default:
		return b.take(g, slots, ordered)
	}
}

// take binds weights to slots, by their indexes.
func (b *legacy) take(g *legacyGroup, slots []slot, weights map[int]int) error {
	for i, s := range slots {
		w, ok := weights[i]
		if !ok {
			continue
		}
		d, err := g.dataset(w)
		if err != nil {
			return layerError(s.layer.class, s.layer.fullName, hdf5Error(err))
		}
		b.bindings = append(b.bindings, binding{s.layer, s.variable, d})
	}
	return nil
}

// explain notes which variables and which weights were left over.
func (b *mismatch) explain(l *layer, g *legacyGroup, slots []slot, named map[int]int) {
	lacking := map[*layer][]string{}
	found := map[*layer]bool{}
	var layers []*layer
	for i, s := range slots {
		if _, ok := named[i]; ok {
			found[s.layer] = true
		} else {
			if lacking[s.layer] == nil {
				layers = append(layers, s.layer)
			}
			lacking[s.layer] = append(lacking[s.layer], s.variable.role)
		}
	}
	for _, leaf := range layers {
		if !found[leaf] {
			b.miss(leaf)
		} else {
			b.missing = append(b.missing, fmt.Sprintf("%s %q: %s", leaf.class, leaf.fullName, strings.Join(lacking[leaf], ", ")))
		}
	}
	claimed := map[int]bool{}
	for _, w := range named {
		claimed[w] = true
	}
	for i, w := range g.weights {
		if !claimed[i] {
			b.unexpected = append(b.unexpected, fmt.Sprintf("%q", l.name+": "+w.path))
		}
	}
}

func (g *legacyGroup) dataset(i int) (d *hdf5.Dataset, err error) {
	if g.datasets[i] == nil {
		g.datasets[i], err = g.group.Dataset(g.weights[i].path)
	}
	return g.datasets[i], err
}

// nameTie is a variable for which several weights are named alike.
type nameTie struct {
	slot    slot
	weights int
	example string
}

func (t *nameTie) err() error {
	return advise(malformed("%d weights of the file may be its %s, such as %q", t.weights, t.slot.variable.role, t.example), "load it in Keras and save the whole model as .keras")
}

// fit is a weight whose scope ends in a layer's name.
type fit struct {
	slot, weight int
	depth        int // of the name that they share: 2 for "conv1/bn"
}

// byName returns the weights of the slots by name, as far as they have any: the
// longest names that a layer and a scope share first, so that the layer "bn" is
// not taken for one named "conv1/bn". In a group of the layer's own the role is
// enough, for TensorFlow may have changed the scope. Weights that are named
// alike are a tie.
func (g *legacyGroup) byName(slots []slot, own bool) (map[int]int, *nameTie) {
	fits := g.fits(slots, own)
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(b.depth, a.depth) })
	bySlot, byWeight := map[int]int{}, map[int]int{}
	for len(fits) > 0 {
		end := slices.IndexFunc(fits, func(f fit) bool { return f.depth != fits[0].depth })
		if end < 0 {
			end = len(fits)
		}
		level := slices.DeleteFunc(fits[:end:end], func(f fit) bool {
			_, hasWeight := bySlot[f.slot]
			_, hasSlot := byWeight[f.weight]
			return hasWeight || hasSlot
		})
		fits = fits[end:]
		ofSlot, ofWeight := map[int]int{}, map[int]int{}
		for _, f := range level {
			ofSlot[f.slot]++
			ofWeight[f.weight]++
		}
		for _, f := range level {
			if n := max(ofSlot[f.slot], ofWeight[f.weight]); n > 1 {
				return bySlot, &nameTie{slots[f.slot], n, g.weights[f.weight].path}
			}
			bySlot[f.slot], byWeight[f.weight] = f.weight, f.slot
		}
	}
	return bySlot, nil
}

// maxFits bounds the weights that are compared with layers of their names: in
// a hostile file all may fit all.
const maxFits = 1 << 20

// fits returns which weights may be which slots' by name and role; nil for too
// many.
func (g *legacyGroup) fits(slots []slot, own bool) []fit {
	ends := map[string][]int{} // slots by the ends of their layers' full names
	for i, s := range slots {
		for _, end := range s.layer.nameEnds() {
			ends[end] = append(ends[end], i)
		}
	}
	var fits []fit
	for i, w := range g.weights {
		add := func(slots []int, all []slot, depth int) {
			for _, s := range slots {
				if len(fits) <= maxFits && w.is(all[s].variable.role) {
					fits = append(fits, fit{s, i, depth})
				}
			}
		}
		w.suffixes(func(suffix string) { add(ends[suffix], slots, 1+strings.Count(suffix, "/")) })
		if own {
			for s := range slots {
				add([]int{s}, slots, 0)
			}
		}
	}
	if len(fits) > maxFits {
		return nil
	}
	return fits
}

// nameEnds returns the layer's name, alone and behind those of the models that
// it is in: "conv1", "base/conv1".
func (l *layer) nameEnds() []string {
	ends := []string{l.name}
	outer := strings.TrimSuffix(strings.TrimSuffix(l.fullName, l.name), "/")
	for range maxDepth {
		if outer == "" {
			break
		}
		at := strings.LastIndexByte(outer, '/') + 1
		ends = append(ends, l.fullName[at:])
		outer = strings.TrimSuffix(outer[:at], "/")
	}
	return ends
}

// byOrder returns the weights of the slots in Keras's order, nil if some do not
// fit: by their shape, by what their names say of their kind, or because one
// layer's are given to two. In a model saved whole two layers of different models
// may have been built with one name; then each has nothing from elsewhere.
func (b *legacy) byOrder(g *legacyGroup, slots []slot) (map[int]int, error) {
	if len(slots) != len(g.weights) {
		return nil, nil
	}
	ordered := map[int]int{}
	owners, scopes := map[string]*layer{}, map[*layer]string{}
	mixed, alike := map[*layer]bool{}, map[*layer]bool{}
	model, file := make([]string, len(slots)), make([]string, len(slots))
	for i, s := range slots {
		w := g.weights[i]
		if w.role != "" && !w.is(s.variable.role) {
			return nil, nil
		}
		if owner, ok := owners[w.scope]; ok && owner != s.layer && w.scope != "" {
			alike[owner], alike[s.layer] = true, true
		}
		if scope, ok := scopes[s.layer]; ok && scope != w.scope {
			mixed[s.layer] = true
		}
		owners[w.scope], scopes[s.layer] = s.layer, w.scope
		d, err := g.dataset(i)
		if err != nil {
			return nil, layerError(s.layer.class, s.layer.fullName, hdf5Error(err))
		}
		if !nn.Shape(d.Shape()).Equal(s.variable.shape) {
			return nil, nil
		}
		ordered[i] = i
		model[i], file[i] = lastName(s.layer.name), lastName(w.scope)
	}
	if !b.whole && (len(alike) > 0 || !sameOrder(model, file)) {
		return nil, nil
	}
	for l := range alike {
		if mixed[l] {
			return nil, nil
		}
	}
	return ordered, nil
}

// lastName returns what is behind a path's last slash.
func lastName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// sameOrder reports whether nothing in the names speaks against the order in
// which model's are given file's: a name that both have belongs to itself, but
// for those that Keras numbers, such as conv2d_1, whose numbers must rise alike.
func sameOrder(model, file []string) bool {
	inModel, inFile := map[string]bool{}, map[string]bool{}
	for i := range model {
		inModel[model[i]], inFile[file[i]] = true, true
	}
	numbers := map[string][][2]int{}
	for i, name := range model {
		base, number := splitNumber(name)
		if other, n := splitNumber(file[i]); other == base {
			numbers[base] = append(numbers[base], [2]int{number, n})
		} else if inModel[file[i]] || inFile[name] {
			return false
		}
	}
	for _, pairs := range numbers {
		slices.SortFunc(pairs, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
		if !slices.IsSortedFunc(pairs, func(a, b [2]int) int { return cmp.Compare(a[1], b[1]) }) {
			return false
		}
	}
	return true
}

// splitNumber takes the number off a name such as conv2d_1; that of conv2d is 0.
func splitNumber(name string) (base string, number int) {
	part := counted.FindStringSubmatch(name)
	if part == nil {
		return name, 0
	}
	number, _ = strconv.Atoi(part[2])
	return part[1], number
}

// statistics are the roles of variables that no training by gradients changes.
var statistics = []string{"moving_mean", "moving_variance", "mean", "variance"}

// inLegacyOrder returns the variables of a layer, or of a model's layers, in
// the order in which Keras writes them: trainable ones, then the others.
func (l *layer) inLegacyOrder(keras3 bool) []slot {
	if keras3 && !l.isTrainable() {
		// A model that is frozen itself: as its layers come.
		var all []slot
		for _, leaf := range l.leaves(nil) {
			weights, others := leaf.split()
			all = append(append(all, weights...), others...)
		}
		return all
	}
	trainable, others := l.byTraining(keras3)
	return append(trainable, others...)
}

// byTraining returns the variables that are trained, and the others. Before
// Keras 3 a frozen model's others begin with those that are trainable in its
// layers; Keras 3 asks the layers alone.
func (l *layer) byTraining(keras3 bool) (trainable, others []slot) {
	if l.nested == nil {
		for _, leaf := range l.leaves(nil) {
			t, o := leaf.split()
			trainable, others = append(trainable, t...), append(others, o...)
		}
	} else {
		for _, inner := range l.nested.layers {
			t, o := inner.byTraining(keras3)
			trainable, others = append(trainable, t...), append(others, o...)
		}
	}
	if !l.isTrainable() && (l.nested == nil || !keras3) {
		return nil, append(trainable, others...)
	}
	return trainable, others
}

// split returns a leaf's variables: those that training by gradients changes,
// and its statistics.
func (l *layer) split() (weights, others []slot) {
	for _, v := range l.vars {
		if slices.Contains(statistics, v.role) {
			others = append(others, slot{l, v})
		} else {
			weights = append(weights, slot{l, v})
		}
	}
	return weights, others
}

// isTrainable reports what the config says, true where it says nothing.
func (l *layer) isTrainable() bool { return l.config["trainable"] != false }

// leaves appends the layers that are not models, and those inside of them.
func (l *layer) leaves(to []*layer) []*layer {
	if l.nested == nil {
		to = append(to, l)
		for _, inner := range l.parts {
			to = inner.leaves(to)
		}
		return to
	}
	for _, inner := range l.nested.layers {
		to = inner.leaves(to)
	}
	return to
}
