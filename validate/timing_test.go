package validate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheVerdictOnSpeedRespectsTheSpread(t *testing.T) {
	require.Contains(t, Timing{Ratio: Spread{Low: 0.5, Median: 0.6, High: 0.9}}.Verdict(), "faster: it takes 60 %")
	require.Contains(t, Timing{Ratio: Spread{Low: 1.1, Median: 1.25, High: 1.9}}.Verdict(), "slower: it takes 125 %")
	require.Contains(t, Timing{Ratio: Spread{Low: 0.9, Median: 0.95, High: 1.05}}.Verdict(), "no difference")
}

func TestQuartilesHoldTheMiddleHalf(t *testing.T) {
	require.Equal(t, Spread{Min: 1, Low: 2, Median: 4, High: 6, Max: 8}, spreadOf([]float64{8, 1, 3, 2, 5, 4, 7, 6}))
}
