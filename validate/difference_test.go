package validate

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

var inf, nan = float32(math.Inf(1)), float32(math.NaN())

func tensor(t testing.TB, data []float32, shape ...int) *nn.Tensor {
	t.Helper()
	x, err := nn.FromSlice(data, shape...)
	require.NoError(t, err)
	return x
}

func TestCompareMeasuresWhatItsFieldsSay(t *testing.T) {
	d, err := Compare(tensor(t, []float32{3, 4, 0, 0.5}, 1, 1, 2, 2), tensor(t, []float32{3, 4, 0, 0}, 1, 1, 2, 2))
	require.NoError(t, err)
	require.InDelta(t, 0.5, float64(d.MaxAbs), 1e-12)
	require.InDelta(t, 2.5, float64(d.RMS), 1e-12)                       // sqrt(25 / 4)
	require.InDelta(t, 0.2, float64(d.MaxOverRMS), 1e-12)                // 0.5 / 2.5
	require.InDelta(t, 0.01, float64(d.NMSE), 1e-12)                     // 0.25 / 25
	require.InDelta(t, 25/(5*math.Sqrt(25.25)), float64(d.Cosine), 1e-9) // of the angle
	require.Equal(t, &Element{At: []int{0, 0, 1, 1}, Got: 0.5, Want: 0, ULP: int64(math.Float32bits(0.5))}, d.Worst)
	require.Zero(t, d.NonFinite)
}

func TestCompareOfUnusualNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		got, want  []float32
		nonFinite  int
		max        float64
		nmse, over float64
		cosine     float64
		worst      []int
	}{
		"equal":                    {[]float32{1, 2}, []float32{1, 2}, 0, 0, 0, 0, 1, nil},
		"NaN is NaN":               {[]float32{1, nan}, []float32{1, nan}, 0, 0, 0, 0, 1, nil},
		"an infinity is itself":    {[]float32{1, -inf}, []float32{1, -inf}, 0, 0, 0, 0, 1, nil},
		"the other infinity":       {[]float32{1, -inf}, []float32{1, inf}, 1, math.Inf(1), math.Inf(1), math.Inf(1), 1, []int{0, 1}},
		"NaN for a number":         {[]float32{nan, 2}, []float32{1, 2}, 1, math.Inf(1), math.Inf(1), math.Inf(1), 1, []int{0, 0}},
		"a number for NaN":         {[]float32{1, 2}, []float32{1, nan}, 1, math.Inf(1), math.Inf(1), math.Inf(1), 1, []int{0, 1}},
		"zeros are right":          {[]float32{0, 0}, []float32{0, 0}, 0, 0, 0, 0, 1, nil},
		"something where all is 0": {[]float32{0, 2}, []float32{0, 0}, 0, 2, math.Inf(1), math.Inf(1), 0, []int{0, 1}},
		"the first of two worst":   {[]float32{2, 3}, []float32{1, 2}, 0, 1, 0.4, 1 / math.Sqrt(2.5), 8 / math.Sqrt(13*5), []int{0, 0}},
		"minus zero is zero":       {[]float32{float32(math.Copysign(0, -1)), 1}, []float32{0, 1}, 0, 0, 0, 0, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Compare(tensor(t, c.got, 1, 2), tensor(t, c.want, 1, 2))
			require.NoError(t, err)
			require.Equal(t, c.nonFinite, d.NonFinite)
			for _, v := range []struct {
				name      string
				want, got float64
			}{{"max", c.max, float64(d.MaxAbs)}, {"NMSE", c.nmse, float64(d.NMSE)}, {"max over rms", c.over, float64(d.MaxOverRMS)}, {"cosine", c.cosine, float64(d.Cosine)}} {
				if math.IsInf(v.want, 1) {
					require.True(t, math.IsInf(v.got, 1), v.name)
				} else {
					require.InDelta(t, v.want, v.got, 1e-9, v.name)
				}
			}
			if c.worst == nil {
				require.Nil(t, d.Worst)
			} else {
				require.Equal(t, c.worst, d.Worst.At)
			}
		})
	}
}

func TestCompareRefusesWhatCannotBeCompared(t *testing.T) {
	x := nn.NewTensor(1, 2)
	for name, c := range map[string][2]*nn.Tensor{
		"nothing":             {nil, x},
		"nothing wanted":      {x, nil},
		"another shape":       {nn.NewTensor(2, 1), x},
		"a shape that is off": {{Shape: nn.Shape{1, 2}, Data: []float32{1}}, x},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compare(c[0], c[1])
			require.Error(t, err)
		})
	}
}

func TestULPsCountTheNumbersBetween(t *testing.T) {
	next := math.Nextafter32
	for _, c := range []struct {
		a, b float32
		want int64
	}{
		{1, 1, 0}, {1, next(1, 2), 1}, {next(1, 0), next(1, 2), 2}, {0, next(0, 1), 1}, {next(0, -1), next(0, 1), 2},
		{0, float32(math.Copysign(0, -1)), 0}, {math.MaxFloat32, inf, 1}, {1, 2, 1 << 23}, {nan, 1, -1}, {1, nan, -1},
	} {
		require.Equal(t, c.want, ulps(c.a, c.b), "%v, %v", c.a, c.b)
		require.Equal(t, c.want, ulps(c.b, c.a), "%v, %v", c.b, c.a)
	}
}

func TestNumbersThatJSONLacksSurviveIt(t *testing.T) {
	list := []Number{1.5, Number(math.Inf(1)), Number(math.Inf(-1)), Number(math.NaN()), 1e-30}
	b, err := json.Marshal(list)
	require.NoError(t, err)
	require.JSONEq(t, `[1.5, "Infinity", "-Infinity", "NaN", 1e-30]`, string(b))
	var back []Number
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, list[:3], back[:3])
	require.True(t, math.IsNaN(float64(back[3])))
	require.Error(t, json.Unmarshal([]byte(`["many"]`), &back))
}
