package gpu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/internal/inflight"
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
	// InFlight is how many batches are under way at once, each in memory of its
	// own: with two, the device computes one while the host reads the other's
	// result and writes the next one's input. 0 means 1. Results don't depend
	// on it.
	InFlight int
	// LayerByLayer runs one plain kernel a layer, without any pass of package
	// plan: slow, but simple enough to check.
	LayerByLayer bool
	// Passes chooses the planner's passes; nil: Device.Passes. LayerByLayer has
	// none.
	Passes *plan.Options
	// Keep gives every tensor memory of its own, so that Observe can show it.
	Keep bool
	// OnDevice gives every tensor memory of its own, as Keep does, but copies none
	// to the host: it is for Hold.
	OnDevice bool
	// Stir makes Isolate run every step on Unwritten inputs before it runs it on
	// those that it is given: a kernel that reads what it has not written yet, in
	// shared memory too, then shows.
	Stir bool
	// Precision says which numbers are stored as float16; "" means FP32, or that
	// of the forced kernel.
	Precision nn.Precision
	// NoMatrices keeps FP16 from the device's cooperative matrices.
	NoMatrices bool
	// Kernel forces the named kernel wherever it can compute the layer. The name
	// may be without the precision.
	Kernel string
	// Tune measures, on a GPU, which kernels are fastest for the net's shapes, for
	// about two seconds at first, and remembers it in the user's cache folder.
	Tune    bool
	tuneFor time.Duration // 0: tuneTime
	// splits forces the parts that the tiled kernels' sums are cut into.
	splits int64
	// SPIRV replaces the code of kernels, by name. Code that does not have the
	// kernel's interface is refused.
	SPIRV map[string][]byte
}

// lowering returns what the options ask of the choice of kernels.
func (o Options) lowering() lower.Options {
	return lower.Options{Precision: o.Precision, Plain: o.LayerByLayer, NoMatrices: o.NoMatrices, Kernel: o.Kernel, Splits: o.splits}
}

// Net is a network on a device. It may be used by several goroutines; as many
// of them as there are runs in flight go on at the same time, the others wait.
type Net struct {
	device  *Device
	options Options
	target  lower.Target
	program *plan.Program

	weights *vulkan.Buffer
	packed  map[*plan.Step]lower.Region // in weights
	full    []lower.Dispatch            // of a full batch
	peak    int64                       // bytes of the tensors alive at once, of a full batch
	tuned   Tuned
	cold    *coldStart // nil but in Load

	slots *inflight.Slots[*slot]
}

// Load puts a network on a device: it plans the program, packs the weights
// into device memory and reserves what a batch needs. Kernels that are deferred
// are read as they are packed, a few at a time. The graph is not used
// afterwards, and its weights can be let go. GPU kernels that the device
// computes wrong are found at first use and left out: see Device.Doubts.
func Load(d *Device, g *nn.Graph, o Options) (*Net, error) {
	for {
		n, err := loadOnce(d, g, o)
		if err != nil {
			return nil, err
		}
		right, err := n.trusts()
		n.cold.end(err == nil && right)
		n.cold = nil
		if err == nil && right {
			return n, nil
		}
		if err := errors.Join(err, n.Close()); err != nil {
			return nil, err
		}
	}
}

// loadOnce is Load with the kernels that the device is known to compute right,
// or that were not checked yet.
func loadOnce(d *Device, g *nn.Graph, o Options) (*Net, error) {
	if o.Batch < 0 || o.InFlight < 0 {
		return nil, fmt.Errorf("a batch of %d images, %d in flight", o.Batch, o.InFlight)
	}
	if d.info.CompilesOnly {
		return nil, fmt.Errorf("%s: %w", d.info.Name, ErrCompilesOnly)
	}
	o.Batch, o.InFlight = max(o.Batch, 1), max(o.InFlight, 1)
	if err := g.CheckDeferred(); err != nil {
		return nil, err
	}
	t, err := lower.NewTarget(d.limits, o.lowering())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	if o.Kernel == "" {
		t.NoLanes, t.NoTiles, t.NoQuads = d.checks.noLanes, d.checks.noTiles, d.checks.noQuads
	}
	d.mu.Unlock()
	for name, code := range o.SPIRV {
		k, ok := shaders.Named(name)
		if !ok {
			return nil, fmt.Errorf("%w: %s", ErrNoKernel, name)
		}
		if err := d.admit(k, code); err != nil {
			return nil, err
		}
	}
	if err := d.Retain(); err != nil {
		return nil, err
	}
	n := &Net{device: d, options: o, target: t, program: plan.Compile(g, o.passes(d))}
	if n.checksKernels() {
		n.cold = &coldStart{device: d}
	}
	err = n.tune()
	if err == nil {
		err = n.prepare()
	}
	if err != nil {
		n.cold.end(false)
		return nil, errors.Join(err, n.free())
	}
	return n, nil
}

// prepare makes what runs need, up to the recording of a full batch. What the
// driver has yet to compile, it compiles while the weights are packed.
func (n *Net) prepare() error {
	packings, err := n.placeWeights()
	if err != nil {
		return err
	}
	layout, err := n.lay(n.options.Batch)
	if err != nil {
		return err
	}
	n.peak = layout.Peak
	n.slots, err = inflight.Make(n.options.InFlight, func() (*slot, error) { return n.newSlot(layout) })
	if err != nil {
		return fmt.Errorf("%w (a batch of %d images; a smaller one needs less)", err, n.options.Batch)
	}
	first, err := n.slots.All[0].recording(n.options.Batch)
	if err != nil {
		return err
	}
	n.full = first.dispatches
	var group errgroup.Group
	group.Go(first.prime)
	group.Go(func() error { return n.upload(packings) })
	return group.Wait()
}

// lay places the tensors of a batch.
func (n *Net) lay(batch int) (*plan.Layout, error) {
	return lower.Lay(n.target, n.program, batch, n.options.Keep || n.options.OnDevice)
}

// ends returns the bytes of all inputs and outputs of a batch.
func (n *Net) ends(batch int) int64 {
	var sum int64
	for _, v := range append(append([]*plan.Value(nil), n.program.Inputs...), n.program.Outputs...) {
		sum += n.target.Element() * int64(batch) * int64(v.Shape.Len())
	}
	return sum
}

// Device returns the device that the net is on.
func (n *Net) Device() *Device { return n.device }

// Precision returns how the net stores its numbers.
func (n *Net) Precision() nn.Precision { return n.target.Precision }

// Program returns what the net runs.
func (n *Net) Program() *plan.Program { return n.program }

// Options returns how the net was loaded.
func (n *Net) Options() Options { return n.options }

// Dispatch is one run of a kernel.
type Dispatch struct {
	Kernel string    // shaders.Named tells more
	Groups [3]uint32 // work groups
}

// Dispatches returns what a step runs for a full batch, in order.
func (n *Net) Dispatches(s *plan.Step) []Dispatch {
	var list []Dispatch
	for _, d := range n.full {
		if d.Step == s {
			list = append(list, Dispatch{d.Kernel.Name, d.Groups})
		}
	}
	return list
}

// Bytes returns what a step moves at least for a full batch, in the net's
// precision: plan.Step.Bytes counts four for every number.
func (n *Net) Bytes(s *plan.Step) int64 {
	image := s.Bytes(2) - s.Bytes(1) // a batch adds images alone
	weights := s.Bytes(1) - image
	if s.MACs() > 0 && n.target.Precision.HalfWeights() {
		weights /= 2
	}
	return weights + int64(n.options.Batch)*image*n.target.Element()/4
}

// Tuned says how the kernels of the net's products were chosen.
func (n *Net) Tuned() Tuned { return n.tuned }

// Kernels returns the names of the kernels that a step runs for a full batch.
func (n *Net) Kernels(s *plan.Step) []string {
	var names []string
	for _, d := range n.Dispatches(s) {
		names = append(names, d.Kernel)
	}
	return names
}

// Close frees what the net holds, whatever the error. Runs that have begun are
// waited for.
func (n *Net) Close() error {
	if err := n.slots.Close(); err != nil {
		return err
	}
	return n.free()
}

func (n *Net) free() error {
	if n.slots != nil {
		for _, s := range n.slots.All {
			s.free()
		}
	}
	n.weights.Free()
	return n.device.Drop()
}

// Run answers for a batch of any size: x has the shape (N, ...) of the model's
// input, float32, NHWC; the result (N, ...) that of its output. It is for
// models with one of each. A cancelled ctx ends it between two submissions.
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
	r, err := s.submit(ctx, in, from, to)
	if err != nil {
		return err
	}
	for i := range out {
		r.get(out[i].Images(from, to), r.outputs[i])
	}
	return n.check(in, out, from, to)
}

// Observe runs one batch and hands everything that the program computes to
// observe, in order; elements that no step wrote are Unwritten. The net must have
// been loaded with Keep; the tensors are copies.
func (n *Net) Observe(ctx context.Context, in []*nn.Tensor, observe func(*plan.Value, *nn.Tensor) error) error {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return err
	}
	if err := n.keeps(batch); err != nil {
		return err
	}
	s, err := n.slots.Take(ctx)
	if err != nil {
		return err
	}
	defer n.slots.Give(s)
	if err := s.spoil(batch); err != nil {
		return err
	}
	r, err := s.submit(ctx, in, 0, batch)
	if err != nil {
		return err
	}
	for _, v := range n.program.Values {
		t := nn.NewTensor(v.Shape.Batch(batch)...)
		r.get(t.Data, r.value(v))
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
// shape, and observe gets what the step, and its sibling where it has one, made
// of it; elements that it did not write are Unwritten. The net must have been
// loaded with Keep.
func (n *Net) Isolate(ctx context.Context, batch int, feed func(*plan.Value) (*nn.Tensor, error), observe func(*plan.Step, *nn.Tensor) error) error {
	if err := n.keeps(batch); err != nil {
		return err
	}
	slot, err := n.slots.Take(ctx)
	if err != nil {
		return err
	}
	defer n.slots.Give(slot)
	r, err := slot.recording(batch)
	if err != nil {
		return err
	}
	for _, s := range n.program.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n.options.Stir {
			if err := r.stir(s); err != nil {
				return err
			}
		}
		for v := range s.Reads() {
			x, err := feed(v)
			if err != nil {
				return err
			}
			if want := v.Shape.Batch(batch); !x.Shape.Equal(want) {
				return fmt.Errorf("layer %q reads %v, was fed %v", s.Name, want, x.Shape)
			}
			if err := r.put(r.value(v), x.Data); err != nil {
				return fmt.Errorf("layer %q: %w", s.Name, err)
			}
		}
		for _, part := range s.Parts() {
			r.spoil(part.Out)
		}
		if err := r.runStep(s); err != nil {
			return err
		}
		for _, part := range s.Parts() {
			y := nn.NewTensor(part.Out.Shape.Batch(batch)...)
			r.get(y.Data, r.value(part.Out))
			if err := observe(part, y); err != nil {
				return err
			}
		}
	}
	return nil
}

// check returns an error where finite inputs gave what is not finite because
// tensors are float16.
func (n *Net) check(in, out []*nn.Tensor, from, to int) error {
	if !n.target.Precision.HalfTensors() {
		return nil
	}
	finite := func(list []*nn.Tensor) bool {
		return !slices.ContainsFunc(list, func(t *nn.Tensor) bool { return !lower.AllFinite(t.Images(from, to)) })
	}
	if finite(out) || !finite(in) {
		return nil
	}
	return fmt.Errorf("%w: an output is not finite, so a layer has probably exceeded %d, the largest number of float16: compute in %s or %s", ErrHalfRange, lower.MaxHalf, nn.FP16W, nn.FP32)
}
