package main

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/vkeras/vkeras/gpu"
)

// traceEvent is an event of Google's Trace Event Format. Times are in
// microseconds.
type traceEvent struct {
	Name     string         `json:"name"`
	Phase    string         `json:"ph"` // X: with a duration, M: metadata
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	At       float64        `json:"ts"`
	Duration float64        `json:"dur,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// writeTrace writes one run as a trace with a track for the host and one for
// the device. The two clocks are not the same: the device's steps are laid
// into the middle of the time that the host waited for them.
func writeTrace(file string, e onDevice, p *gpu.Profile) error {
	const host, device = 1, 2
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	events := []traceEvent{
		{Name: "process_name", Phase: "M", Process: 1, Args: map[string]any{"name": "vkeras on " + e.String()}},
		{Name: "thread_name", Phase: "M", Process: 1, Thread: host, Args: map[string]any{"name": "host"}},
		{Name: "thread_name", Phase: "M", Process: 1, Thread: device, Args: map[string]any{"name": "device"}},
	}
	var at time.Duration
	for _, part := range []struct {
		name  string
		takes time.Duration
	}{{"upload", p.Upload}, {"submit and wait", p.Compute}, {"readback", p.Readback}} {
		events = append(events, traceEvent{Name: part.name, Phase: "X", Process: 1, Thread: host, At: us(at), Duration: us(part.takes)})
		at += part.takes
	}
	at = p.Upload + (p.Compute-p.Device)/2
	for i, s := range e.Program().Steps {
		n := s.Nodes[0]
		events = append(events, traceEvent{Name: s.Name, Phase: "X", Process: 1, Thread: device, At: us(at), Duration: us(p.Steps[i]), Args: map[string]any{
			"block": n.Block, "operation": kindOf(s), "output": s.Out.Shape.String(), "macs": s.MACs(), "kernels": strings.Join(e.Kernels(s), " "),
		}})
		at += p.Steps[i]
	}
	return replaceFile(file, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(map[string]any{"traceEvents": events, "displayTimeUnit": "ms"})
	})
}
