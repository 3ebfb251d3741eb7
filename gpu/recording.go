package gpu

import (
	"context"
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// recording is a program for batches of one size, written into command buffers
// once and replayed by every run.
type recording struct {
	net        *Net
	slot       *slot
	layout     *plan.Layout
	dispatches []lower.Dispatch
	inputs     []lower.Region // where the host writes: in the staging buffer or, mapped, the arena
	outputs    []lower.Region

	buffers []vulkan.Recorded // run one after the other
	pool    *vulkan.Sets
	views   []vulkan.View
	sets    []boundSet       // by dispatch
	timed   map[Clock]*timed // the same for Profile, made when it asks
}

// boundSet is what a dispatch is recorded with.
type boundSet struct {
	set      vulkan.Set
	pipeline *vulkan.Pipeline
}

// record makes the recording for a batch.
func (s *slot) record(batch int) (*recording, error) {
	n := s.net
	layout, err := n.lay(batch)
	if err != nil {
		return nil, err
	}
	r := &recording{net: n, slot: s, layout: layout, timed: map[Clock]*timed{}}
	if r.dispatches, err = lower.Lower(n.target, n.program, layout, n.packed); err != nil {
		return nil, err
	}
	r.place()
	err = r.bind()
	if err == nil {
		r.buffers, err = r.record(r.cuts(false), nil)
	}
	if err != nil {
		r.free()
		return nil, err
	}
	return r, nil
}

func (r *recording) free() {
	for _, b := range r.buffers {
		r.slot.commands.Discard(b)
	}
	for _, t := range r.timed {
		t.free()
	}
	r.pool.Free()
	for _, v := range r.views {
		v.Free()
	}
}

// place decides where the host writes inputs and reads outputs.
func (r *recording) place() {
	var at int64
	put := func(v *plan.Value) lower.Region {
		where := r.value(v)
		if r.slot.staging != nil && !r.net.options.Keep {
			where.Offset = at
			at += where.Bytes
		}
		return where
	}
	for _, v := range r.net.program.Inputs {
		r.inputs = append(r.inputs, put(v))
	}
	for _, v := range r.net.program.Outputs {
		r.outputs = append(r.outputs, put(v))
	}
}

// value returns where any tensor lies; the host sees it in nets that keep all.
func (r *recording) value(v *plan.Value) lower.Region {
	return lower.Region{In: lower.Arena, Offset: r.layout.At(v), Bytes: r.net.target.Element() * int64(r.layout.Batch) * int64(v.Shape.Len())}
}

// put writes a tensor for the device.
func (r *recording) put(at lower.Region, values []float32) error {
	return lower.Put(r.net.target.Precision, r.slot.host().Mapped[at.Offset:at.Offset+at.Bytes], values)
}

// get reads a tensor from the device.
func (r *recording) get(values []float32, at lower.Region) {
	lower.Get(r.net.target.Precision, values, r.slot.host().Mapped[at.Offset:at.Offset+at.Bytes])
}

// bind makes the descriptor sets of all dispatches.
func (r *recording) bind() error {
	d := r.net.device.vulkan
	var texels, storage int
	var kernels []shaders.Kernel
	for _, x := range r.dispatches {
		texels += x.Kernel.Texels
		storage += x.Kernel.Buffers
		if !slices.ContainsFunc(kernels, func(k shaders.Kernel) bool { return k.Variant() == x.Kernel.Variant() }) {
			kernels = append(kernels, x.Kernel)
		}
	}
	if len(r.dispatches) == 0 {
		return nil
	}
	r.net.cold.begin(kernels)
	if err := d.MakePipelines(kernels, r.net.options.SPIRV); err != nil {
		return err
	}
	var err error
	if r.pool, err = d.NewSets(len(r.dispatches), texels, storage); err != nil {
		return err
	}
	r.sets = make([]boundSet, len(r.dispatches))
	views := map[lower.Region]vulkan.View{}
	for i, x := range r.dispatches {
		p, err := d.Pipeline(x.Kernel, r.net.options.SPIRV[x.Kernel.Name])
		if err != nil {
			return err
		}
		set, err := r.pool.New(p)
		if err != nil {
			return err
		}
		args, err := r.describe(x, views)
		if err != nil {
			return err
		}
		r.pool.Write(set, args)
		r.sets[i] = boundSet{set, p}
	}
	return nil
}

// describe turns a dispatch's arguments into descriptors; views holds those
// made so far.
func (r *recording) describe(x lower.Dispatch, views map[lower.Region]vulkan.View) ([]vulkan.Argument, error) {
	args := make([]vulkan.Argument, len(x.Args))
	for i, a := range x.Args {
		b := r.slot.arena
		if a.In == lower.Weights {
			b = r.net.weights
		}
		if i >= x.Kernel.Texels {
			args[i] = vulkan.Argument{Buffer: b, Offset: a.Offset, Bytes: a.Bytes}
			continue
		}
		v, ok := views[a]
		if !ok {
			var err error
			if v, err = b.View(a.Offset, a.Bytes, x.Kernel.TexelBytes(i)); err != nil {
				return nil, fmt.Errorf("layer %q: %w", x.Step.Name, err)
			}
			views[a] = v
			r.views = append(r.views, v)
		}
		args[i] = vulkan.Argument{View: v}
	}
	return args, nil
}

// workPerSubmission bounds the multiply-accumulates of one command buffer, so
// that a run can be cancelled and no driver's watchdog takes it for hung.
func (d *Device) workPerSubmission() int64 {
	if d.info.Type == Discrete {
		return 25e9
	}
	return 2e9
}

// cuts returns the first dispatches of the command buffers that the program is
// cut into; at blocks too where asked for.
func (r *recording) cuts(atBlocks bool) []int {
	limit := r.net.device.workPerSubmission()
	siblings := map[*plan.Step]int64{}
	for _, x := range r.dispatches {
		siblings[x.Step]++
	}
	cuts := []int{0}
	var work int64
	for i, x := range r.dispatches {
		share := x.Step.MACs() * int64(r.layout.Batch) / siblings[x.Step]
		blockBegins := i > 0 && x.Step.Main().Block != r.dispatches[i-1].Step.Main().Block
		if work > 0 && work+share > limit || atBlocks && blockBegins {
			cuts = append(cuts, i)
			work = 0
		}
		work += share
	}
	return cuts
}

// record writes the command buffers that begin with those dispatches; stamps,
// where not nil, gets the time around each step and the copies.
func (r *recording) record(cuts []int, stamps *stamps) ([]vulkan.Recorded, error) {
	var buffers []vulkan.Recorded
	for c, from := range cuts {
		to := len(r.dispatches)
		if c+1 < len(cuts) {
			to = cuts[c+1]
		}
		b, err := r.slot.commands.Record(false, func(buffer vulkan.Recorder) {
			if c == 0 {
				stamps.reset(buffer)
				r.copyIn(buffer, stamps)
			}
			r.dispatch(buffer, from, to, c, stamps)
			if to == len(r.dispatches) {
				stamps.begin(buffer)
				r.copyOut(buffer)
				stamps.end(buffer, stampPair{submission: c, what: stampCopyOut})
			}
		})
		if err != nil {
			for _, b := range buffers {
				r.slot.commands.Discard(b)
			}
			return nil, err
		}
		buffers = append(buffers, b)
	}
	return buffers, nil
}

// copyIn copies the inputs from the staging buffer.
func (r *recording) copyIn(buffer vulkan.Recorder, stamps *stamps) {
	if r.slot.staging == nil {
		return
	}
	stamps.begin(buffer)
	for i, v := range r.net.program.Inputs {
		from := r.inputs[i]
		buffer.Copy(r.slot.staging, r.slot.arena, from.Offset, r.layout.At(v), from.Bytes)
	}
	stamps.end(buffer, stampPair{what: stampCopyIn})
	buffer.Barrier(vulkan.TransferToCompute)
}

// copyOut makes the outputs, or everything, visible to the host.
func (r *recording) copyOut(buffer vulkan.Recorder) {
	if r.slot.staging != nil {
		buffer.Barrier(vulkan.ComputeToTransfer)
		if r.net.options.Keep {
			buffer.Copy(r.slot.arena, r.slot.staging, 0, 0, r.layout.Bytes)
		} else {
			for i, v := range r.net.program.Outputs {
				to := r.outputs[i]
				buffer.Copy(r.slot.arena, r.slot.staging, r.layout.At(v), to.Offset, to.Bytes)
			}
		}
	}
	buffer.Barrier(vulkan.ToHost)
}

// dispatch records the dispatches from..to. Each step waits for all before it:
// in a chain a finer barrier orders nothing more. Debuggers see the steps'
// names. The command buffer is the recording's submission of that number.
func (r *recording) dispatch(buffer vulkan.Recorder, from, to, submission int, stamps *stamps) {
	for i := from; i < to; i++ {
		x := r.dispatches[i]
		begins := i == 0 || r.dispatches[i-1].Step != x.Step
		if i > 0 && (x.Waits || begins) {
			buffer.Barrier(vulkan.ComputeToCompute)
		}
		if begins || i == from {
			buffer.BeginLabel(x.Step.Name)
			stamps.begin(buffer)
		}
		r.launch(buffer, i, x.Groups)
		if i+1 == to || r.dispatches[i+1].Step != x.Step {
			stamps.end(buffer, stampPair{submission: submission, step: x.Step})
			buffer.EndLabel()
		}
	}
}

// launch records the i-th dispatch with that many groups.
func (r *recording) launch(buffer vulkan.Recorder, i int, groups [3]uint32) {
	x, set := r.dispatches[i], r.sets[i]
	buffer.Bind(set.pipeline, set.set, x.Push)
	buffer.Dispatch(groups)
}

// runStep records and runs one step by itself; the arena, or its copy in the
// staging buffer, holds what the step reads.
func (r *recording) runStep(s *plan.Step) error {
	from := slices.IndexFunc(r.dispatches, func(x lower.Dispatch) bool { return x.Step == s })
	to := from
	for to < len(r.dispatches) && r.dispatches[to].Step == s {
		to++
	}
	return r.slot.commands.Once(func(buffer vulkan.Recorder) {
		if staging := r.slot.staging; staging != nil {
			buffer.Copy(staging, r.slot.arena, 0, 0, r.layout.Bytes)
			buffer.Barrier(vulkan.TransferToCompute)
		}
		r.dispatch(buffer, from, to, 0, nil)
		r.copyOut(buffer)
	})
}

// run submits the command buffers in order, each when the one before has ended.
func (r *recording) run(ctx context.Context) error {
	for _, b := range r.buffers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.slot.commands.Run(b); err != nil {
			return err
		}
	}
	return nil
}

// prime makes a driver that runs on the CPU compile the recording's kernels.
// Such a driver does so when it first meets a pipeline in a dispatch, one after
// the other; a dispatch of no groups is enough. Others compile when pipelines
// are made.
func (r *recording) prime() error {
	if r.net.device.info.Type != CPU {
		return nil
	}
	return r.slot.commands.Once(func(buffer vulkan.Recorder) {
		seen := map[*vulkan.Pipeline]bool{}
		for i, set := range r.sets {
			if !seen[set.pipeline] {
				seen[set.pipeline] = true
				buffer.Barrier(vulkan.ComputeToCompute) // the validation layer takes every dispatch for a real one
				r.launch(buffer, i, [3]uint32{})
			}
		}
	})
}
