package gpu

import (
	"context"
	"fmt"
	"sync"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Options are how a network is put on a device.
type Options struct {
	// Batch is the most images that one submission carries, and so decides how
	// much memory the net holds; 0 means 1. Run takes any number and works
	// through it in batches.
	Batch int
	// LayerByLayer runs one plain kernel a layer, without any pass of package
	// plan: slow, but simple enough to check.
	LayerByLayer bool
	// Keep gives every tensor memory of its own, so that Observe can show it.
	Keep bool
	// Kernel forces the named kernel wherever it can compute the layer.
	Kernel string
	// SPIRV replaces the code of kernels, by name. Code that does not have the
	// kernel's interface is refused.
	SPIRV map[string][]byte
}

// Net is a network on a device. It may be used by several goroutines, which
// take turns.
type Net struct {
	device  *Device
	options Options
	target  target
	program *plan.Program

	mu         sync.Mutex
	closed     bool
	weights    *buffer
	packed     map[*plan.Step]region // in weights
	arena      *buffer
	staging    *buffer // nil where the arena is mapped
	commands   *commands
	recordings map[int]*recording // by batch
}

// Load puts a network on a device: it plans the program, packs the weights
// into device memory and reserves what a batch needs. The graph is not used
// afterwards, and its weights can be let go.
func Load(d *Device, g *nn.Graph, o Options) (*Net, error) {
	if o.Batch < 0 {
		return nil, fmt.Errorf("a batch of %d images", o.Batch)
	}
	o.Batch = max(o.Batch, 1)
	if err := g.CheckWeights(); err != nil {
		return nil, err
	}
	t, err := newTarget(d.info, o)
	if err != nil {
		return nil, err
	}
	for name, code := range o.SPIRV {
		k, ok := shaders.Named(name)
		if !ok {
			return nil, fmt.Errorf("%w: %s", ErrNoKernel, name)
		}
		if err := k.Check(code); err != nil {
			return nil, err
		}
	}
	passes := plan.All()
	if o.LayerByLayer {
		passes = plan.Options{}
	}
	if err := d.retain(); err != nil {
		return nil, err
	}
	n := &Net{
		device: d, options: o, target: t,
		program: plan.Compile(g, passes), recordings: map[int]*recording{},
	}
	if err := n.prepare(); err != nil {
		n.free()
		return nil, err
	}
	return n, nil
}

// prepare makes what runs need, up to the recording of a full batch.
func (n *Net) prepare() error {
	var err error
	if n.commands, err = n.device.newCommands(); err != nil {
		return err
	}
	if err := n.upload(); err != nil {
		return err
	}
	layout, err := n.lay(n.options.Batch)
	if err != nil {
		return err
	}
	if err := n.reserve(layout); err != nil {
		return fmt.Errorf("%w (a batch of %d images; a smaller one needs less)", err, n.options.Batch)
	}
	_, err = n.recording(n.options.Batch)
	return err
}

// lay places the tensors of a batch.
func (n *Net) lay(batch int) (*plan.Layout, error) {
	for _, s := range n.program.Steps {
		if _, err := operatorOf(s.Op); err != nil {
			return nil, fmt.Errorf("layer %q: %w", s.Name, err)
		}
	}
	return n.program.Lay(batch, n.target.align(), n.options.Keep, func(s *plan.Step) int64 {
		op, _ := operatorOf(s.Op)
		return op.scratch(n.target, s, int64(batch))
	}), nil
}

// reserve makes the arena and, where the host cannot map it, the staging buffer.
func (n *Net) reserve(l *plan.Layout) error {
	var err error
	if n.arena, err = n.device.newBuffer("the tensors", l.Bytes, n.device.working()...); err != nil {
		return err
	}
	if n.arena.mapped != nil {
		return nil
	}
	bytes := n.ends(l.Batch)
	if n.options.Keep {
		bytes = l.Bytes
	}
	n.staging, err = n.device.newBuffer("copies to and from the device", bytes, hostVisible|hostCoherent|hostCached, hostVisible|hostCoherent)
	return err
}

// ends returns the bytes of all inputs and outputs of a batch.
func (n *Net) ends(batch int) int64 {
	var sum int64
	for _, v := range append(append([]*plan.Value(nil), n.program.Inputs...), n.program.Outputs...) {
		sum += 4 * int64(batch) * int64(v.Shape.Len())
	}
	return sum
}

// Device returns the device that the net is on.
func (n *Net) Device() *Device { return n.device }

// Program returns what the net runs.
func (n *Net) Program() *plan.Program { return n.program }

// Kernels returns the names of the kernels that a step runs for a full batch.
func (n *Net) Kernels(s *plan.Step) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var names []string
	if r := n.recordings[n.options.Batch]; r != nil {
		for _, d := range r.dispatches {
			if d.step == s {
				names = append(names, d.kernel.Name)
			}
		}
	}
	return names
}

// Close frees what the net holds. A running Run is waited for.
func (n *Net) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("net: %w", ErrClosed)
	}
	n.free()
	return nil
}

func (n *Net) free() {
	n.closed = true
	for _, r := range n.recordings {
		r.free()
	}
	n.recordings = nil
	n.commands.free()
	n.staging.free()
	n.arena.free()
	n.weights.free()
	n.device.drop()
}

// Run answers for a batch of any size: x has the shape (N, ...) of the model's
// input, float32, NHWC; the result (N, ...) that of its output. It is for
// models with one of each. A cancelled ctx ends it between two submissions.
func (n *Net) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	if len(n.program.Outputs) != 1 {
		return nil, fmt.Errorf("the model has %d outputs: use RunAll", len(n.program.Outputs))
	}
	out, err := n.RunAll(ctx, []*nn.Tensor{x})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// RunAll is Run for models with several inputs or outputs, in the graph's
// order.
func (n *Net) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	total, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*nn.Tensor, len(n.program.Outputs))
	for i, v := range n.program.Outputs {
		out[i] = nn.NewTensor(v.Shape.Batch(total)...)
	}
	for from := 0; from < total; from += n.options.Batch {
		to := min(from+n.options.Batch, total)
		r, err := n.submit(ctx, in, from, to)
		if err != nil {
			return nil, err
		}
		for i := range out {
			copy(images(out[i], from, to), r.output(i))
		}
	}
	return out, nil
}

// Observe runs one batch and hands everything that the program computes to
// observe, in order. The net must have been loaded with Keep; the tensors are
// copies.
func (n *Net) Observe(ctx context.Context, in []*nn.Tensor, observe func(*plan.Value, *nn.Tensor) error) error {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return err
	}
	if err := n.keeps(batch); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	r, err := n.submit(ctx, in, 0, batch)
	if err != nil {
		return err
	}
	for _, v := range n.program.Values {
		t := nn.NewTensor(v.Shape.Batch(batch)...)
		copy(t.Data, r.value(v))
		if err := observe(v, t); err != nil {
			return err
		}
	}
	return nil
}

// keeps returns an error unless every tensor of such a batch can be seen.
func (n *Net) keeps(batch int) error {
	if !n.options.Keep || batch > n.options.Batch {
		return fmt.Errorf("seeing every tensor needs a net loaded with Keep and a batch of %d or more", batch)
	}
	return nil
}

// Isolate runs every step by itself on inputs of the caller's choice: feed
// returns what a value that the step reads holds, a batch of the value's
// shape, and observe gets what the step made of it. The net must have been
// loaded with Keep.
func (n *Net) Isolate(ctx context.Context, batch int, feed func(*plan.Value) (*nn.Tensor, error), observe func(*plan.Step, *nn.Tensor) error) error {
	if err := n.keeps(batch); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("net: %w", ErrClosed)
	}
	r, err := n.recording(batch)
	if err != nil {
		return err
	}
	for _, s := range n.program.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, v := range s.Reads() {
			x, err := feed(v)
			if err != nil {
				return err
			}
			if want := v.Shape.Batch(batch); !x.Shape.Equal(want) {
				return fmt.Errorf("layer %q reads %v, was fed %v", s.Name, want, x.Shape)
			}
			copy(r.value(v), x.Data)
		}
		if err := r.runStep(s); err != nil {
			return err
		}
		y := nn.NewTensor(s.Out.Shape.Batch(batch)...)
		copy(y.Data, r.value(s.Out))
		if err := observe(s, y); err != nil {
			return err
		}
	}
	return nil
}

// submit runs images from..to and waits. n.mu is held.
func (n *Net) submit(ctx context.Context, in []*nn.Tensor, from, to int) (*recording, error) {
	if n.closed {
		return nil, fmt.Errorf("net: %w", ErrClosed)
	}
	r, err := n.recording(to - from)
	if err != nil {
		return nil, err
	}
	for i, t := range in {
		copy(r.input(i), images(t, from, to))
	}
	return r, r.run(ctx)
}

// images returns the elements of images from..to of a batch.
func images(t *nn.Tensor, from, to int) []float32 {
	each := len(t.Data) / t.Shape[0]
	return t.Data[from*each : to*each]
}
