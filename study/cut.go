package study

import (
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// errOtherInput is a part of a graph that reads something besides its input.
var errOtherInput = errors.New("it reads more than the one feature map")

// cut returns the graph's part between a node, which becomes its input, and the
// outputs. It shares operations, and so weights, with the graph.
func cut(g *nn.Graph, from *nn.Node, outputs ...output) (*nn.Graph, error) {
	b := nn.NewBuilder(g.Name)
	copies := map[*nn.Node]*nn.Node{from: b.Input(from.Name, from.Shape)}
	ends := make([]*nn.Node, len(outputs))
	for i, o := range outputs {
		ends[i] = o.node
	}
	for _, n := range between(from, ends...) {
		in := make([]*nn.Node, len(n.Inputs))
		for i, src := range n.Inputs {
			if in[i] = copies[src]; in[i] == nil {
				return nil, fmt.Errorf("%s %q behind %q: %w", n.Class, n.Name, from.Name, errOtherInput)
			}
		}
		if len(in) == 0 {
			return nil, fmt.Errorf("%s %q: %w", n.Class, n.Name, errOtherInput)
		}
		copies[n] = b.From(nn.Source{Layer: n.Layer, Class: n.Class, Call: n.Call}, n.Name, n.Op, in...)
	}
	for i, o := range outputs {
		ends[i] = copies[o.node]
		if o.centre && len(o.node.Shape) == 3 {
			ends[i] = b.Add(fmt.Sprintf("%s/centre/%d", o.node.Name, i), &nn.Crop{Pad: around(o.node.Shape)}, ends[i])
		}
		if o.part != nil {
			ends[i] = b.Add(fmt.Sprintf("%s/part/%d", o.node.Name, i), o.part, ends[i])
		}
	}
	return b.Graph(ends...)
}

// output is what a cut graph returns: a node's result, or that of its centre
// alone, or another part of it.
type output struct {
	node   *nn.Node
	centre bool
	part   *nn.Slice
}

// around is what lies around the centre position of a feature map.
func around(s nn.Shape) nn.Pad {
	return nn.Pad{Top: s[0] / 2, Bottom: s[0] - s[0]/2 - 1, Left: s[1] / 2, Right: s[1] - s[1]/2 - 1}
}
