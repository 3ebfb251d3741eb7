package study

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// Trace is who reads what in a graph, position by position.
type Trace struct {
	graph *nn.Graph
	reads []*Grid // by node: how often each position is read; nil: never
}

// NewTrace walks the graph backwards from all of its outputs. An output counts
// as read once at every position.
func NewTrace(g *nn.Graph) (*Trace, error) {
	if err := countable(g); err != nil {
		return nil, err
	}
	from := map[*nn.Node]*Grid{}
	for _, n := range g.Outputs {
		from[n] = gridOf(n.Shape).filled(1)
	}
	return walk(g, from, nil), nil
}

// walk counts what is read to compute the positions of some nodes. It does not
// go beyond the node until, unless that is nil.
func walk(g *nn.Graph, from map[*nn.Node]*Grid, until *nn.Node) *Trace {
	t := &Trace{graph: g, reads: make([]*Grid, len(g.Nodes))}
	for n, wanted := range from {
		t.count(n, wanted)
	}
	for _, n := range slices.Backward(g.Nodes) {
		wanted := t.reads[n.Index]
		if wanted == nil || until != nil && n.Index <= until.Index {
			continue
		}
		for i, in := range n.Inputs {
			t.count(in, readsOf(n, i, wanted))
		}
	}
	return t
}

// count adds reads of a node's output, if there are any.
func (t *Trace) count(n *nn.Node, reads *Grid) {
	if reads.Read() == 0 {
		return
	}
	if t.reads[n.Index] == nil {
		t.reads[n.Index] = gridOf(n.Shape)
	}
	t.reads[n.Index].add(reads)
}

// Reads returns how often each position of a node's output is read.
func (t *Trace) Reads(n *nn.Node) *Grid {
	if t.reads[n.Index] == nil {
		return gridOf(n.Shape)
	}
	return t.reads[n.Index]
}

// MACs returns the multiply-accumulates of a node at the positions that are
// read. It is the least that any schedule of whole positions can do; package
// plan's demand does a little more where the positions are no lattice.
func (t *Trace) MACs(n *nn.Node) int64 {
	reads := t.Reads(n)
	return n.MACs() / int64(reads.Positions()) * int64(reads.Read())
}
