package nn

import "fmt"

// nameBlocks gives every node its Block, from the graph's structure alone.
//
// A residual block is what lies between a fork and the Add where its paths
// meet, with the activation that follows. Blocks are named as in the Caffe
// release of He et al. 2015: res2a, res2b, ...; a new stage begins where the
// channels of the block's output change, and counting starts at 2 because
// what comes before the first block is conv1. What comes after the last block
// is fc. A graph without Adds is cut behind its pooling layers: block1, ....
func nameBlocks(g *Graph) {
	adds := residualAdds(g)
	if len(adds) == 0 {
		namePlain(g)
		return
	}
	consumers := g.Consumers()
	first := forkOf(g, adds[0])
	for _, n := range g.Nodes[:first+1] {
		n.Block = "conv1"
	}
	stages := stagesOf(adds)
	for i, add := range adds {
		end := followingActivation(add, consumers)
		for _, n := range g.Nodes[min(first, end)+1 : end+1] {
			if n.Block == "" {
				n.Block = stages[i]
			}
		}
		first = max(first, end)
	}
	for _, n := range g.Nodes[first+1:] {
		if n.Block == "" {
			n.Block = "fc"
		}
	}
}

// residualAdds returns the Adds of feature maps.
func residualAdds(g *Graph) []*Node {
	var adds []*Node
	for _, n := range g.Nodes {
		if _, ok := n.Op.(*Add); ok && len(n.Shape) == 3 {
			adds = append(adds, n)
		}
	}
	return adds
}

// stagesOf names a block for each Add.
func stagesOf(adds []*Node) []string {
	count := map[int]int{}
	stage := make([]int, len(adds))
	for i, n := range adds {
		switch {
		case i == 0:
			stage[i] = 2
		case n.Shape.Channels() != adds[i-1].Shape.Channels():
			stage[i] = stage[i-1] + 1
		default:
			stage[i] = stage[i-1]
		}
		count[stage[i]]++
	}
	names := make([]string, len(adds))
	position := 0
	for i := range adds {
		if i > 0 && stage[i] != stage[i-1] {
			position = 0
		}
		names[i] = fmt.Sprintf("res%d%s", stage[i], letter(position, count[stage[i]]))
		position++
	}
	return names
}

// letter returns a, b, c ... or, in a stage of over 26 blocks, a, b1, b2 ...
// as in ResNet-101 and -152 of the Caffe release.
func letter(i, count int) string {
	switch {
	case count <= 26:
		return string(rune('a' + i))
	case i == 0:
		return "a"
	default:
		return fmt.Sprintf("b%d", i)
	}
}

// forkOf returns the index of the last node through which every path into the
// Add runs: what comes before the block.
func forkOf(g *Graph, add *Node) int {
	// Walk backwards from the Add; while more than one path is open, the
	// latest open node is not yet the fork.
	open := map[int]bool{}
	for _, in := range add.Inputs {
		open[in.Index] = true
	}
	for i := add.Index - 1; i > 0 && len(open) > 1; i-- {
		if !open[i] {
			continue
		}
		delete(open, i)
		for _, in := range g.Nodes[i].Inputs {
			open[in.Index] = true
		}
	}
	fork := 0
	for i := range open {
		fork = max(fork, i)
	}
	return fork
}

// followingActivation returns the index of the activation that alone reads n,
// or of n itself.
func followingActivation(n *Node, consumers [][]*Node) int {
	if c := consumers[n.Index]; len(c) == 1 {
		if _, ok := c[0].Op.(*Activation); ok {
			return c[0].Index
		}
	}
	return n.Index
}

// namePlain names the blocks of a graph without Adds.
func namePlain(g *Graph) {
	block, pooled := 1, false
	for _, n := range g.Nodes {
		if pooled && len(n.Shape) == 3 {
			block++
			pooled = false
		}
		n.Block = fmt.Sprintf("block%d", block)
		if len(n.Shape) < 3 {
			n.Block = "fc"
		}
		switch n.Op.(type) {
		case *MaxPool, *AvgPool:
			pooled = true
		}
	}
}
