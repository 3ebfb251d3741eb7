package nn

import "slices"

// Copy adds to the builder what some nodes of the graph need, themselves included,
// in the graph's order, and returns their copies. Operations, and so weights, are
// shared.
func (g *Graph) Copy(b *Builder, nodes ...*Node) []*Node { return g.CopyOver(b, nil, nodes...) }

// CopyOver is Copy where some nodes have others of the builder in their place.
func (g *Graph) CopyOver(b *Builder, instead map[*Node]*Node, nodes ...*Node) []*Node {
	needed := map[*Node]bool{}
	for _, n := range nodes {
		needed[n] = true
	}
	for _, n := range slices.Backward(g.Nodes) {
		if needed[n] {
			for _, in := range n.Inputs {
				needed[in] = true
			}
		}
	}
	copies := map[*Node]*Node{}
	for _, n := range g.Nodes {
		if !needed[n] {
			continue
		}
		if other, ok := instead[n]; ok {
			copies[n] = other
			continue
		}
		in := make([]*Node, len(n.Inputs))
		for i, from := range n.Inputs {
			in[i] = copies[from]
		}
		copies[n] = b.From(Source{Layer: n.Layer, Class: n.Class, Call: n.Call}, n.Name, n.Op, in...)
	}
	out := make([]*Node, len(nodes))
	for i, n := range nodes {
		out[i] = copies[n]
	}
	return out
}
