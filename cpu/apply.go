package cpu

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// Apply computes one operation on batches, as reference.Apply does: the inputs
// have a batch axis in front. It loads and frees a net of that one operation, so
// it is for tests and experiments.
func Apply(ctx context.Context, o Options, op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
	g, err := nn.Single(op, in...)
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
