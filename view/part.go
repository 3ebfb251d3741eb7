package view

import "github.com/vkeras/vkeras/nn"

// Upto returns the part of a graph that computes the node: the same nodes and
// weights, with these as the outputs. Nodes that none of them needs are dropped.
func Upto(g *nn.Graph, outputs ...*nn.Node) *nn.Graph {
	needed := make([]bool, len(g.Nodes))
	for _, n := range outputs {
		needed[n.Index] = true
	}
	for _, n := range g.Inputs { // a run is given all of them
		needed[n.Index] = true
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if needed[i] {
			for _, in := range g.Nodes[i].Inputs {
				needed[in.Index] = true
			}
		}
	}
	part := &nn.Graph{Name: g.Name}
	copies := make([]*nn.Node, len(g.Nodes))
	for i, n := range g.Nodes {
		if !needed[i] {
			continue
		}
		c := *n
		c.Index = len(part.Nodes)
		c.Inputs = make([]*nn.Node, len(n.Inputs))
		for j, in := range n.Inputs {
			c.Inputs[j] = copies[in.Index]
		}
		copies[i] = &c
		part.Nodes = append(part.Nodes, &c)
	}
	for _, n := range g.Inputs {
		part.Inputs = append(part.Inputs, copies[n.Index])
	}
	for _, n := range outputs {
		part.Outputs = append(part.Outputs, copies[n.Index])
	}
	return part
}

// BlockOutput returns the last node of a block, whose result leaves it.
func BlockOutput(g *nn.Graph, block string) (*nn.Node, bool) {
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if g.Nodes[i].Block == block {
			return g.Nodes[i], true
		}
	}
	return nil, false
}

// Blocks returns the names of the blocks that end in a feature map, in order.
func Blocks(g *nn.Graph) []string {
	var names []string
	seen := map[string]bool{}
	for _, n := range g.Nodes {
		if seen[n.Block] {
			continue
		}
		seen[n.Block] = true
		if last, _ := BlockOutput(g, n.Block); len(last.Shape) == 3 {
			names = append(names, n.Block)
		}
	}
	return names
}

// LayerOutput returns the node that a layer's first call ends in, or the node of
// that name.
func LayerOutput(g *nn.Graph, name string) (*nn.Node, bool) {
	for _, l := range g.Layers() {
		if l.Name == name {
			return l.Output(), true
		}
	}
	return g.Node(name)
}
