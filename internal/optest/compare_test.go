package optest_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

func TestCompareMeasuresTheError(t *testing.T) {
	// Errors 0, 0, 0.5, -0.25; squares wanted 9 + 16 + 0 + 0 = 25, over four
	// elements: rms 2.5.
	got := tensor(t, []float32{3, 4, 0.5, -0.25}, 2, 2)
	want := tensor(t, []float32{3, 4, 0, 0}, 2, 2)
	d, err := optest.Compare(got, want)
	require.NoError(t, err)
	require.InDelta(t, (0.25+0.0625)/25, d.NMSE, 1e-12)
	require.InDelta(t, 0.5, d.MaxAbs, 0)
	require.InDelta(t, 0.2, d.MaxOverRMS, 1e-12)
	require.Equal(t, []int{1, 0}, d.Worst)
	require.Equal(t, float32(0.5), d.Got)
	require.Zero(t, d.Want)
	require.Equal(t, "NMSE 0.013, max/rms 0.2, max |error| 0.5 at (1, 0): got 0.5, want 0", d.String())
}

func TestCompareNeverPassesNonFiniteValuesSilently(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want []float32
		nonFinite int
	}{
		{"equal zeros hold", []float32{0, 0}, []float32{0, 0}, 0},
		{"NaN equals NaN", []float32{nan, 1}, []float32{nan, 1}, 0},
		{"an infinity equals itself", []float32{inf, -inf}, []float32{inf, -inf}, 0},
		{"NaN for a number", []float32{nan, 1}, []float32{1, 1}, 1},
		{"a number for NaN", []float32{0, 1}, []float32{nan, 1}, 1},
		{"infinity for a number", []float32{1, inf}, []float32{1, 3e38}, 1},
		{"the other infinity", []float32{1, inf}, []float32{1, -inf}, 1},
		{"NaN for infinity", []float32{nan, nan}, []float32{inf, 0}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := optest.Compare(tensor(t, c.got, 2), tensor(t, c.want, 2))
			require.NoError(t, err)
			require.Equal(t, c.nonFinite, d.NonFinite)
			require.Equal(t, c.nonFinite == 0, optest.FP32.Holds(d), d)
			require.Equal(t, c.nonFinite > 0, math.IsInf(d.MaxAbs, 1))
		})
	}
}

func TestAnErrorWhereZeroIsWantedIsInfinite(t *testing.T) {
	d, err := optest.Compare(tensor(t, []float32{0, 1e-30}, 2), nn.NewTensor(2))
	require.NoError(t, err)
	require.True(t, math.IsInf(d.MaxOverRMS, 1))
	require.False(t, optest.FP32.Holds(d))
}

func TestToleranceBoundsBothFigures(t *testing.T) {
	require.True(t, optest.FP32.Holds(optest.Difference{NMSE: 1e-11, MaxOverRMS: 5e-5}))
	require.False(t, optest.FP32.Holds(optest.Difference{NMSE: 2e-11}))
	require.False(t, optest.FP32.Holds(optest.Difference{MaxOverRMS: 6e-5}))
	require.False(t, optest.FP32.Holds(optest.Difference{NMSE: math.NaN()}))
}

func TestCompareRefusesAnotherShape(t *testing.T) {
	_, err := optest.Compare(nn.NewTensor(2, 3), nn.NewTensor(3, 2))
	require.ErrorContains(t, err, "expected shape (3, 2)")
	_, err = optest.Compare(nil, nn.NewTensor(1))
	require.Error(t, err)
	_, err = optest.Compare(&nn.Tensor{Shape: nn.Shape{2}, Data: []float32{1}}, nn.NewTensor(2))
	require.Error(t, err)
}

func tensor(t *testing.T, data []float32, shape ...int) *nn.Tensor {
	t.Helper()
	x, err := nn.FromSlice(data, shape...)
	require.NoError(t, err)
	return x
}
