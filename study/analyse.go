package study

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// analyse finds all that needs no device.
func analyse(g *nn.Graph) (*Net, error) {
	t, err := NewTrace(g)
	if err != nil {
		return nil, err
	}
	n := &Net{Name: g.Name, graph: g, Blocks: []*Block{}, Sights: []*Sight{}, Places: []Place{}, Unneeded: []Unneeded{}}
	program := plan.Compile(g, plan.All())
	total, _ := g.Parameters()
	n.Cost = Cost{Parameters: total, MACs: g.MACs(), Demanded: program.MACs()}
	n.Pixels = t.CoverageOf(g.Inputs[0])
	for _, h := range Halvings(g) {
		b := &Block{Name: h.Block, Layer: h.Input.Name, Input: h.Input.Shape, Output: h.Output.Shape, halving: h, Cost: costOf(g, program, h.Block)}
		b.Coverage, b.Readers = t.Coverage(h)
		b.reads = t.Reads(h.Input)
		b.alone = walk(g, map[*nn.Node]*Grid{h.Output: gridOf(h.Output.Shape).filled(1)}, h.Input).Reads(h.Input)
		n.Blocks = append(n.Blocks, b)
	}
	places, err := Places(g)
	if err != nil {
		return nil, err
	}
	n.Places = append(n.Places, places...)
	n.Unneeded = append(n.Unneeded, t.Unneeded()...)
	fields, err := Fields(g)
	if err != nil {
		return nil, err
	}
	for _, end := range stageEnds(g) {
		if f, ok := fields[end]; ok {
			n.Sights = append(n.Sights, &Sight{Block: end.Block, Layer: end.Name, Shape: end.Shape, Field: f, Size: [2]int{f.Size(0), f.Size(1)}, node: end})
		}
	}
	return n, nil
}

// costOf returns the cost of a block. Steps that were fused across blocks count
// where they end.
func costOf(g *nn.Graph, p *plan.Program, block string) Cost {
	var c Cost
	for _, n := range g.Nodes {
		if n.Block == block {
			c.MACs += n.MACs()
		}
	}
	for _, w := range g.Params() {
		if w.Node.Block == block {
			c.Parameters += int64(w.Shape.Len())
		}
	}
	for _, s := range p.Steps {
		if s.Last().Block == block {
			c.Demanded += s.MACs()
		}
	}
	return c
}

// stageEnds returns the last feature map of each stage: what is halved next,
// and the last one before the classifier.
func stageEnds(g *nn.Graph) []*nn.Node {
	var ends []*nn.Node
	for _, h := range Halvings(g) {
		ends = append(ends, h.Input)
	}
	if len(ends) == 0 { // no residual network: what a stride reads
		for _, n := range g.Nodes {
			if w, ok := nn.WindowOf(n.Op); ok && w.Stride != [2]int{1, 1} && n.Inputs[0] != g.Inputs[0] {
				ends = append(ends, n.Inputs[0])
			}
		}
	}
	var last *nn.Node
	for _, n := range g.Nodes {
		if len(n.Shape) == 3 && n.Block != "fc" {
			last = n
		}
	}
	if last == nil {
		return ends
	}
	return append(ends, last)
}
