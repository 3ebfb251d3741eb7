package gpu

import (
	"context"
	"fmt"
	"slices"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// recording is a program for batches of one size, written into command buffers
// once and replayed by every run.
type recording struct {
	net        *Net
	slot       *slot
	layout     *plan.Layout
	dispatches []dispatch
	inputs     []region // where the host writes: in the staging buffer or, mapped, the arena
	outputs    []region

	buffers []vk.CommandBuffer // run one after the other
	pool    vk.DescriptorPool
	views   []vk.BufferView
	sets    []boundSet       // by dispatch
	timed   map[Clock]*timed // the same for Profile, made when it asks
}

// boundSet is what a dispatch is recorded with.
type boundSet struct {
	set      vk.DescriptorSet
	pipeline vk.Pipeline
	layout   vk.PipelineLayout
}

// record makes the recording for a batch.
func (s *slot) record(batch int) (*recording, error) {
	n := s.net
	layout, err := n.lay(batch)
	if err != nil {
		return nil, err
	}
	r := &recording{net: n, slot: s, layout: layout, timed: map[Clock]*timed{}}
	if r.dispatches, err = lower(n.target, n.program, layout, n.packed); err != nil {
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
	d := r.net.device
	for _, b := range r.buffers {
		r.slot.commands.discard(b)
	}
	for _, t := range r.timed {
		t.free()
	}
	if r.pool != nil {
		vk.DestroyDescriptorPool(d.handle, r.pool, nil)
	}
	for _, v := range r.views {
		vk.DestroyBufferView(d.handle, v, nil)
	}
}

// place decides where the host writes inputs and reads outputs.
func (r *recording) place() {
	var at int64
	put := func(v *plan.Value) region {
		where := r.value(v)
		if r.slot.staging != nil && !r.net.options.Keep {
			where.offset = at
			at += where.bytes
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
func (r *recording) value(v *plan.Value) region {
	return region{arena, r.layout.At(v), r.net.target.element() * int64(r.layout.Batch) * int64(v.Shape.Len())}
}

// put writes a tensor for the device.
func (r *recording) put(at region, values []float32) error {
	return putValues(r.net.target.precision, r.slot.host().mapped[at.offset:at.offset+at.bytes], values)
}

// get reads a tensor from the device.
func (r *recording) get(values []float32, at region) {
	getValues(r.net.target.precision, values, r.slot.host().mapped[at.offset:at.offset+at.bytes])
}

// bind makes the descriptor sets of all dispatches.
func (r *recording) bind() error {
	d := r.net.device
	var texels, storage int
	var kernels []shaders.Kernel
	for _, x := range r.dispatches {
		texels += x.kernel.Texels
		storage += x.kernel.Buffers
		if !slices.ContainsFunc(kernels, func(k shaders.Kernel) bool { return k.Name == x.kernel.Name }) {
			kernels = append(kernels, x.kernel)
		}
	}
	if len(r.dispatches) == 0 {
		return nil
	}
	if err := d.makePipelines(kernels, r.net.options.SPIRV); err != nil {
		return err
	}
	pool, err := vkc.CreatePool(unsafe.Pointer(d.handle), len(r.dispatches), texels, storage)
	if err != nil {
		return fail("make a descriptor pool", err)
	}
	r.pool = vk.DescriptorPool(pool)
	r.sets = make([]boundSet, len(r.dispatches))
	views := map[region]vk.BufferView{}
	for i, x := range r.dispatches {
		p, err := d.pipeline(x.kernel, r.net.options.SPIRV[x.kernel.Name])
		if err != nil {
			return err
		}
		set, err := vkc.AllocateSet(unsafe.Pointer(d.handle), pool, p.layout.set)
		if err != nil {
			return fail("make a descriptor set", err)
		}
		args, err := r.describe(x, views)
		if err != nil {
			return err
		}
		vkc.WriteSet(unsafe.Pointer(d.handle), set, args)
		r.sets[i] = boundSet{vk.DescriptorSet(set), p.handle, vk.PipelineLayout(p.layout.pipeline)}
	}
	return nil
}

// describe turns a dispatch's arguments into descriptors; views holds those
// made so far.
func (r *recording) describe(x dispatch, views map[region]vk.BufferView) ([]vkc.Descriptor, error) {
	args := make([]vkc.Descriptor, len(x.args))
	for i, a := range x.args {
		b := r.slot.arena
		if a.in == weights {
			b = r.net.weights
		}
		if i >= x.kernel.Texels {
			args[i] = vkc.Descriptor{Buffer: unsafe.Pointer(b.handle), Offset: uint64(a.offset), Range: uint64(a.bytes)}
			continue
		}
		v, ok := views[a]
		if !ok {
			var err error
			if v, err = b.view(a.offset, a.bytes, x.kernel.TexelBytes(i)); err != nil {
				return nil, fmt.Errorf("layer %q: %w", x.step.Name, err)
			}
			views[a] = v
			r.views = append(r.views, v)
		}
		args[i] = vkc.Descriptor{View: unsafe.Pointer(v)}
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
		siblings[x.step]++
	}
	cuts := []int{0}
	var work int64
	for i, x := range r.dispatches {
		share := x.step.MACs() * int64(r.layout.Batch) / siblings[x.step]
		blockBegins := i > 0 && x.step.Main().Block != r.dispatches[i-1].step.Main().Block
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
func (r *recording) record(cuts []int, stamps *stamps) ([]vk.CommandBuffer, error) {
	var buffers []vk.CommandBuffer
	for c, from := range cuts {
		to := len(r.dispatches)
		if c+1 < len(cuts) {
			to = cuts[c+1]
		}
		b, err := r.slot.commands.record(false, func(buffer unsafe.Pointer) {
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
				r.slot.commands.discard(b)
			}
			return nil, err
		}
		buffers = append(buffers, b)
	}
	return buffers, nil
}

// copyIn copies the inputs from the staging buffer.
func (r *recording) copyIn(buffer unsafe.Pointer, stamps *stamps) {
	if r.slot.staging == nil {
		return
	}
	stamps.begin(buffer)
	for i, v := range r.net.program.Inputs {
		from := r.inputs[i]
		vkc.Copy(buffer, unsafe.Pointer(r.slot.staging.handle), unsafe.Pointer(r.slot.arena.handle), uint64(from.offset), uint64(r.layout.At(v)), uint64(from.bytes))
	}
	stamps.end(buffer, stampPair{what: stampCopyIn})
	vkc.Barrier(buffer, vkc.TransferToCompute)
}

// copyOut makes the outputs, or everything, visible to the host.
func (r *recording) copyOut(buffer unsafe.Pointer) {
	if r.slot.staging != nil {
		vkc.Barrier(buffer, vkc.ComputeToTransfer)
		if r.net.options.Keep {
			vkc.Copy(buffer, unsafe.Pointer(r.slot.arena.handle), unsafe.Pointer(r.slot.staging.handle), 0, 0, uint64(r.layout.Bytes))
		} else {
			for i, v := range r.net.program.Outputs {
				to := r.outputs[i]
				vkc.Copy(buffer, unsafe.Pointer(r.slot.arena.handle), unsafe.Pointer(r.slot.staging.handle), uint64(r.layout.At(v)), uint64(to.offset), uint64(to.bytes))
			}
		}
	}
	vkc.Barrier(buffer, vkc.ToHost)
}

// dispatch records the dispatches from..to. Each step waits for all before it:
// in a chain a finer barrier orders nothing more. Debuggers see the steps'
// names. The command buffer is the recording's submission of that number.
func (r *recording) dispatch(buffer unsafe.Pointer, from, to, submission int, stamps *stamps) {
	b := vk.CommandBuffer(buffer)
	for i := from; i < to; i++ {
		x := r.dispatches[i]
		begins := i == 0 || r.dispatches[i-1].step != x.step
		if i > 0 && (x.waits || begins) {
			vkc.Barrier(buffer, vkc.ComputeToCompute)
		}
		if begins || i == from {
			vkc.BeginLabel(buffer, x.step.Name)
			stamps.begin(buffer)
		}
		r.launch(b, i, x.groups)
		if i+1 == to || r.dispatches[i+1].step != x.step {
			stamps.end(buffer, stampPair{submission: submission, step: x.step})
			vkc.EndLabel(buffer)
		}
	}
}

// launch records the i-th dispatch with that many groups.
func (r *recording) launch(b vk.CommandBuffer, i int, groups [3]uint32) {
	x, set := r.dispatches[i], r.sets[i]
	vk.CmdBindPipeline(b, vk.PipelineBindPointCompute, set.pipeline)
	vk.CmdBindDescriptorSets(b, vk.PipelineBindPointCompute, set.layout, 0, 1, []vk.DescriptorSet{set.set}, 0, nil)
	vk.CmdPushConstants(b, set.layout, vk.ShaderStageFlags(vk.ShaderStageComputeBit), 0, uint32(len(x.push)), unsafe.Pointer(&x.push[0]))
	vk.CmdDispatch(b, groups[0], groups[1], groups[2])
}

// runStep records and runs one step by itself; the arena, or its copy in the
// staging buffer, holds what the step reads.
func (r *recording) runStep(s *plan.Step) error {
	from := slices.IndexFunc(r.dispatches, func(x dispatch) bool { return x.step == s })
	to := from
	for to < len(r.dispatches) && r.dispatches[to].step == s {
		to++
	}
	return r.slot.commands.once(func(buffer unsafe.Pointer) {
		if staging := r.slot.staging; staging != nil {
			vkc.Copy(buffer, unsafe.Pointer(staging.handle), unsafe.Pointer(r.slot.arena.handle), 0, 0, uint64(r.layout.Bytes))
			vkc.Barrier(buffer, vkc.TransferToCompute)
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
		if err := r.slot.commands.run(b); err != nil {
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
	return r.slot.commands.once(func(buffer unsafe.Pointer) {
		seen := map[vk.Pipeline]bool{}
		for i, set := range r.sets {
			if !seen[set.pipeline] {
				seen[set.pipeline] = true
				vkc.Barrier(buffer, vkc.ComputeToCompute) // the validation layer takes every dispatch for a real one
				r.launch(vk.CommandBuffer(buffer), i, [3]uint32{})
			}
		}
	})
}
