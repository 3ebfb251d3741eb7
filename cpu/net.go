package cpu

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/internal/inflight"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Net is a network that is ready to run. It may be used by several goroutines:
// their batches are computed one after the other, each by all threads.
type Net struct {
	options Options
	set     *simd.Set
	program *plan.Program
	layout  *plan.Layout
	weights *simd.Memory
	packed  map[*plan.Step]region // in weights
	team    *team
	full    *lowered // of a full batch

	slots *inflight.Slots[*slot]
}

// Load makes a network ready: it plans the program, packs the weights and reserves
// what a batch needs. Kernels that are deferred are read as they are packed, a few
// at a time. The graph is not used afterwards, and its weights can be let go.
func Load(g *nn.Graph, o Options) (*Net, error) {
	o, set, err := o.complete()
	if err != nil {
		return nil, err
	}
	if err := g.CheckDeferred(); err != nil {
		return nil, err
	}
	n := &Net{options: o, set: set, program: plan.Compile(g, o.passes())}
	if err := n.prepare(); err != nil {
		n.free()
		return nil, err
	}
	return n, nil
}

// prepare makes what runs need.
func (n *Net) prepare() error {
	for _, s := range n.program.Steps {
		if _, err := operatorOf(s.Op); err != nil {
			return fmt.Errorf("layer %q: %w", s.Name, err)
		}
	}
	if err := n.pack(); err != nil {
		return err
	}
	n.layout = n.program.Lay(n.options.Batch, 4, simd.Align, n.options.Keep, func(s *plan.Step) int64 {
		op, _ := operatorOf(s.Op)
		return op.scratch(s, n.options.Batch) + n.gateBytes(s)
	})
	var err error
	if n.team, err = newTeam(n.options.Threads, n.set); err != nil {
		return err
	}
	n.slots, err = inflight.Make(n.options.InFlight, func() (*slot, error) {
		arena, err := simd.Allocate(n.layout.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w (a batch of %d images; a smaller one needs less)", err, n.options.Batch)
		}
		return &slot{net: n, arena: arena, lowered: map[int]*lowered{}}, nil
	})
	if err != nil {
		return err
	}
	n.full, err = n.slots.All[0].lower(n.options.Batch)
	return err
}

// Precision returns how the net stores its weights.
func (n *Net) Precision() nn.Precision { return n.options.Precision }

// Program returns what the net runs.
func (n *Net) Program() *plan.Program { return n.program }

// Options returns how the net was loaded, with what was left open filled in.
func (n *Net) Options() Options { return n.options }

// Footprint returns the memory that the net holds.
func (n *Net) Footprint() plan.Footprint {
	return plan.Footprint{
		Weights: int64(len(n.weights.Bytes())), Arena: n.layout.Bytes, Peak: n.layout.Peak, InFlight: n.options.InFlight,
	}
}

// Bytes returns what a step moves at least for a full batch: plan.Step.Bytes
// counts four for every number.
func (n *Net) Bytes(s *plan.Step) int64 {
	image := s.Bytes(2) - s.Bytes(1) // a batch adds images alone
	weights := s.Bytes(1) - image
	if s.MACs() > 0 && n.options.Precision.HalfWeights() {
		weights /= 2
	}
	return weights + int64(n.options.Batch)*image
}

// Work is what the threads do between two points at which they wait for one
// another.
type Work struct {
	Kernel string // with the set that it is of, "avx2 product"; "go": plain Go
	Tiles  int
}

// Work returns what a step does for a full batch, in order.
func (n *Net) Work(s *plan.Step) []Work {
	var list []Work
	for _, w := range n.full.work {
		if w.step != s {
			continue
		}
		name := w.kernel
		if name != inGo {
			name = n.set.Name + " " + name
		}
		list = append(list, Work{name, w.tiles})
	}
	return list
}

// Kernels returns the names of the kernels that a step runs for a full batch.
func (n *Net) Kernels(s *plan.Step) []string {
	var names []string
	for _, w := range n.Work(s) {
		names = append(names, w.Kernel)
	}
	return names
}

// Close frees what the net holds. Runs that have begun are waited for.
func (n *Net) Close() error {
	if err := n.slots.Close(); err != nil {
		return err
	}
	n.free()
	return nil
}

func (n *Net) free() {
	n.team.close()
	if n.slots != nil {
		for _, s := range n.slots.All {
			s.free()
		}
	}
	n.weights.Free()
}

// Run answers for a batch of any size: x has the shape (N, ...) of the model's
// input, float32, NHWC; the result (N, ...) that of its output. It is for
// models with one of each. A cancelled ctx ends it between two steps.
func (n *Net) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	return inflight.Only(n.program, func() ([]*nn.Tensor, error) { return n.RunAll(ctx, []*nn.Tensor{x}) })
}

// RunAll is Run for models with several inputs or outputs, in the graph's
// order.
func (n *Net) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	return inflight.Run(ctx, n.program, in, n.options.Batch, n.options.InFlight, func(ctx context.Context, out []*nn.Tensor, from, to int) error {
		return n.part(ctx, in, out, from, to)
	})
}

// part runs images from..to, one batch.
func (n *Net) part(ctx context.Context, in, out []*nn.Tensor, from, to int) error {
	s, err := n.slots.Take(ctx)
	if err != nil {
		return err
	}
	defer n.slots.Give(s)
	l, err := s.lower(to - from)
	if err != nil {
		return err
	}
	for i, v := range n.program.Inputs {
		copy(l.floats(v), in[i].Images(from, to))
	}
	if err := n.team.run(ctx, l.work, nil); err != nil {
		return err
	}
	for i, v := range n.program.Outputs {
		copy(out[i].Images(from, to), l.floats(v))
	}
	return nil
}
