package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/x448/float16"

	"github.com/vkeras/vkeras/cpu/internal/simd"
)

func TestTheSetInGoIsAlwaysThereAndLast(t *testing.T) {
	sets := simd.Sets()
	require.Equal(t, "go", sets[len(sets)-1].Name)
	for _, s := range sets {
		require.Equal(t, s.Name, simd.Named(s.Name).Name)
	}
	require.Nil(t, simd.Named("mmx"))
}

func TestStripsHoldAllFiltersAsEvenlyAsCanBe(t *testing.T) {
	s := &simd.Set{Width: 16, Vectors: 4}
	for filters, want := range map[int][]int{
		1: {0, 16}, 16: {0, 16}, 17: {0, 32}, 64: {0, 64}, 65: {0, 32, 80}, 144: {0, 48, 96, 144}, 1000: {
			0, 48, 112, 176, 240, 304, 368, 432, 496, 560, 624, 688, 752, 816, 880, 944, 1008,
		},
	} {
		got := s.Strips(filters)
		require.Equal(t, want[len(want)-1], got[len(got)-1], "%d filters", filters)
		if filters < 1000 {
			require.Equal(t, want, got, "%d filters", filters)
		}
		for i := range got[1:] {
			require.LessOrEqual(t, got[i+1]-got[i], s.Width*s.Vectors)
			require.Greater(t, got[i+1], got[i])
		}
	}
}

func TestMemoryIsAlignedClearedAndRefusedWhereThereIsNone(t *testing.T) {
	for _, bytes := range []int64{0, 1, 100, 5 << 20} {
		m, err := simd.Allocate(bytes)
		require.NoError(t, err)
		require.Len(t, m.Bytes(), int(max(bytes, 1)))
		require.Equal(t, make([]byte, len(m.Bytes())), m.Bytes())
		m.Free()
	}
	_, err := simd.Allocate(-1)
	require.Error(t, err)
	if len(simd.Sets()) > 1 { // Go's own memory ends the process
		_, err = simd.Allocate(1 << 45)
		require.ErrorIs(t, err, simd.ErrOutOfMemory)
	}
	(*simd.Memory)(nil).Free()
}

// apply runs a function of a set over numbers.
func apply(t *testing.T, s *simd.Set, m simd.Map, in []float32) []float32 {
	memory, err := simd.Allocate(int64(8 * len(in)))
	require.NoError(t, err)
	defer memory.Free()
	copy(memory.Floats(0, len(in)), in)
	m.X, m.Y, m.Rows, m.Columns = memory.Float(0), memory.Float(int64(4*len(in))), 1, int64(len(in))
	s.Map(&m)
	return append([]float32(nil), memory.Floats(int64(4*len(in)), len(in))...)
}

// functions are what Map's functions compute, as their definitions say.
var functions = map[simd.Func]func(x float64) float64{
	simd.Linear:      func(x float64) float64 { return x },
	simd.ReLU:        func(x float64) float64 { return math.Max(x, 0) },
	simd.Sigmoid:     func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	simd.Tanh:        math.Tanh,
	simd.ELU:         func(x float64) float64 { return math.Max(x, 0) + math.Expm1(math.Min(x, 0)) },
	simd.Swish:       func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	simd.GELU:        func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
	simd.HardSigmoid: func(x float64) float64 { return math.Min(math.Max(x/6+0.5, 0), 1) },
	simd.HardSwish:   func(x float64) float64 { return x * math.Min(math.Max(x/6+0.5, 0), 1) },
	simd.Exponential: math.Exp,
	simd.GELUTanh:    func(x float64) float64 { return x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) / 2 },
}

// slopeOf has the slopes of the functions that are tested with one.
var slopeOf = map[simd.Func]float32{simd.HardSigmoid: 1. / 6, simd.HardSwish: 1. / 6}

func TestFunctionsAreExactToAFewUnitsOfFloat32(t *testing.T) {
	var in []float32
	for e := -30; e <= 6; e++ {
		for i := range 64 {
			v := float32(math.Ldexp(1+float64(i)/64, e))
			in = append(in, v, -v)
		}
	}
	inf := float32(math.Inf(1))
	for _, s := range simd.Sets() {
		for f, want := range functions {
			for i, y := range apply(t, s, simd.Map{Func: f, Alpha: 1, Slope: slopeOf[f], Limit: inf, Lowest: -inf, Highest: inf}, in) {
				x := float64(in[i])
				w := float64(float32(want(x)))
				if math.IsInf(w, 0) {
					require.Equal(t, w, float64(y), "%s, function %d of %v", s.Name, f, x)
					continue
				}
				// Far left, where a function comes from a difference or a product with a
				// power that is close to 0, the error is relative to x.
				allowed := 4e-7*math.Abs(w) + 1.5e-7*math.Min(math.Abs(x), 4)
				require.InDelta(t, w, float64(y), allowed, "%s, function %d of %v", s.Name, f, x)
			}
		}
	}
}

func TestFunctionsOfWhatIsNotFiniteAreThoseOfTheirDefinitions(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	in := []float32{inf, -inf, nan, 1e30, -1e30}
	for _, s := range simd.Sets() {
		for f, want := range functions {
			for i, y := range apply(t, s, simd.Map{Func: f, Alpha: 1, Slope: slopeOf[f], Limit: inf, Lowest: -inf, Highest: inf}, in) {
				w := want(float64(in[i]))
				if in[i] == -inf && (f == simd.Swish || f == simd.GELU || f == simd.GELUTanh) {
					w = math.NaN() // -inf times 0
				}
				if math.IsNaN(w) {
					require.True(t, y != y, "%s, function %d of %v: %v", s.Name, f, in[i], y)
					continue
				}
				require.Equal(t, float32(w), y, "%s, function %d of %v", s.Name, f, in[i])
			}
		}
	}
}

func TestBoundsLetNaNThrough(t *testing.T) {
	nan := float32(math.NaN())
	for _, s := range simd.Sets() {
		y := apply(t, s, simd.Map{Lowest: 0, Highest: 6}, []float32{-1, 3, 9, nan})
		require.Equal(t, []float32{0, 3, 6}, y[:3], s.Name)
		require.True(t, y[3] != y[3], s.Name)
	}
}

func TestFloat16IsRoundedToTheNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := []float32{0, 1, -2, 65504, 65519, 65520, 1 + 1.0/2048, 1 + 3.0/2048, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-14, 0x1.ffep-15, float32(math.Inf(-1))}
	for range 5000 {
		x = append(x, float32(rng.NormFloat64()*math.Exp(20*rng.Float64()-15)))
	}
	for _, s := range simd.Sets() {
		y := make([]uint16, len(x))
		s.ToHalf(x, y)
		for i, v := range x {
			require.Equal(t, float16.Fromfloat32(v).Bits(), y[i], "%s: %v", s.Name, v)
		}
	}
}

func BenchmarkFunctions(b *testing.B) {
	in := make([]float32, 1<<14)
	memory, err := simd.Allocate(int64(8 * len(in)))
	require.NoError(b, err)
	defer memory.Free()
	for _, s := range simd.Sets() {
		b.Run(s.Name, func(b *testing.B) {
			m := simd.Map{Func: simd.Swish, X: memory.Float(0), Y: memory.Float(int64(4 * len(in))), Rows: 1, Columns: int64(len(in)), Highest: 1}
			for b.Loop() {
				s.Map(&m)
			}
			b.SetBytes(int64(8 * len(in)))
		})
	}
}
