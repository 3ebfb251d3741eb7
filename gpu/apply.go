package gpu

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// Apply runs one operation on batches, as reference.Apply does on the CPU: the
// inputs have a batch axis in front. It loads and frees a net of that one
// operation, so it is for tests and experiments.
func Apply(ctx context.Context, d *Device, o Options, op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
	n, err := LoadOp(d, o, op, in...)
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

// LoadOp loads a net of one operation for inputs of these shapes, which have a
// batch axis in front.
func LoadOp(d *Device, o Options, op nn.Op, in ...*nn.Tensor) (*Net, error) {
	g, err := nn.Single(op, in...)
	if err != nil {
		return nil, err
	}
	if o.Batch == 0 {
		o.Batch = in[0].Shape[0]
	}
	return Load(d, g, o)
}
