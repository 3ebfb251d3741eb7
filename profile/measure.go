package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/gpu/paper"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Options are how a net is measured.
type Options struct {
	Model   string // what reports call it
	Runs    int    // timed runs; 0 means 20
	Warmups int    // runs before them; 0 means 2
	Roof    *Roof  // what the device can do; nil: not known
	// Predicted is what a GPU on paper takes for the net's program, to be shown beside
	// what is measured; nil: nothing. Layer by layer it is left out.
	Predicted *paper.Prediction
	Progress  func(run int) // called before every run, from 0, if not nil
}

// Measurement is a net's runs, timed by step or, without timestamps, by block.
type Measurement struct {
	about  Report // what reports say of the net and the device
	steps  []step
	runs   []run           // timed
	plain  []time.Duration // wall times of the untimed runs between them
	blocks bool            // a step's time is not known, its block's is
}

// step is what is known of a step of the program without running it.
type step struct {
	name, operation, output string
	layer, block            string
	layers                  []string // all that it computes
	macs, bytes             int64    // of the batch
	product                 *Product
	kernels                 []Kernel
	predicted               float64 // ms; 0: not
}

// run is a timed run. took has the time of every step; without timestamps the
// first step of a block has the block's.
type run struct {
	*gpu.Profile
	took  []time.Duration
	index map[*plan.Step]int
}

// Measure runs the net on the inputs, which must be of one batch, with and
// without timing in turn: what the machine does meanwhile hits both alike.
func Measure(ctx context.Context, n Subject, in []*nn.Tensor, o Options) (*Measurement, error) {
	if o.Runs < 0 || o.Warmups < 0 {
		return nil, fmt.Errorf("%d runs after %d to warm up", o.Runs, o.Warmups)
	}
	if o.Runs == 0 {
		o.Runs = 20
	}
	if o.Warmups == 0 {
		o.Warmups = 2
	}
	clock := n.Clock()
	m := &Measurement{about: describe(n, o), blocks: clock == gpu.HostClock}
	index := map[*plan.Step]int{}
	for i, s := range n.Program().Steps {
		index[s] = i
		m.steps = append(m.steps, describeStep(n, s))
	}
	if o.Predicted != nil && !n.layerByLayer() {
		if err := m.predict(o.Predicted); err != nil {
			return nil, err
		}
	}
	for i := range o.Warmups + o.Runs {
		if o.Progress != nil {
			o.Progress(i)
		}
		var timed, untimed *gpu.Profile
		turns := []func() error{
			func() (err error) { timed, err = n.Profile(ctx, in, clock); return err },
			func() (err error) { untimed, err = n.Profile(ctx, in, gpu.NoClock); return err },
		}
		if i%2 == 1 { // neither always follows the other
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return nil, err
			}
		}
		if i >= o.Warmups {
			m.runs = append(m.runs, newRun(timed, index, m.blocks))
			m.plain = append(m.plain, untimed.Wall)
		}
	}
	return m, nil
}

// newRun adds up the time of every step.
func newRun(p *gpu.Profile, index map[*plan.Step]int, blocks bool) run {
	r := run{Profile: p, took: make([]time.Duration, len(index)), index: index}
	owner := map[string]int{} // by block, its first step
	for _, s := range p.Submissions {
		for _, w := range s.Work {
			at := index[w.Steps[0]]
			if blocks {
				block := w.Steps[0].Main().Block
				if first, ok := owner[block]; ok {
					at = first
				}
				owner[block] = at
			}
			r.took[at] += w.Took
		}
	}
	return r
}

func describe(n Subject, o Options) Report {
	device, kind, driver := n.about()
	r := Report{
		Schema: Schema, Model: o.Model, Device: device, DeviceType: kind, Driver: driver,
		Batch: n.batch(), Precision: string(n.Precision()), Program: "planned", Clock: n.Clock(), Runs: o.Runs, Roof: o.Roof,
	}
	if n.layerByLayer() {
		r.Program = "layer by layer"
	}
	return r
}

func describeStep(n Subject, s *plan.Step) step {
	batch := n.batch()
	main := s.Main()
	d := step{
		name: nameOf(s), operation: s.Op.Kind(), output: s.Out.Shape.Batch(batch).String(),
		layer: main.Layer, block: main.Block, macs: s.MACs() * int64(batch), bytes: n.Bytes(s), product: productOf(s, batch),
	}
	if s.Window.Size[0] > 0 {
		d.operation += " " + s.Window.String()
	}
	for _, part := range s.Parts() {
		for _, node := range part.Nodes {
			if !slices.Contains(d.layers, node.Layer) {
				d.layers = append(d.layers, node.Layer)
			}
		}
	}
	d.kernels = n.kernels(s)
	return d
}

// nameOf names the step with the one that runs as one with it.
func nameOf(s *plan.Step) string {
	var names []string
	for _, part := range s.Parts() {
		names = append(names, part.Name)
	}
	return strings.Join(names, " + ")
}

// productOf returns the matrix product that a step amounts to, nil if none.
func productOf(s *plan.Step, batch int) *Product {
	switch op := s.Op.(type) {
	case *nn.Conv2D:
		out, filters := s.Out.Shape, 0
		for _, part := range s.Parts() {
			filters += part.Out.Shape[2]
		}
		return &Product{M: int64(batch) * int64(out[0]) * int64(out[1]), N: int64(filters), K: int64(op.Size[0]) * int64(op.Size[1]) * int64(s.In[0].Shape.Channels())}
	case *nn.Dense:
		in, out := s.In[0].Shape, s.Out.Shape
		return &Product{M: int64(batch) * int64(out.Len()/out.Channels()), N: int64(out.Channels()), K: int64(in.Channels())}
	}
	return nil
}

// addKernel adds to the list, or to the kernel's place in it.
func addKernel(list []Kernel, k Kernel) []Kernel {
	for i := range list {
		if list[i].Name == k.Name {
			list[i].Dispatches += k.Dispatches
			list[i].Groups += k.Groups
			return list
		}
	}
	return append(list, k)
}
