package profile

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThroughputIsTheBatchOverTheMedianTurn(t *testing.T) {
	fast := &Bench{Batch: 8, times: []float64{3, 1, 2}, turns: []float64{3, 1, 2}, inFlight: 1}
	slow := &Bench{Batch: 1, times: []float64{500}, turns: []float64{500}, inFlight: 1}
	several := &Bench{Batch: 1, times: []float64{4, 4, 4, 4}, turns: []float64{8, 8}, inFlight: 2}
	for _, b := range []*Bench{fast, slow, several} {
		b.summarize()
	}
	require.InDelta(t, 4000, fast.ImagesPerSecond, 1e-9, "8 in the median 2 ms")
	require.Equal(t, Latencies{1, 2, 3, 3}, fast.LatencyMS)
	require.InDelta(t, 2, slow.ImagesPerSecond, 1e-9)
	require.InDelta(t, 250, several.ImagesPerSecond, 1e-9, "two runs in each turn of 8 ms")
}
