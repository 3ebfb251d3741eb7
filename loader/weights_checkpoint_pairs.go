package loader

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxScopeBytes bounds what is taken for the name of a layer, behind those of the
// models that it is in.
const maxScopeBytes = 1 << 10

// scope returns what the layer was called when it was saved, perhaps behind the
// names of models; it is empty where nobody says.
func (b *checkpoint) scope(s *savedLayer) legacyWeight {
	scope := b.saved[s.path]
	if scope == "" && len(s.weights) > 0 {
		scope = s.weights[0].scope
		if slices.ContainsFunc(s.weights, func(w savedWeight) bool { return w.scope != scope }) {
			scope = ""
		}
	}
	if len(scope) > maxScopeBytes {
		scope = ""
	}
	return legacyWeight{scope: scope}
}

// byName pairs layers with those saved under their names, nil unless that is all.
// Nested models, whose variables do not know them, keep their order.
func (b *checkpoint) byName(layers []*layer, saved []*savedLayer) []*savedLayer {
	if len(layers) != len(saved) {
		return nil
	}
	index := map[string]int{}
	var models []int
	for i, l := range layers {
		index[l.name] = i
		if l.nested != nil {
			models = append(models, i)
		}
	}
	pairs := make([]*savedLayer, len(layers))
	for _, s := range saved {
		i, ok := -1, false
		name := b.scope(s)
		name.suffixes(func(end string) {
			if !ok {
				i, ok = index[end]
			}
		})
		if s.nested && name.scope == "" && len(models) > 0 {
			i, ok, models = models[0], true, models[1:]
		}
		if !ok || pairs[i] != nil || (layers[i].nested != nil) != s.nested {
			return nil
		}
		pairs[i] = s
	}
	return pairs
}

// byOrder pairs the n-th layer of a kind with the n-th one saved, by what weights
// they have; others keep nil and are noted.
func (b *checkpoint) byOrder(n *network, layers []*layer, saved []*savedLayer) []*savedLayer {
	ofKind := map[string][]*savedLayer{}
	for _, s := range saved {
		ofKind[s.kind()] = append(ofKind[s.kind()], s)
	}
	wanted := map[string]int{}
	for _, l := range layers {
		wanted[l.kind()]++
	}
	told := map[string]bool{}
	pairs := make([]*savedLayer, len(layers))
	var model, file []string
	for i, l := range layers {
		kind := l.kind()
		found := ofKind[kind]
		if wanted[kind] != len(found) {
			if len(found) == 0 {
				b.miss(l)
			} else if !told[kind] {
				told[kind] = true
				b.other = append(b.other, fmt.Sprintf("%d layers with %s in the model %q, %d in the file", wanted[kind], kind, n.name, len(found)))
			}
			continue
		}
		// wanted counts down, so that the first layer takes the first.
		pairs[i] = found[0]
		ofKind[kind] = found[1:]
		wanted[kind]--
		if name := b.scope(pairs[i]).scope; name != "" {
			model, file = append(model, l.name), append(file, lastName(name))
		}
	}
	paired := map[*savedLayer]bool{}
	for _, s := range pairs {
		paired[s] = true
	}
	for _, s := range saved {
		if wanted[s.kind()] == 0 && !paired[s] {
			b.unexpected = append(b.unexpected, strings.TrimSpace(fmt.Sprintf("%s %s", s.path, b.scope(s).scope)))
		}
	}
	if len(b.missing)+len(b.other)+len(b.unexpected) == 0 && !sameOrder(model, file) {
		b.other = append(b.other, fmt.Sprintf("the layers of %q were saved under its names, in another order", n.name))
	}
	return pairs
}

// wanted returns the variables of a layer that is no model, and those of layers
// inside of it, by what their weights are called in a checkpoint.
func (l *layer) wanted() (roles []string, slots []slot) {
	for _, v := range l.vars {
		roles, slots = append(roles, path.Join(l.group, v.role)), append(slots, slot{l, v})
	}
	for _, inner := range l.parts {
		r, s := inner.wanted()
		for _, role := range r {
			roles = append(roles, path.Join(l.group, role))
		}
		slots = append(slots, s...)
	}
	return roles, slots
}

// kind says what weights a layer has.
func (l *layer) kind() string {
	if l.nested != nil {
		return "a model"
	}
	var parts []string
	roles, slots := l.wanted()
	for i, s := range slots {
		parts = append(parts, fmt.Sprintf("%s of %d axes", roles[i], len(s.variable.shape)))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func (s *savedLayer) kind() string {
	if s.nested {
		return "a model"
	}
	var parts []string
	for _, w := range s.weights {
		parts = append(parts, fmt.Sprintf("%s of %d axes", w.role, w.rank))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
