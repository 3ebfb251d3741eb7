package study

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// Halving is a residual block that makes its feature map smaller.
type Halving struct {
	Block    string
	Input    *nn.Node // what the block reads: the stage's input
	Main     *nn.Node // the end of the main path: an input of Sum
	Shortcut *nn.Node // the end of the shortcut
	Sum      *nn.Node // the Add where both meet
	Output   *nn.Node // the last node: Sum or the activation behind it
}

// Halvings returns the graph's blocks of two paths whose sum has fewer rows or
// columns than what they read.
func Halvings(g *nn.Graph) []Halving {
	var all []Halving
	for _, nodes := range blocks(g) {
		if h, ok := halvingOf(nodes); ok {
			all = append(all, h)
		}
	}
	return all
}

// blocks groups the graph's nodes by their block, in order.
func blocks(g *nn.Graph) [][]*nn.Node {
	var names []string
	of := map[string][]*nn.Node{}
	for _, n := range g.Nodes {
		if of[n.Block] == nil {
			names = append(names, n.Block)
		}
		of[n.Block] = append(of[n.Block], n)
	}
	groups := make([][]*nn.Node, len(names))
	for i, name := range names {
		groups[i] = of[name]
	}
	return groups
}

// halvingOf returns the block if it reads one feature map and halves it by two
// paths.
func halvingOf(nodes []*nn.Node) (Halving, bool) {
	h := Halving{Block: nodes[0].Block, Output: nodes[len(nodes)-1]}
	for _, n := range nodes {
		if _, ok := n.Op.(*nn.Add); ok && len(n.Shape) == 3 && len(n.Inputs) == 2 {
			h.Sum = n
		}
		for _, in := range n.Inputs {
			switch {
			case in.Block == h.Block || in == h.Input:
			case h.Input != nil:
				return h, false
			default:
				h.Input = in
			}
		}
	}
	if h.Sum == nil || h.Input == nil || len(h.Input.Shape) != 3 {
		return h, false
	}
	if h.Sum.Shape[0] >= h.Input.Shape[0] && h.Sum.Shape[1] >= h.Input.Shape[1] {
		return h, false
	}
	h.Main, h.Shortcut = h.Sum.Inputs[0], h.Sum.Inputs[1]
	if weight(h.Main, h.Input) < weight(h.Shortcut, h.Input) {
		h.Main, h.Shortcut = h.Shortcut, h.Main
	}
	return h, true
}

// weight counts the convolutions between two nodes: the main path has more.
func weight(end, begin *nn.Node) int {
	count := 0
	for _, n := range between(begin, end) {
		if _, ok := n.Op.(*nn.Conv2D); ok {
			count++
		}
	}
	return count
}

// between returns the nodes after begin that end depends on, end counted, in
// the graph's order.
func between(begin *nn.Node, ends ...*nn.Node) []*nn.Node {
	seen := map[*nn.Node]bool{begin: true}
	var list []*nn.Node
	var visit func(n *nn.Node)
	visit = func(n *nn.Node) {
		if seen[n] || n.Index < begin.Index {
			return
		}
		seen[n] = true
		list = append(list, n)
		for _, in := range n.Inputs {
			visit(in)
		}
	}
	for _, n := range ends {
		visit(n)
	}
	slices.SortFunc(list, func(a, b *nn.Node) int { return a.Index - b.Index })
	return list
}

// Coverage is how much of a feature map is read. The values of a position, one a
// channel, are read together or not at all: a convolution takes every channel.
type Coverage struct {
	Positions int `json:"positions"`
	Values    int `json:"values"` // positions x channels

	Never int `json:"never_read"` // positions, by how often they are read
	Once  int `json:"read_once"`
	More  int `json:"read_more"`

	ValuesRead int     `json:"values_read"`
	ReadShare  float64 `json:"read_share"` // of positions, and of values

	Main     int `json:"main_path_alone"` // positions, by who reads them
	Shortcut int `json:"shortcut_alone"`
	Both     int `json:"both_paths"`
}

// Readers is who reads a position.
type Readers uint8

// The readers of a position: none, or a sum of paths.
const (
	ByNone     Readers = 0
	ByMain     Readers = 1
	ByShortcut Readers = 2
	ByBoth     Readers = ByMain | ByShortcut
)

// Coverage returns what the two paths of a block read of its input to compute
// what is demanded of their sum, and who reads each position.
func (t *Trace) Coverage(h Halving) (Coverage, []Readers) {
	c := t.CoverageOf(h.Input)
	readers := make([]Readers, c.Positions)
	for _, path := range []struct {
		end *nn.Node
		by  Readers
	}{{h.Main, ByMain}, {h.Shortcut, ByShortcut}} {
		wanted := map[*nn.Node]*Grid{path.end: t.Reads(h.Sum)}
		reads := t.Reads(h.Sum)
		if path.end != h.Input {
			reads = walk(t.graph, wanted, h.Input).Reads(h.Input)
		}
		for i, n := range reads.N {
			if n > 0 {
				readers[i] |= path.by
			}
		}
	}
	for _, by := range readers {
		switch by {
		case ByMain:
			c.Main++
		case ByShortcut:
			c.Shortcut++
		case ByBoth:
			c.Both++
		}
	}
	return c, readers
}

// CoverageOf counts how often the positions of a node's output are read.
func (t *Trace) CoverageOf(n *nn.Node) Coverage {
	reads := t.Reads(n)
	c := Coverage{
		Positions: reads.Positions(), Values: n.Shape.Len(),
		Never: reads.Count(func(n int) bool { return n == 0 }),
		Once:  reads.Count(func(n int) bool { return n == 1 }),
		More:  reads.Count(func(n int) bool { return n > 1 }),
	}
	c.ValuesRead = (c.Once + c.More) * (c.Values / c.Positions)
	c.ReadShare = float64(c.Once+c.More) / float64(c.Positions)
	return c
}
