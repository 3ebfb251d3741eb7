package gpu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// ErrNoTimestamps is a device that cannot tell the time (timestampValidBits 0).
var ErrNoTimestamps = errors.New("the device has no timestamps")

// Clock is what times the parts of a run.
type Clock string

// The clocks.
const (
	// NoClock times the host's part alone, of the very recording that Run
	// submits: what the others are compared with.
	NoClock Clock = "none"
	// DeviceClock is the device's own: timestamps around every step.
	DeviceClock Clock = "device"
	// HostClock is the host's around submissions of a block each, for devices
	// without timestamps. A block's time has the submission in it.
	HostClock Clock = "host"
)

// Clock returns the best clock that the net can be profiled by.
func (n *Net) Clock() Clock {
	if n.device.info.Timestamps {
		return DeviceClock
	}
	return HostClock
}

// Span is a stretch of time.
type Span struct{ At, Took time.Duration }

// Profile is where the time of one run went. The host's spans are counted from
// the run's begin and are parts of Wall that do not overlap.
type Profile struct {
	Upload      Span // the host writes the inputs
	Submissions []Submission
	Readback    Span // the host reads the outputs
	Wall        time.Duration
}

// Submission is the work that the host handed over at once.
type Submission struct {
	Span                // until the host woke up again
	Queue time.Duration // of it, inside of vkQueueSubmit

	// Of DeviceClock, counted from the submission's first timestamp:
	Busy    time.Duration // until its last
	CopyIn  Span          // inputs, from the staging buffer
	CopyOut Span          // outputs, to where the host sees them

	Work []Work // in order; none by NoClock
}

// Work is what was timed by itself: by DeviceClock a step, counted from the
// submission's first timestamp; by HostClock what a submission held of a block,
// counted from its begin. A step of several dispatches may be in two.
type Work struct {
	Span
	Steps []*plan.Step
}

// timed is a recording's command buffers for a clock: a second set, so that
// runs without Profile pay nothing.
type timed struct {
	slot    *slot
	buffers []vulkan.Recorded
	holds   [][]*plan.Step // by buffer
	stamps  *stamps        // by DeviceClock
}

func (t *timed) free() {
	if t == nil {
		return
	}
	for _, b := range t.buffers {
		t.slot.commands.Discard(b)
	}
	t.stamps.free()
}

// timedBy returns the recording for a clock, made at first use.
func (r *recording) timedBy(clock Clock) (*timed, error) {
	if t, ok := r.timed[clock]; ok {
		return t, nil
	}
	t := &timed{slot: r.slot}
	cuts := r.cuts(clock == HostClock)
	var err error
	switch clock {
	case DeviceClock:
		if info := r.net.device.info; !info.Timestamps {
			return nil, fmt.Errorf("%s: %w", info.Name, ErrNoTimestamps)
		}
		t.stamps, err = newStamps(r.net.device, len(r.dispatches)+2) // a step and, at most, both copies
	case HostClock:
	default:
		err = fmt.Errorf("no clock %q", clock)
	}
	if err == nil {
		t.buffers, err = r.record(cuts, t.stamps)
	}
	if err != nil {
		t.free()
		return nil, err
	}
	for i, from := range cuts {
		to := len(r.dispatches)
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		t.holds = append(t.holds, r.steps(from, to))
	}
	r.timed[clock] = t
	return t, nil
}

// steps returns the steps of the dispatches from..to.
func (r *recording) steps(from, to int) []*plan.Step {
	var steps []*plan.Step
	for i, x := range r.dispatches[from:to] {
		if i == 0 || x.Step != steps[len(steps)-1] {
			steps = append(steps, x.Step)
		}
	}
	return steps
}

// Profile runs one batch and times its parts. The outputs are read but not
// returned. A first call with a clock records, and is not typical.
func (n *Net) Profile(ctx context.Context, in []*nn.Tensor, clock Clock) (*Profile, error) {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	if batch > n.options.Batch {
		return nil, fmt.Errorf("a batch of %d images, the net is loaded for %d", batch, n.options.Batch)
	}
	slot, err := n.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer n.slots.Give(slot)
	r, err := slot.recording(batch)
	if err != nil {
		return nil, err
	}
	t := &timed{slot: slot, buffers: r.buffers, holds: make([][]*plan.Step, len(r.buffers))}
	if clock != NoClock {
		if t, err = r.timedBy(clock); err != nil {
			return nil, err
		}
	}
	out := make([]*nn.Tensor, len(n.program.Outputs))
	for i, v := range n.program.Outputs {
		out[i] = nn.NewTensor(v.Shape.Batch(batch)...)
	}
	p, err := r.profile(ctx, in, out, t)
	if err == nil && t.stamps != nil {
		err = t.stamps.read(p.Submissions)
	}
	return p, err
}

// profile runs the command buffers. The phases have clock readings of their
// own, so that what lies between them shows in Wall.
func (r *recording) profile(ctx context.Context, in, out []*nn.Tensor, t *timed) (*Profile, error) {
	p := &Profile{}
	begin := time.Now()
	from := func(at time.Duration) Span { return Span{at, time.Since(begin) - at} }
	at := time.Since(begin)
	for i, x := range in {
		if err := r.put(r.inputs[i], x.Data); err != nil {
			return nil, err
		}
	}
	p.Upload = from(at)
	for i, b := range t.buffers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at := time.Since(begin)
		if err := r.slot.commands.Submit(b); err != nil {
			return nil, err
		}
		queue := time.Since(begin) - at
		if err := r.slot.commands.Wait(); err != nil {
			return nil, err
		}
		s := Submission{Span: from(at), Queue: queue}
		if len(t.holds[i]) > 0 && t.stamps == nil {
			s.Work = []Work{{Span{0, s.Took}, t.holds[i]}}
		}
		p.Submissions = append(p.Submissions, s)
	}
	at = time.Since(begin)
	for i := range out {
		r.get(out[i].Data, r.outputs[i])
	}
	p.Readback = from(at)
	p.Wall = time.Since(begin)
	return p, nil
}
