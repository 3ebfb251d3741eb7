package profile

import (
	"encoding/json"
	"io"
	"time"

	"github.com/vkeras/vkeras/gpu"
)

// Event is an event of Google's Trace Event Format, as Perfetto and Chrome's
// tracing page read it. Times are in microseconds.
type Event struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"` // X: with a duration, M: metadata
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	At       float64        `json:"ts"`
	Duration *float64       `json:"dur,omitempty"` // of X
	Args     map[string]any `json:"args,omitempty"`
}

// The tracks of a trace.
const (
	hostTrack = 1 + iota
	deviceTrack
)

// WriteTrace writes the run with the median wall time as a trace: a track of
// the host's phases, and one of the device's blocks with their steps inside.
//
// The two clocks have no common zero. The device's share of a submission lies
// somewhere within the host's; it is drawn in the middle, and the events say by
// how much that may be wrong.
func (m *Measurement) WriteTrace(w io.Writer) error {
	t := &tracer{m: m}
	t.name("process_name", 0, "vkeras: "+m.about.Model+" on "+m.about.Device)
	t.name("thread_name", hostTrack, "host")
	t.name("thread_name", deviceTrack, "device")
	r := m.median()
	t.add("run", "host", hostTrack, gpu.Span{Took: r.Wall}, map[string]any{
		"batch": m.about.Batch, "program": m.about.Program, "precision": m.about.Precision, "clock": m.about.Clock, "of_runs": m.about.Runs})
	t.add("upload", "host", hostTrack, r.Upload, nil)
	for i, s := range r.Submissions {
		t.submission(i, s, r)
	}
	t.add("readback", "host", hostTrack, r.Readback, nil)
	return json.NewEncoder(w).Encode(struct {
		Events []Event `json:"traceEvents"`
		Unit   string  `json:"displayTimeUnit"`
	}{t.events, "ms"})
}

type tracer struct {
	m      *Measurement
	events []Event
}

func (t *tracer) name(kind string, track int, name string) {
	t.events = append(t.events, Event{Name: kind, Phase: "M", Process: 1, Thread: track, Args: map[string]any{"name": name}})
}

func (t *tracer) add(name, category string, track int, s gpu.Span, args map[string]any) {
	took := us(s.Took)
	t.events = append(t.events, Event{Name: name, Category: category, Phase: "X", Process: 1, Thread: track, At: us(s.At), Duration: &took, Args: args})
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func (t *tracer) submission(i int, s gpu.Submission, r run) {
	slack := max(0, s.Took-s.Busy)
	t.add("submission", "host", hostTrack, s.Span, map[string]any{"number": i, "device_busy_us": us(s.Busy)})
	t.add("vkQueueSubmit", "host", hostTrack, gpu.Span{At: s.At, Took: s.Queue}, nil)
	t.add("vkWaitForFences", "host", hostTrack, gpu.Span{At: s.At + s.Queue, Took: s.Took - s.Queue}, nil)
	zero := s.At + slack/2
	if s.Busy == 0 { // by the host's clock
		zero, slack = s.At, 0
	}
	late := map[string]any{"uncertain_us": us(slack / 2)}
	if s.CopyIn.Took > 0 {
		t.add("copy inputs", "device", deviceTrack, shifted(s.CopyIn, zero), late)
	}
	t.blocks(s.Work, zero, r)
	if s.CopyOut.Took > 0 {
		t.add("copy outputs", "device", deviceTrack, shifted(s.CopyOut, zero), late)
	}
}

func shifted(s gpu.Span, by time.Duration) gpu.Span { return gpu.Span{At: s.At + by, Took: s.Took} }

// blocks adds runs of work of one block, and the steps in them.
func (t *tracer) blocks(work []gpu.Work, zero time.Duration, r run) {
	for len(work) > 0 {
		block, n := work[0].Steps[0].Main().Block, 1
		for n < len(work) && work[n].Steps[0].Main().Block == block {
			n++
		}
		last := work[n-1]
		all := gpu.Span{At: work[0].At, Took: last.At + last.Took - work[0].At}
		var macs, bytes int64
		for _, w := range work[:n] {
			for _, s := range w.Steps {
				macs += t.m.steps[r.index[s]].macs
				bytes += t.m.steps[r.index[s]].bytes
			}
		}
		t.add(block, "block", deviceTrack, shifted(all, zero), map[string]any{"macs": macs, "bytes": bytes})
		if !t.m.blocks {
			for _, w := range work[:n] {
				t.step(t.m.steps[r.index[w.Steps[0]]], w, zero)
			}
		}
		work = work[n:]
	}
}

func (t *tracer) step(s step, w gpu.Work, zero time.Duration) {
	args := map[string]any{"block": s.block, "operation": s.operation, "output_shape": s.output, "layers": s.layers, "macs": s.macs, "bytes": s.bytes, "kernels": s.kernels}
	if took := float64(w.Took); took > 0 {
		args["gflops"] = 2 * float64(s.macs) / took
		args["gb_per_second"] = float64(s.bytes) / took
	}
	if s.product != nil {
		args["product"] = s.product
	}
	t.add(s.name, "step", deviceTrack, shifted(w.Span, zero), args)
}
