package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

// Reference is the Choice.Name of the plain Go implementation.
const Reference = "reference"

// plain is package reference as a Device.
type plain struct{}

func (p plain) String() string { return p.Info().Name + " (" + p.Info().Kind + ")" }
func (plain) Info() Info {
	return Info{Selector: Reference, Name: Reference, Kind: "plain Go", Plain: true, InFlight: 1}
}
func (plain) Passes() plan.Options { return plan.Options{} }
func (plain) Doubts() []string     { return nil }
func (plain) Close() error         { return nil }

func (plain) Load(g *nn.Graph, o Options) (Net, error) {
	if o.Precision != "" && o.Precision != nn.FP32 {
		return nil, fmt.Errorf("precision %s: %w", o.Precision, ErrReferencePrecision)
	}
	if err := g.CheckWeights(); err != nil {
		return nil, err
	}
	return plainNet{g}, nil
}

// plainNet is a graph that the reference computes.
type plainNet struct{ graph *nn.Graph }

func (n plainNet) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	out, err := n.RunAll(ctx, []*nn.Tensor{x})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func (n plainNet) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	return reference.Run(ctx, n.graph, in, nil)
}

func (n plainNet) Time(ctx context.Context, in []*nn.Tensor) (Times, error) {
	begin := time.Now()
	_, err := n.RunAll(ctx, in)
	return Times{Total: time.Since(begin)}, err
}

func (plainNet) Device() Device              { return plain{} }
func (plainNet) Precision() nn.Precision     { return nn.FP32 }
func (plainNet) Program() *plan.Program      { return nil }
func (plainNet) Kernels(*plan.Step) []string { return nil }
func (plainNet) Footprint() plan.Footprint   { return plan.Footprint{} }
func (plainNet) Notes() []string             { return nil }
func (plainNet) Close() error                { return nil }
