package cpu

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// Apply computes one operation on batches, as reference.Apply does: the inputs
// have a batch axis in front. It loads and frees a net of that one operation, so
// it is for tests and experiments.
func Apply(ctx context.Context, o Options, op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("%s: no input", op.Kind())
	}
	b := nn.NewBuilder(op.Kind())
	nodes := make([]*nn.Node, len(in))
	for i, t := range in {
		if len(t.Shape) < 2 {
			return nil, fmt.Errorf("input %d: expected a batch, found shape %v", i, t.Shape)
		}
		nodes[i] = b.Input(fmt.Sprintf("input_%d", i), t.Shape[1:])
	}
	g, err := b.Graph(b.Add("output", op, nodes...))
	if err != nil {
		return nil, err
	}
	if o.Batch == 0 {
		o.Batch = in[0].Shape[0]
	}
	n, err := Load(g, o)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	out, err := n.RunAll(ctx, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
