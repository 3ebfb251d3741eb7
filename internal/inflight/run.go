package inflight

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Run works through any number of images, batch at a time and as many batches at
// once as inFlight says: in and the result are in the order of the program's
// inputs and outputs, (N, ...) each. part computes images from..to, and says so
// by filling that part of out.
func Run(ctx context.Context, p *plan.Program, in []*nn.Tensor, batch, inFlight int, part func(ctx context.Context, out []*nn.Tensor, from, to int) error) ([]*nn.Tensor, error) {
	total, err := p.Graph.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	out := make([]*nn.Tensor, len(p.Outputs))
	for i, v := range p.Outputs {
		out[i] = nn.NewTensor(v.Shape.Batch(total)...)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for from := 0; from < total; from += batch {
		group.Go(func() error { return part(ctx, out, from, min(from+batch, total)) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// Only returns the one output of all, for programs with one.
func Only(p *plan.Program, all func() ([]*nn.Tensor, error)) (*nn.Tensor, error) {
	if len(p.Outputs) != 1 {
		return nil, fmt.Errorf("the model has %d outputs: use RunAll", len(p.Outputs))
	}
	out, err := all()
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
