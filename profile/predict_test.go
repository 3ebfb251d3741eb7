package profile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/gpu/paper"
	"github.com/vkeras/vkeras/nn"
)

func TestTheTimeOfAGPUIsPredictedBesideTheOneMeasured(t *testing.T) {
	n, in := load(t, gpu.Options{Batch: 2})
	on, err := paper.Named("navi21")
	require.NoError(t, err)
	want, err := on.Predict(n.Program(), nn.FP32, 2)
	require.NoError(t, err)
	m, err := Measure(t.Context(), OnGPU(n), in, Options{Model: "narrow", Runs: 1, Predicted: &want})
	require.NoError(t, err)
	for _, by := range []By{ByBlock, ByStage} {
		r, err := m.Report(by)
		require.NoError(t, err)
		require.Contains(t, r.Predicted.Device, "RX 6800")
		require.InDelta(t, ms(want.Total), r.Predicted.Total, 1e-9)
		sum := 0.0
		for _, row := range r.Rows {
			require.Positive(t, row.Predicted, row.Name)
			sum += row.Predicted
		}
		require.InDelta(t, r.Predicted.Total, sum, 1e-6, "the rows add up")
		require.NoError(t, r.Sort("predicted"))
		for i := range r.Rows[1:] {
			require.GreaterOrEqual(t, r.Rows[i].Predicted, r.Rows[i+1].Predicted)
		}
		var text, rows, page bytes.Buffer
		require.NoError(t, r.WriteText(&text))
		require.Contains(t, text.String(), "predicted")
		require.Contains(t, text.String(), "limits: amd.com")
		require.NoError(t, r.WriteCSV(&rows))
		for _, line := range strings.Split(strings.TrimSpace(rows.String()), "\n") {
			require.Equal(t, strings.Count(rows.String(), ",")/(len(r.Rows)+1), strings.Count(line, ","))
		}
		require.NoError(t, m.WriteHTML(&page))
		require.Contains(t, page.String(), "<th>predicted</th>")
	}
}

func TestNothingIsPredictedOfPlainKernels(t *testing.T) {
	n, in := load(t, gpu.Options{Batch: 1, LayerByLayer: true})
	on, err := paper.Named("vega10")
	require.NoError(t, err)
	m, err := Measure(t.Context(), OnGPU(n), in, Options{Model: "narrow", Runs: 1, Predicted: &paper.Prediction{Device: on}})
	require.NoError(t, err)
	r, err := m.Report(ByBlock)
	require.NoError(t, err)
	require.Nil(t, r.Predicted)
}

func TestAPredictionOfAnotherProgramIsRefused(t *testing.T) {
	n, in := load(t, gpu.Options{Batch: 1})
	_, err := Measure(t.Context(), OnGPU(n), in, Options{Model: "narrow", Runs: 1, Predicted: &paper.Prediction{Steps: make([]paper.Step, 1)}})
	require.ErrorContains(t, err, "another program")
}
