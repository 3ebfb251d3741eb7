package validate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// alone returns the node of an operation on one random image, and the values.
func alone(t testing.TB, op nn.Op, image nn.Shape) (*nn.Node, []*nn.Tensor) {
	t.Helper()
	b := nn.NewBuilder("alone")
	n := b.Add("layer", op, b.Input("input", image))
	g, err := b.Graph(n)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(4, 4))
	optest.SetGraphWeights(rng, g)
	x := optest.Normal(rng, 0, 1, image.Batch(1)...)
	y, err := reference.Apply(op, x)
	require.NoError(t, err)
	return n, []*nn.Tensor{x, y}
}

func toleranceOf(t testing.TB, p Precision, op nn.Op, image nn.Shape) (Tolerance, string) {
	n, values := alone(t, op, image)
	return ToleranceOf(p, []*nn.Node{n}, values)
}

func TestTheLongestSumHasTheToleranceThatWasMeasured(t *testing.T) {
	tol, basis := toleranceOf(t, FP32, &nn.Conv2D{Window: square(3, 1), Filters: 8}, nn.Shape{12, 12, 512})
	// Terms may exceed the result a little: within a factor of two.
	require.InEpsilon(t, 1e-11, float64(tol.NMSE), 1)
	require.InEpsilon(t, 5e-5, float64(tol.MaxOverRMS), 0.5)
	require.Contains(t, basis, "fp32, 4609 roundings an element")
}

func TestLongerSumsAreAllowedMore(t *testing.T) {
	last := Tolerance{}
	for _, channels := range []int{1, 64, 512, 2048} {
		tol, _ := toleranceOf(t, FP32, &nn.Dense{Units: 16}, nn.Shape{channels})
		require.Greater(t, tol.NMSE, last.NMSE)
		require.Greater(t, tol.MaxOverRMS, last.MaxOverRMS)
		last = tol
	}
}

func TestCopiesMustBeExact(t *testing.T) {
	for _, op := range []nn.Op{&nn.MaxPool{Window: square(2, 2)}, &nn.ZeroPad{Pad: nn.Pad{Top: 1}}, &nn.Activation{Func: nn.ReLU}, &nn.GlobalMaxPool{}, &nn.Crop{Pad: nn.Pad{Top: 1}}} {
		tol, basis := toleranceOf(t, FP32, op, nn.Shape{12, 12, 4})
		require.Equal(t, "a copy: exact", basis)
		require.Less(t, float64(tol.MaxOverRMS), 1e-14, "less than a rounding: nothing but what a device takes for 0")
	}
}

func TestCancellationIsAllowedFor(t *testing.T) {
	near, _ := toleranceOf(t, FP32, &nn.Rescale{Scale: []float32{1}, Offset: []float32{0}}, nn.Shape{8, 8, 1})
	b := nn.NewBuilder("far")
	n := b.Add("layer", &nn.Rescale{Scale: []float32{1}, Offset: []float32{-1000}}, b.Input("input", nn.Shape{1}))
	_, err := b.Graph(n)
	require.NoError(t, err)
	far, basis := ToleranceOf(FP32, []*nn.Node{n}, []*nn.Tensor{tensor(t, []float32{1001}, 1, 1), tensor(t, []float32{1}, 1, 1)})
	require.InEpsilon(t, 1001*1001*float64(near.NMSE), float64(far.NMSE), 0.5, "an error relative to 1001 shows in 1")
	require.Contains(t, basis, "of terms 1e+03 times the result")
}

func TestLowerPrecisionsAreAllowedMore(t *testing.T) {
	conv := &nn.Conv2D{Window: square(3, 1), Filters: 8}
	full, _ := toleranceOf(t, FP32, conv, nn.Shape{12, 12, 8})
	weights, basis := toleranceOf(t, FP16W, conv, nn.Shape{12, 12, 8})
	half, _ := toleranceOf(t, FP16, conv, nn.Shape{12, 12, 8})
	require.Contains(t, basis, "fp16w")
	require.Greater(t, weights.NMSE, 1000*full.NMSE)
	require.Greater(t, half.NMSE, weights.NMSE)
	pool := &nn.MaxPool{Window: square(2, 2)}
	full, _ = toleranceOf(t, FP32, pool, nn.Shape{12, 12, 8})
	weights, _ = toleranceOf(t, FP16W, pool, nn.Shape{12, 12, 8})
	half, _ = toleranceOf(t, FP16, pool, nn.Shape{12, 12, 8})
	require.Equal(t, full, weights, "it has no weights")
	require.Greater(t, half.NMSE, full.NMSE)
}

func TestTheSmallestToleranceHoldsAndNoSmallerOneDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 500 {
		d := Difference{NMSE: Number(math.Exp(40 * (rng.Float64() - 0.8))), MaxOverRMS: Number(math.Exp(20 * (rng.Float64() - 0.8)))}
		s := d.Smallest()
		require.True(t, s.Holds(d), "%v: %v", d, s)
		require.Less(t, float64(s.NMSE), 1.11*float64(d.NMSE), "two digits")
		require.Less(t, float64(s.MaxOverRMS), 1.11*float64(d.MaxOverRMS))
	}
	require.Equal(t, Tolerance{}, Difference{}.Smallest())
	infinite := Difference{NonFinite: 1, NMSE: Number(math.Inf(1)), MaxOverRMS: Number(math.Inf(1))}
	require.True(t, math.IsInf(float64(infinite.Smallest().NMSE), 1))
	require.False(t, infinite.Smallest().Holds(infinite), "nothing allows for NaN")
}
