package nn

import "fmt"

// Node is one operation in its place in a graph.
type Node struct {
	Index  int     // position in Graph.Nodes
	Name   string  // unique in the graph
	Op     Op      // shared by the nodes of a layer that is called several times
	Inputs []*Node // what it reads, in order; all of them earlier in Graph.Nodes
	Shape  Shape   // of one output image

	// Layer and Class are the Keras layer that the node comes from ("conv1",
	// "Conv2D"), and Call counts the layer's uses. A layer may be several
	// nodes: a convolution and the activation that its config names.
	Layer, Class string
	Call         int

	// Block is the part of the network that people speak of: conv1, res2a,
	// ..., fc. It follows from the structure, not from names.
	Block string
}

// InputShapes returns the shapes of what the node reads.
func (n *Node) InputShapes() []Shape {
	s := make([]Shape, len(n.Inputs))
	for i, in := range n.Inputs {
		s[i] = in.Shape
	}
	return s
}

// Params returns the weights that the node's operation needs.
func (n *Node) Params() []Param { return n.Op.Params(n.InputShapes()) }

// MACs returns the multiply-accumulates for one image.
func (n *Node) MACs() int64 { return n.Op.MACs(n.InputShapes(), n.Shape) }

// Graph is a network: nodes in topological order, what comes in, what goes out.
// Make one with a Builder. A Graph whose weights are set is not changed any
// more and may be shared by goroutines.
type Graph struct {
	Name    string
	Nodes   []*Node
	Inputs  []*Node
	Outputs []*Node

	// InputNames and OutputNames are what the model calls them, where that is not
	// what the nodes' layers are called; nil: nothing else. See InputName, OutputName.
	InputNames, OutputNames []string
}

// InputName returns what the model calls its i-th input.
func (g *Graph) InputName(i int) string { return nameOf(g.InputNames, g.Inputs, i) }

// OutputName returns what the model calls its i-th output.
func (g *Graph) OutputName(i int) string { return nameOf(g.OutputNames, g.Outputs, i) }

func nameOf(names []string, nodes []*Node, i int) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return nodes[i].Layer
}

// Node returns the node of that name.
func (g *Graph) Node(name string) (*Node, bool) {
	for _, n := range g.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return nil, false
}

// MACs returns the multiply-accumulates for one image through the graph.
func (g *Graph) MACs() int64 {
	var sum int64
	for _, n := range g.Nodes {
		sum += n.MACs()
	}
	return sum
}

// Params returns every weight of the graph once, with the first node that
// uses it.
func (g *Graph) Params() []NodeParam {
	var all []NodeParam
	seen := map[Op]bool{}
	for _, n := range g.Nodes {
		if seen[n.Op] {
			continue
		}
		seen[n.Op] = true
		for _, p := range n.Params() {
			all = append(all, NodeParam{Node: n, Param: p})
		}
	}
	return all
}

// NodeParam is a weight and the first node that uses it.
type NodeParam struct {
	Node *Node
	Param
}

// Parameters returns how many numbers the weights hold, and how many of them
// training changes.
func (g *Graph) Parameters() (total, trainable int64) {
	for _, p := range g.Params() {
		n := int64(p.Shape.Len())
		total += n
		if p.Trainable {
			trainable += n
		}
	}
	return total, trainable
}

// CheckWeights returns an error that names the first node whose weights are
// missing, have another shape than the graph needs, or are not in memory.
func (g *Graph) CheckWeights() error {
	return g.checkWeights(func(p Param) error {
		if (*p.Value).IsDeferred() {
			return fmt.Errorf("%s %v is not in memory: the model was opened with its weights deferred", p.Role, p.Shape)
		}
		return nil
	})
}

// CheckDeferred is CheckWeights for those who Load the operations: kernels may
// be deferred.
func (g *Graph) CheckDeferred() error { return g.checkWeights(func(Param) error { return nil }) }

func (g *Graph) checkWeights(also func(Param) error) error {
	for _, p := range g.Params() {
		err := p.Check()
		if err == nil {
			err = also(p.Param)
		}
		if err != nil {
			return fmt.Errorf("%s %q: %w", p.Node.Class, p.Node.Layer, err)
		}
	}
	return nil
}

// Consumers returns, for each node by Index, the nodes that read it. A node
// that reads another twice is listed twice.
func (g *Graph) Consumers() [][]*Node {
	out := make([][]*Node, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, in := range n.Inputs {
			out[in.Index] = append(out[in.Index], n)
		}
	}
	return out
}

// CheckInput returns an error unless t is a batch of at least one image for
// the i-th input.
func (g *Graph) CheckInput(i int, t *Tensor) error {
	if i >= len(g.Inputs) {
		return fmt.Errorf("the model has %d inputs", len(g.Inputs))
	}
	n := g.Inputs[i]
	if t == nil {
		return fmt.Errorf("input %q: expected a batch of %v, found no tensor", n.Name, n.Shape)
	}
	if len(t.Shape) != len(n.Shape)+1 || t.Shape[0] < 1 || !Shape(t.Shape[1:]).Equal(n.Shape) {
		return fmt.Errorf("input %q: expected a batch of %v, found shape %v", n.Name, n.Shape, t.Shape)
	}
	if t.Shape.Len() != len(t.Data) {
		return fmt.Errorf("input %q: shape %v does not have %d elements", n.Name, t.Shape, len(t.Data))
	}
	return nil
}

// CheckInputs returns an error unless the tensors are batches of one size for
// the graph's inputs; it returns that size.
func (g *Graph) CheckInputs(in []*Tensor) (batch int, err error) {
	if len(in) != len(g.Inputs) {
		return 0, fmt.Errorf("the model has %d inputs, found %d tensors", len(g.Inputs), len(in))
	}
	for i, t := range in {
		if err := g.CheckInput(i, t); err != nil {
			return 0, err
		}
		if t.Shape[0] != in[0].Shape[0] {
			return 0, fmt.Errorf("input %q has a batch of %d, input %q of %d", g.Inputs[i].Name, t.Shape[0], g.Inputs[0].Name, in[0].Shape[0])
		}
	}
	return in[0].Shape[0], nil
}
