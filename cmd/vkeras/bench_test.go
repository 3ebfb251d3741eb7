package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/profile"
)

// benched is what bench --json writes; runs keep their keys.
type benched struct {
	Schema string
	Runs   []map[string]any
	Memory []profile.BenchMemory
}

func bench(t *testing.T, args ...string) benched {
	t.Helper()
	r := vkeras(t, nil, append([]string{"bench", "--json", "--batch", "1"}, args...)...)
	require.Equal(t, ok, r.status, r.stderr)
	var b benched
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &b))
	return b
}

func TestBenchReportsEveryRunInTheSameKeys(t *testing.T) {
	b := bench(t, "--runs", "2")
	require.Len(t, b.Runs, 2, "the device, the reference beside it")
	for _, r := range b.Runs {
		var keys []string
		for k := range r {
			keys = append(keys, k)
		}
		require.ElementsMatch(t, []string{"device", "model", "batch", "precision", "latency_ms", "images_per_second"}, keys)
		require.EqualValues(t, 1, r["batch"])
		require.Equal(t, "fp32", r["precision"])
		l := r["latency_ms"].(map[string]any)
		require.Len(t, l, 4)
		require.Positive(t, l["min"])
		require.LessOrEqual(t, l["min"], l["p50"])
		require.LessOrEqual(t, l["p50"], l["p90"])
		require.LessOrEqual(t, l["p90"], l["p99"])
		require.InEpsilon(t, 1000/l["p50"].(float64), r["images_per_second"], 0.1)
	}
	require.Contains(t, b.Runs[1]["device"], "reference")
}

func TestBenchMeasuresAllDevicesWithRunsInFlight(t *testing.T) {
	all, err := gpu.Devices()
	require.NoError(t, err)
	b := bench(t, "--runs", "1", "--devices", "all", "--no-reference", "--in-flight", "2")
	require.Len(t, b.Runs, len(all)+1, "Vulkan's, and the processor")
	require.Len(t, b.Memory, len(all)+1)
	for _, m := range b.Memory {
		require.Equal(t, 2, m.InFlight)
		require.Equal(t, m.Weights+2*(m.Arena+m.Staging), m.Peak, "a second run in flight takes tensors, not weights")
		const trained = 4 * 23_546_886 // what training changes, less what is folded away
		require.InEpsilon(t, trained, m.Weights, 0.01)
	}
}

func TestBenchComparesWithTheReferencesFirstRun(t *testing.T) {
	var out bytes.Buffer
	b := &benchmark{tool: &tool{stdout: &out}}
	device, err := engine.Open(engine.Choice{Name: engine.Reference})
	require.NoError(t, err)
	reference, err := device.Load(&nn.Graph{}, engine.Options{})
	require.NoError(t, err)
	run := func(device string, batch int, latency profile.Latencies, perSecond float64) *profile.Bench {
		r := profile.NewBench(reference, "", nn.NewTensor(batch, 1), 1)
		r.Device, r.Precision, r.LatencyMS, r.ImagesPerSecond = device, "", latency, perSecond
		return r
	}
	slow := run("reference", 1, profile.Latencies{Min: 500, P50: 500, P90: 500, P99: 500}, 2)
	fast := run("a device", 8, profile.Latencies{Min: 1, P50: 2, P90: 3, P99: 3}, 4000)
	require.NoError(t, b.write([]*profile.Bench{slow, fast}))
	require.Regexp(t, `reference +1 .* 2\.0 +1\.0 +-`, out.String())
	require.Regexp(t, `a device +8 +1\.00 +2\.00 +3\.00 +3\.00 +4000\.0 +2000\.0 `, out.String())
}

func TestBenchRefusesWhatMakesNoSense(t *testing.T) {
	for _, args := range [][]string{{"--runs", "0"}, {"--in-flight", "0"}, {"--batch", "0"}} {
		require.Equal(t, wrongUsage, vkeras(t, nil, append([]string{"bench"}, args...)...).status)
	}
}
