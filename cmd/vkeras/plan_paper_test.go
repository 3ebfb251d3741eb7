package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanPredictsTheTimeOnAGPUThatIsNotThere(t *testing.T) {
	out := succeeded(t, "plan", "--on", "navi21", "--model", model)
	require.Contains(t, out, "Radeon RX 6800 on paper (navi21: 60 units, 2.10 GHz, 512 GB/s)")
	require.Contains(t, out, "conv2d_rows_16")
	require.Contains(t, out, "Assumed:")

	var got, larger predicted
	require.NoError(t, json.Unmarshal([]byte(succeeded(t, "plan", "--on", "vega10", "--model", model, "--json")), &got))
	require.NoError(t, json.Unmarshal([]byte(succeeded(t, "plan", "--on", "vega10", "--model", model, "--json", "--batch", "8")), &larger))
	var sum float64
	for _, s := range got.Steps {
		require.GreaterOrEqual(t, s.Time, max(s.Issue, s.Memory))
		sum += s.Time
	}
	require.InDelta(t, got.Total, sum, 0.01)
	require.Greater(t, larger.Total, got.Total)
	require.Less(t, larger.Total, 8*got.Total, "an image of a batch takes less")

	refused := vkeras(t, nil, "plan", "--on", "voodoo2", "--model", model)
	require.Equal(t, wrongUsage, refused.status)
	require.Contains(t, refused.stderr, "expected vega10, navi10, navi21")
}
