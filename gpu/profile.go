package gpu

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// ErrNoTimestamps is a device that cannot tell the time (timestampValidBits 0).
var ErrNoTimestamps = errors.New("the device has no timestamps")

// Profile is where the time of one run went.
type Profile struct {
	Steps    []time.Duration // by step of the program, by the device's clock; with what orders it behind the one before
	Device   time.Duration   // sum of Steps
	Upload   time.Duration   // writing the inputs
	Compute  time.Duration   // from the first submission to the end of the last
	Readback time.Duration   // reading the outputs
	Wall     time.Duration
}

// timed is a recording's command buffers with timestamps. They are a second
// set, so that runs without Profile pay nothing.
type timed struct {
	slot    *slot
	buffers []vk.CommandBuffer
	stamps  *stamps
}

func (t *timed) free() {
	if t == nil {
		return
	}
	for _, b := range t.buffers {
		t.slot.commands.discard(b)
	}
	vk.DestroyQueryPool(t.slot.net.device.handle, t.stamps.pool, nil)
}

// stamps hands out the timestamps of a recording; the methods of a nil one do
// nothing.
type stamps struct {
	pool  vk.QueryPool
	count uint32
	steps []*plan.Step // by timestamp; nil where a command buffer begins
}

func (s *stamps) reset(buffer unsafe.Pointer) {
	if s != nil {
		vk.CmdResetQueryPool(vk.CommandBuffer(buffer), s.pool, 0, s.count)
	}
}

func (s *stamps) begin(buffer unsafe.Pointer) { s.end(buffer, nil) }

func (s *stamps) end(buffer unsafe.Pointer, step *plan.Step) {
	if s == nil {
		return
	}
	vk.CmdWriteTimestamp(vk.CommandBuffer(buffer), vk.PipelineStageBottomOfPipeBit, s.pool, uint32(len(s.steps)))
	s.steps = append(s.steps, step)
}

// timedRecording returns the recording with timestamps, made at first use.
func (r *recording) timedRecording() (*timed, error) {
	if r.timed != nil {
		return r.timed, nil
	}
	d := r.net.device
	if !d.info.Timestamps {
		return nil, fmt.Errorf("%s: %w", d.info.Name, ErrNoTimestamps)
	}
	s := &stamps{count: uint32(len(r.net.program.Steps)) + 2*uint32(len(r.cuts()))} // a step may span two command buffers
	info := &vk.QueryPoolCreateInfo{SType: vk.StructureTypeQueryPoolCreateInfo, QueryType: vk.QueryTypeTimestamp, QueryCount: s.count}
	defer info.Free()
	var result vk.Result
	s.pool, result = create(func(h *vk.QueryPool) vk.Result { return vk.CreateQueryPool(d.handle, info, nil, h) })
	if err := failed("make a query pool", result); err != nil {
		return nil, err
	}
	buffers, err := r.record(s)
	if err != nil {
		vk.DestroyQueryPool(d.handle, s.pool, nil)
		return nil, err
	}
	r.timed = &timed{r.slot, buffers, s}
	return r.timed, nil
}

// durations reads the timestamps of the last run.
func (t *timed) durations() ([]time.Duration, error) {
	d := t.slot.net.device
	ticks := make([]uint64, len(t.stamps.steps))
	const bytes = 8
	r := vk.GetQueryPoolResults(d.handle, t.stamps.pool, 0, uint32(len(ticks)), uint(bytes*len(ticks)), unsafe.Pointer(&ticks[0]), bytes,
		vk.QueryResultFlags(vk.QueryResult64Bit|vk.QueryResultWaitBit))
	if err := failed("read timestamps", r); err != nil {
		return nil, err
	}
	mask := ^uint64(0)
	if bits := d.info.raw.QueueFamilies[d.info.family].TimestampBits; bits < 64 {
		mask = 1<<bits - 1
	}
	of := map[*plan.Step]time.Duration{}
	for i, s := range t.stamps.steps {
		if s != nil {
			of[s] += time.Duration(float64((ticks[i]-ticks[i-1])&mask) * d.info.raw.TimestampNanoseconds)
		}
	}
	steps := make([]time.Duration, len(t.slot.net.program.Steps))
	for i, s := range t.slot.net.program.Steps {
		steps[i] = of[s]
	}
	return steps, nil
}

// Profile runs one batch with timestamps around every step. The outputs are
// read but not returned; a first call records, and is not typical.
func (n *Net) Profile(ctx context.Context, in []*nn.Tensor) (*Profile, error) {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	if batch > n.options.Batch {
		return nil, fmt.Errorf("a batch of %d images, the net is loaded for %d", batch, n.options.Batch)
	}
	slot, err := n.take(ctx)
	if err != nil {
		return nil, err
	}
	defer n.give(slot)
	r, err := slot.recording(batch)
	if err != nil {
		return nil, err
	}
	t, err := r.timedRecording()
	if err != nil {
		return nil, err
	}
	p := &Profile{}
	begin := time.Now()
	for i, x := range in {
		copy(r.input(i), x.Data)
	}
	uploaded := time.Now()
	for _, b := range t.buffers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := slot.commands.run(b); err != nil {
			return nil, err
		}
	}
	computed := time.Now()
	for i, v := range n.program.Outputs {
		copy(make([]float32, batch*v.Shape.Len()), r.output(i))
	}
	end := time.Now()
	p.Upload, p.Compute, p.Readback, p.Wall = uploaded.Sub(begin), computed.Sub(uploaded), end.Sub(computed), end.Sub(begin)
	p.Steps, err = t.durations()
	for _, s := range p.Steps {
		p.Device += s
	}
	return p, err
}
