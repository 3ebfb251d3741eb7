package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// The expected shapes of the weights are those of the same layers in Keras 3.15.
func TestLayersKeepTheirInputsShapeAndHaveKerasWeights(t *testing.T) {
	for _, c := range []struct {
		name    string
		op      nn.Op
		in      nn.Shape
		weights map[string]nn.Shape
	}{
		{"softmax over positions", &nn.Softmax{Axes: []int{0, 1}}, nn.Shape{4, 5, 3}, nil},
		{"layer normalisation", &nn.LayerNorm{Func: nn.NormStandard, Scale: true, Center: true}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"gamma": {3}, "beta": {3}}},
		{"layer normalisation over rows and channels", &nn.LayerNorm{Func: nn.NormStandard, Axes: []int{-1, 0}, Center: true}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"beta": {4, 3}}},
		{"RMS normalisation", &nn.LayerNorm{Func: nn.NormRMS, Scale: true}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"scale": {3}}},
		{"group normalisation", &nn.GroupNorm{Axis: -1, Groups: 2, Scale: true, Center: true}, nn.Shape{4, 5, 6}, map[string]nn.Shape{"gamma": {6}, "beta": {6}}},
		{"PReLU", &nn.PReLU{}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"alpha": {4, 5, 3}}},
		{"PReLU of shared axes", &nn.PReLU{SharedAxes: []int{0, -2}}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"alpha": {1, 1, 3}}},
		{"LayerScale", &nn.LayerScale{}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"gamma": {3}}},
		{"normalise by one number", &nn.Normalize{Adapted: true, Scalar: true}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"mean": {}, "variance": {}}},
		{"normalise by position", &nn.Normalize{Adapted: true, Axes: []int{1, 0}}, nn.Shape{4, 5, 3}, map[string]nn.Shape{"mean": {4, 5}, "variance": {4, 5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.op.Infer([]nn.Shape{c.in})
			require.NoError(t, err)
			require.Equal(t, c.in, got)
			params := c.op.Params([]nn.Shape{c.in})
			require.Len(t, params, len(c.weights))
			for _, p := range params {
				require.Equal(t, c.weights[p.Role], p.Shape, p.Role)
			}
			require.Zero(t, c.op.MACs([]nn.Shape{c.in}, got))
		})
	}
}

func TestAConvolutionInGroupsMultipliesByItsGroupAlone(t *testing.T) {
	op := &nn.GroupedConv2D{Window: nn.Square(3, 2).Same(8, 7), Groups: 3, Filters: 12, UseBias: true}
	in := one(8, 7, 6)
	out, err := op.Infer(in)
	require.NoError(t, err)
	require.Equal(t, nn.Shape{4, 4, 12}, out)
	params := op.Params(in)
	require.Equal(t, nn.Shape{3, 3, 2, 12}, params[0].Shape)
	require.Equal(t, nn.Shape{12}, params[1].Shape)
	require.EqualValues(t, 4*4*12*3*3*2, op.MACs(in, out))
}

func TestResizingAndTransposedConvolutionsSetTheSize(t *testing.T) {
	out, err := (&nn.Resize{Height: 6, Width: 9, Method: nn.ResizeBilinear}).Infer(one(4, 5, 3))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{6, 9, 3}, out)

	op := &nn.Conv2DTranspose{Size: [2]int{3, 2}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 1}, Height: 9, Width: 6, Filters: 7, UseBias: true}
	out, err = op.Infer(one(4, 5, 3))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{9, 6, 7}, out)
	require.Equal(t, nn.Shape{3, 2, 7, 3}, op.Params(one(4, 5, 3))[0].Shape)
	require.EqualValues(t, 4*5*3*3*2*7, op.MACs(one(4, 5, 3), out))
}

// By hand: two positions become three, whose centres lie at 1/3, 1 and 5/3 of the
// input's; and three become two, of which each covers one and a half.
func TestResizingWeighsWhatIsNear(t *testing.T) {
	bilinear := (&nn.Resize{Method: nn.ResizeBilinear}).Taps(2, 3)
	require.Equal(t, 2, bilinear.Count)
	require.InDeltaSlice(t, []float64{1, 0, 0.5, 0.5, 0, 1}, bilinear.Weights, 1e-6)
	area := (&nn.Resize{Method: nn.ResizeArea}).Taps(3, 2)
	require.Equal(t, []int{0, 0}, area.First)
	require.InDeltaSlice(t, []float64{2. / 3, 1. / 3, 0, 0, 1. / 3, 2. / 3}, area.Weights, 1e-6)
	nearest := (&nn.Resize{Method: nn.ResizeNearest}).Taps(3, 5)
	require.Equal(t, []int{0, 0, 1, 2, 2}, nearest.First)
	smooth := (&nn.Resize{Method: nn.ResizeBilinear, Antialias: true}).Taps(4, 2)
	// Triangles of two positions on either side of 1 and 3: 3/4, 3/4, 1/4 of 7/4.
	require.InDeltaSlice(t, []float64{3. / 7, 3. / 7, 1. / 7, 0}, smooth.Weights[:4], 1e-6)
}

func TestLayersSayWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name string
		op   nn.Op
		in   []nn.Shape
		want string
	}{
		{"softmax over scattered axes", &nn.Softmax{Axes: []int{0, 2}}, one(4, 5, 3), "do not lie side by side"},
		{"softmax beyond the axes", &nn.LogSoftmax{Axes: []int{3}}, one(4, 5, 3), "axis 3 is outside an input of 3 axes"},
		{"softmax over an axis twice", &nn.Sparsemax{Axes: []int{2, -1}}, one(4, 5, 3), "axis 2 is named twice"},
		{"layer normalisation by no function", &nn.LayerNorm{}, one(3), `unknown function ""`},
		{"layer normalisation over an axis twice", &nn.LayerNorm{Func: nn.NormRMS, Axes: []int{0, 0}}, one(3), "axis 0 is named twice"},
		{"layer normalisation in three places", &nn.LayerNorm{Func: nn.NormL2, Axes: []int{0, 2, 4}}, one(2, 3, 2, 3, 2), "more than two places"},
		{"groups that do not divide", &nn.GroupNorm{Axis: -1, Groups: 4}, one(4, 5, 6), "6 channels do not fall into 4 groups"},
		{"no groups", &nn.GroupNorm{Axis: -1}, one(4, 5, 6), "do not fall into 0 groups"},
		{"groups beyond the axes", &nn.GroupNorm{Axis: 3, Groups: 1}, one(4, 5, 6), "axis 3 is outside"},
		{"PReLU that shares beyond the axes", &nn.PReLU{SharedAxes: []int{3}}, one(4, 5, 6), "axis 3 is outside"},
		{"normalise beyond the axes", &nn.Normalize{Adapted: true, Axes: []int{5}}, one(4, 5, 6), "axis 5 is outside"},
		{"convolution in groups that do not divide the channels", &nn.GroupedConv2D{Window: nn.Square(1, 1), Groups: 2, Filters: 4}, one(4, 5, 3), "3 channels and 4 filters do not fall into 2 groups"},
		{"convolution in groups that do not divide the filters", &nn.GroupedConv2D{Window: nn.Square(1, 1), Groups: 3, Filters: 4}, one(4, 5, 3), "3 channels and 4 filters do not fall into 3 groups"},
		{"resizing to nothing", &nn.Resize{Width: 3, Method: nn.ResizeArea}, one(4, 5, 3), "resizing 4 positions to 0"},
		{"resizing beyond all memory", &nn.Resize{Height: 1 << 30, Width: 3, Method: nn.ResizeLanczos5}, one(4, 5, 3), "resizing 4 positions to 1073741824"},
		{"resizing by no method", &nn.Resize{Height: 3, Width: 3}, one(4, 5, 3), `unknown method ""`},
		{"resizing a vector", &nn.Resize{Height: 3, Width: 3, Method: nn.ResizeArea}, one(4), "expected an input of shape (H, W, C)"},
		{"transposed convolution without filters", &nn.Conv2DTranspose{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Height: 1, Width: 1}, one(4, 5, 3), "and 0 filters must be at least 1"},
		{"transposed convolution to nothing", &nn.Conv2DTranspose{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Width: 1, Filters: 1}, one(4, 5, 3), "output of 0 x 1 positions"},
		{"convolution in no groups", &nn.GroupedConv2D{Window: nn.Square(1, 1), Filters: 4}, one(4, 5, 3), "do not fall into 0 groups"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.op.Infer(c.in)
			require.ErrorContains(t, err, c.want)
		})
	}
}
