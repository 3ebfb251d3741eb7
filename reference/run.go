package reference

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// Run computes the graph layer by layer for a batch, one tensor an input of the
// graph, and returns one tensor an output.
//
// observe, unless nil, is handed every node's output in the order of g.Nodes;
// its error ends the run. It may keep the tensors and must not change them. A
// tensor that no later node reads is dropped, so that memory is bounded by the
// tensors in use and not by the graph's depth.
//
// When ctx is done, Run returns its error soon, from the middle of a large
// operation too. Errors name the node that they come from.
func Run(ctx context.Context, g *nn.Graph, in []*nn.Tensor, observe func(*nn.Node, *nn.Tensor) error) ([]*nn.Tensor, error) {
	for i, t := range in {
		if t == nil {
			return nil, fmt.Errorf("input %d is nil", i)
		}
	}
	if _, err := g.CheckInputs(in); err != nil {
		return nil, err
	}
	if err := g.CheckWeights(); err != nil {
		return nil, err
	}
	r := newRun(g, in)
	for _, n := range g.Nodes {
		if err := r.step(ctx, n, observe); err != nil {
			return nil, fmt.Errorf("%s %q: %w", n.Class, n.Name, err)
		}
	}
	out := make([]*nn.Tensor, len(g.Outputs))
	for i, n := range g.Outputs {
		out[i] = r.tensors[n.Index]
	}
	return out, nil
}

// run is the state of one Run.
type run struct {
	tensors []*nn.Tensor // by node; nil before it is computed and after its last use
	uses    []int        // by node: reads still to come; an output is never used up
}

func newRun(g *nn.Graph, in []*nn.Tensor) *run {
	r := &run{tensors: make([]*nn.Tensor, len(g.Nodes)), uses: make([]int, len(g.Nodes))}
	for i, consumers := range g.Consumers() {
		r.uses[i] = len(consumers)
	}
	for _, n := range g.Outputs {
		r.uses[n.Index]++
	}
	for i, n := range g.Inputs {
		r.tensors[n.Index] = in[i]
	}
	return r
}

// step computes one node, shows it to observe and drops what is used up.
func (r *run) step(ctx context.Context, n *nn.Node, observe func(*nn.Node, *nn.Tensor) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	y := r.tensors[n.Index]
	if _, isInput := n.Op.(*nn.Input); !isInput {
		var err error
		if y, err = apply(ctx, n.Op, r.inputs(n)); err != nil {
			return err
		}
	}
	if r.uses[n.Index] > 0 {
		r.tensors[n.Index] = y
	}
	for _, in := range n.Inputs {
		if r.uses[in.Index]--; r.uses[in.Index] == 0 {
			r.tensors[in.Index] = nil
		}
	}
	if observe == nil {
		return nil
	}
	return observe(n, y)
}

func (r *run) inputs(n *nn.Node) []*nn.Tensor {
	in := make([]*nn.Tensor, len(n.Inputs))
	for i, node := range n.Inputs {
		in[i] = r.tensors[node.Index]
	}
	return in
}
