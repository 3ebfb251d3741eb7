package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
)

// traceOf writes the trace and holds it to the Trace Event Format: the JSON
// object form, the fields that each phase must have and no others, metadata by
// known names, and complete events that nest on their track.
func traceOf(t *testing.T, m *Measurement) []Event {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, m.WriteTrace(&b))
	var file struct {
		TraceEvents     []map[string]any `json:"traceEvents"`
		DisplayTimeUnit string           `json:"displayTimeUnit"`
	}
	strict := json.NewDecoder(bytes.NewReader(b.Bytes()))
	strict.DisallowUnknownFields()
	require.NoError(t, strict.Decode(&file))
	require.Contains(t, []string{"ms", "ns"}, file.DisplayTimeUnit)
	for _, e := range file.TraceEvents {
		for _, field := range []string{"name", "ph"} {
			require.IsType(t, "", e[field], "%v: %s", e, field)
		}
		for _, field := range []string{"pid", "tid", "ts"} {
			require.IsType(t, 0.0, e[field], "%v: %s", e, field)
		}
		switch e["ph"] {
		case "M":
			require.Contains(t, []any{"process_name", "thread_name"}, e["name"])
			require.IsType(t, "", e["args"].(map[string]any)["name"])
		case "X":
			require.GreaterOrEqual(t, e["ts"], 0.0)
			require.GreaterOrEqual(t, e["dur"], 0.0)
		default:
			t.Errorf("an event of phase %v", e["ph"])
		}
	}
	var parsed struct {
		TraceEvents []Event `json:"traceEvents"`
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &parsed))
	requireNested(t, parsed.TraceEvents)
	return parsed.TraceEvents
}

// requireNested holds the events of each track to be apart or one in the other.
func requireNested(t *testing.T, events []Event) {
	tracks := map[int][]Event{}
	for _, e := range events {
		if e.Phase == "X" {
			tracks[e.Thread] = append(tracks[e.Thread], e)
		}
	}
	require.Len(t, tracks, 2, "host and device")
	const rounding = 1e-6 // of microseconds as float64
	for _, track := range tracks {
		slices.SortStableFunc(track, func(a, b Event) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(*b.Duration, *a.Duration)) })
		var open []float64 // ends
		for _, e := range track {
			for len(open) > 0 && open[len(open)-1] <= e.At+rounding {
				open = open[:len(open)-1]
			}
			end := e.At + *e.Duration
			if len(open) > 0 {
				require.LessOrEqual(t, end, open[len(open)-1]+rounding, "%s ends after what it began in", e.Name)
			}
			open = append(open, end)
		}
	}
}

func named(t *testing.T, events []Event, category, name string) Event {
	t.Helper()
	at := slices.IndexFunc(events, func(e Event) bool { return e.Name == name && e.Category == category })
	require.GreaterOrEqual(t, at, 0, "%s %s", category, name)
	return events[at]
}

func TestATraceShowsTheMedianRunOnTwoTracks(t *testing.T) {
	events := traceOf(t, fixed(gpu.DeviceClock))
	run := named(t, events, "host", "run")
	require.InDelta(t, 3100, *run.Duration, 1e-6)
	upload := named(t, events, "host", "upload")
	require.InDelta(t, 20, *upload.Duration, 1e-6)
	conv := named(t, events, "step", "conv1")
	require.InDelta(t, 2*(12+50+60), conv.At, 1e-6, "in the middle of what the host waited beyond the device's 900")
	require.InDelta(t, 600, *conv.Duration, 1e-6)
	for field, want := range map[string]any{"block": "conv1", "macs": 75e6, "bytes": 1.5e6, "gflops": 250.0, "output_shape": "(2, 32, 32, 64)", "operation": "Conv2D 7x7/2"} {
		require.Equal(t, want, conv.Args[field], field)
	}
	require.Equal(t, map[string]any{"m": 2048.0, "n": 64.0, "k": 147.0}, conv.Args["product"])
	block := named(t, events, "block", "res2a")
	require.InDelta(t, 2*(640+200-400), *block.Duration, 1e-6)
	in := named(t, events, "device", "copy inputs")
	require.InDelta(t, 2*50, in.Args["uncertain_us"], 1e-6)
	require.InDelta(t, 40, *named(t, events, "device", "copy outputs").Duration, 1e-6)
	submit, wait := named(t, events, "host", "vkQueueSubmit"), named(t, events, "host", "vkWaitForFences")
	require.InDelta(t, submit.At+*submit.Duration, wait.At, 1e-6)
}

func TestATraceByTheHostsClockHasBlocks(t *testing.T) {
	events := traceOf(t, fixed(gpu.HostClock))
	require.InDelta(t, 2*412, named(t, events, "block", "res2a").At, 1e-6)
	require.False(t, slices.ContainsFunc(events, func(e Event) bool { return e.Category == "step" }))
}
