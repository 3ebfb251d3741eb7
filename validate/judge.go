package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

// Judge says what is right.
type Judge interface {
	// String names the judge.
	String() string
	// Judge returns the right result of every node for a batch, by nn.Node.Index.
	Judge(ctx context.Context, g *nn.Graph, in []*nn.Tensor) ([]Right, error)
}

// Right is the right result of a node.
type Right struct {
	*nn.Tensor
	By Judge
}

// Reference is the judge who computes everything by package reference, in
// float64 and rounded once a layer.
type Reference struct{}

// String names the judge.
func (Reference) String() string { return "reference" }

// Judge runs the graph.
func (r Reference) Judge(ctx context.Context, g *nn.Graph, in []*nn.Tensor) ([]Right, error) {
	return r.judge(ctx, g, in, func() {})
}

// judge is Judge that calls step after each node.
func (r Reference) judge(ctx context.Context, g *nn.Graph, in []*nn.Tensor, step func()) ([]Right, error) {
	rights := make([]Right, len(g.Nodes))
	_, err := reference.Run(ctx, g, in, func(n *nn.Node, t *nn.Tensor) error {
		rights[n.Index] = Right{t, r}
		step()
		return nil
	})
	return rights, err
}

// Other is the judge who runs everything on another device, layer by layer.
type Other struct{ Device *gpu.Device }

// String names the device.
func (o Other) String() string { return o.Device.Info().String() }

// Judge runs the graph.
func (o Other) Judge(ctx context.Context, g *nn.Graph, in []*nn.Tensor) ([]Right, error) {
	batch, err := g.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	net, err := gpu.Load(o.Device, g, gpu.Options{Batch: batch, LayerByLayer: true, Keep: true})
	if err != nil {
		return nil, err
	}
	rights := make([]Right, len(g.Nodes))
	err = net.Observe(ctx, in, func(v *plan.Value, t *nn.Tensor) error {
		rights[v.Node.Index] = Right{t, o}
		return nil
	})
	return rights, errors.Join(err, net.Close())
}

// Native is the judge who runs everything on the processor, layer by layer.
type Native struct{}

// String names the processor.
func (Native) String() string { return cpu.Host().String() }

// Judge runs the graph.
func (j Native) Judge(ctx context.Context, g *nn.Graph, in []*nn.Tensor) ([]Right, error) {
	batch, err := g.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	net, err := cpu.Load(g, cpu.Options{Batch: batch, LayerByLayer: true, Keep: true})
	if err != nil {
		return nil, err
	}
	rights := make([]Right, len(g.Nodes))
	err = net.Observe(ctx, in, func(v *plan.Value, t *nn.Tensor) error {
		rights[v.Node.Index] = Right{t, j}
		return nil
	})
	return rights, errors.Join(err, net.Close())
}

// Arrays is the judge who knows layers' outputs beforehand, such as real Keras
// wrote: by the layer's name, or the node's where a layer is called several times.
// What is not there the reference computes, from what is.
type Arrays struct {
	Source  string // what String returns
	Tensors map[string]*nn.Tensor
}

// String names the source.
func (a Arrays) String() string { return a.Source }

// Inputs returns the arrays of the graph's inputs, nil unless all are there.
func (a Arrays) Inputs(g *nn.Graph) []*nn.Tensor {
	var in []*nn.Tensor
	for _, n := range g.Inputs {
		t, ok := a.Tensors[n.Name]
		if !ok {
			return nil
		}
		in = append(in, t)
	}
	return in
}

// Judge completes the arrays. An array of a layer must have the shape of the
// layer's output for the batch, and at least one must be a layer's.
func (a Arrays) Judge(ctx context.Context, g *nn.Graph, in []*nn.Tensor) ([]Right, error) {
	batch, err := g.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	if err := g.CheckWeights(); err != nil {
		return nil, err
	}
	names := a.names(g)
	rights := make([]Right, len(g.Nodes))
	for i, n := range g.Inputs {
		rights[n.Index] = Right{in[i], a}
	}
	known := 0
	for _, n := range g.Nodes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, isInput := n.Op.(*nn.Input); isInput {
			continue
		}
		if t, ok := a.Tensors[names[n]]; ok {
			if want := n.Shape.Batch(batch); !t.Shape.Equal(want) {
				return nil, fmt.Errorf("%s: array %q: expected shape %v, found %v", a.Source, names[n], want, t.Shape)
			}
			rights[n.Index] = Right{t, a}
			known++
			continue
		}
		operands := make([]*nn.Tensor, len(n.Inputs))
		for i, input := range n.Inputs {
			operands[i] = rights[input.Index].Tensor
		}
		t, err := reference.Apply(n.Op, operands...)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", n.Class, n.Name, err)
		}
		rights[n.Index] = Right{t, Reference{}}
	}
	if known == 0 && len(g.Nodes) > len(g.Inputs) {
		return nil, fmt.Errorf("%s: none of its %d arrays is named as a layer of %s", a.Source, len(a.Tensors), g.Name)
	}
	return rights, nil
}

// names returns the array of each node: the layer's, where the node is a layer's
// output at its first call; else the one of the node's own name, unless that is a
// layer's name, whose output it would be.
func (a Arrays) names(g *nn.Graph) map[*nn.Node]string {
	names, layers := map[*nn.Node]string{}, map[string]bool{}
	for _, l := range g.Layers() {
		layers[l.Name] = true
		if l.Call == 0 {
			names[l.Output()] = l.Name
		}
	}
	for _, n := range g.Nodes {
		if _, isOutput := names[n]; !isOutput && !layers[n.Name] {
			names[n] = n.Name
		}
	}
	return names
}

// unknown returns the names of arrays that belong to no node.
func (a Arrays) unknown(g *nn.Graph) []string {
	used := map[string]bool{}
	for _, name := range a.names(g) {
		used[name] = true
	}
	for _, n := range g.Inputs {
		used[n.Name] = true
	}
	var names []string
	for name := range a.Tensors {
		if !used[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
