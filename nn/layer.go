package nn

// Layer is one call of a Keras layer: the nodes that it became. The last of
// them makes the layer's output.
type Layer struct {
	Name, Class string
	Call        int
	Nodes       []*Node
}

// Output returns the node that makes the layer's output.
func (l Layer) Output() *Node { return l.Nodes[len(l.Nodes)-1] }

// MACs returns the layer's multiply-accumulates for one image.
func (l Layer) MACs() int64 {
	var sum int64
	for _, n := range l.Nodes {
		sum += n.MACs()
	}
	return sum
}

// Params returns how many numbers the layer's weights hold: those that several of its
// nodes share, once.
func (l Layer) Params() int64 {
	var sum int64
	counted := map[*Tensor]bool{}
	for _, n := range l.Nodes {
		for _, p := range n.Params() {
			if !counted[*p.Value] {
				sum += int64(p.Shape.Len())
			}
			counted[*p.Value] = *p.Value != nil
		}
	}
	return sum
}

// ConnectedTo returns the nodes of other layers that the layer reads, each as often as
// one of its nodes does.
func (l Layer) ConnectedTo() []*Node {
	var out []*Node
	inside, read := map[*Node]bool{}, map[*Node]bool{}
	for _, n := range l.Nodes {
		inside[n] = true
		for _, in := range n.Inputs {
			if !inside[in] && !read[in] {
				out = append(out, in)
			}
		}
		for _, in := range n.Inputs {
			read[in] = true
		}
	}
	return out
}

// Layers returns the graph's Keras layers, call by call, in the order of their
// nodes.
func (g *Graph) Layers() []Layer {
	type key struct {
		name string
		call int
	}
	var out []Layer
	at := map[key]int{}
	for _, n := range g.Nodes {
		k := key{n.Layer, n.Call}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Layer{Name: n.Layer, Class: n.Class, Call: n.Call})
		}
		out[i].Nodes = append(out[i].Nodes, n)
	}
	return out
}
