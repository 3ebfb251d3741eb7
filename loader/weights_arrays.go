package loader

import "github.com/vkeras/vkeras/loader/tfjs"

// bindArrays finds the variables among the weights of a TensorFlow.js model: one
// list, in which each has the name of its layer and its role, "conv1/kernel",
// perhaps behind those of models. TensorFlow.js itself goes by the names.
func bindArrays(n *network, arrays []tfjs.Array) ([]binding, error) {
	if err := n.mergeShared(map[string]*layer{}); err != nil {
		return nil, err
	}
	group := &legacyGroup{}
	var found []*tfjs.Array
	for i := range arrays {
		if w := parseWeightName(arrays[i].Name()); !w.state() {
			group.weights = append(group.weights, w)
			found = append(found, &arrays[i])
		}
	}
	whole := &layer{name: n.name, class: n.class, nested: n}
	slots := whole.inLegacyOrder(false)
	named, tie := group.byName(slots, false)
	if tie != nil {
		return nil, layerError(tie.slot.layer.class, tie.slot.layer.fullName, tie.err())
	}
	var m mismatch
	var bindings []binding
	for i, s := range slots {
		if w, ok := named[i]; ok {
			bindings = append(bindings, binding{s.layer, s.variable, found[w]})
		}
	}
	if len(named) < len(slots) || len(named) < len(found) {
		m.explain(whole, group, slots, named)
	}
	m.checkShapes(bindings)
	return bindings, m.err()
}
