package nn_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// one is the input of an operation that reads one node.
func one(extents ...int) []nn.Shape { return []nn.Shape{extents} }

// The expected shapes are those of the same layers in Keras 3.15.
func TestInferGivesTheShapesOfKeras(t *testing.T) {
	dilated := nn.Square(3, 1)
	dilated.Dilation = [2]int{2, 2}
	for _, c := range []struct {
		name string
		op   nn.Op
		in   []nn.Shape
		want nn.Shape
	}{
		{"input", &nn.Input{Shape: nn.Shape{64, 64, 3}}, nil, nn.Shape{64, 64, 3}},
		{"the first convolution of a ResNet", &nn.Conv2D{Window: nn.Square(7, 2), Filters: 64}, one(70, 70, 3), nn.Shape{32, 32, 64}},
		{"convolution, same", &nn.Conv2D{Window: nn.Square(3, 1).Same(7, 9), Filters: 8}, one(7, 9, 4), nn.Shape{7, 9, 8}},
		{"convolution, same, stride 2", &nn.Conv2D{Window: nn.Square(3, 2).Same(15, 8), Filters: 8}, one(15, 8, 4), nn.Shape{8, 4, 8}},
		{"1x1 convolution, stride 2", &nn.Conv2D{Window: nn.Square(1, 2), Filters: 8}, one(15, 16, 4), nn.Shape{8, 8, 8}},
		{"dilated convolution", &nn.Conv2D{Window: dilated, Filters: 8}, one(15, 16, 4), nn.Shape{11, 12, 8}},
		{"a size and stride for each axis", &nn.Conv2D{Window: nn.Window{Size: [2]int{3, 1}, Stride: [2]int{1, 2}}, Filters: 8}, one(6, 7, 4), nn.Shape{4, 4, 8}},
		{"depthwise convolution", &nn.DepthwiseConv2D{Window: nn.Square(3, 2), Multiplier: 2}, one(9, 9, 5), nn.Shape{4, 4, 10}},
		{"max pooling", &nn.MaxPool{Window: nn.Square(3, 2)}, one(32, 32, 64), nn.Shape{15, 15, 64}},
		{"max pooling of 112", &nn.MaxPool{Window: nn.Square(3, 2)}, one(112, 112, 64), nn.Shape{55, 55, 64}},
		{"average pooling", &nn.AvgPool{Window: nn.Square(2, 2)}, one(7, 5, 3), nn.Shape{3, 2, 3}},
		{"average pooling, same", &nn.AvgPool{Window: nn.Square(2, 2).Same(7, 5)}, one(7, 5, 3), nn.Shape{4, 3, 3}},
		{"global average", &nn.GlobalAvgPool{}, one(7, 7, 2048), nn.Shape{2048}},
		{"global average, kept", &nn.GlobalAvgPool{KeepDims: true}, one(7, 7, 2048), nn.Shape{1, 1, 2048}},
		{"global maximum", &nn.GlobalMaxPool{}, one(7, 7, 2048), nn.Shape{2048}},
		{"global maximum, kept", &nn.GlobalMaxPool{KeepDims: true}, one(7, 7, 2048), nn.Shape{1, 1, 2048}},
		{"zero padding", &nn.ZeroPad{Pad: nn.Pad{Top: 1, Bottom: 2, Right: 3}}, one(4, 3, 2), nn.Shape{7, 6, 2}},
		{"cropping", &nn.Crop{Pad: nn.Pad{Top: 1, Bottom: 2, Right: 1}}, one(5, 4, 2), nn.Shape{2, 3, 2}},
		{"dense", &nn.Dense{Units: 6}, one(9), nn.Shape{6}},
		{"dense of a feature map", &nn.Dense{Units: 6}, one(4, 5, 3), nn.Shape{4, 5, 6}},
		{"flatten", &nn.Flatten{}, one(2, 2, 2048), nn.Shape{8192}},
		{"reshape", &nn.Reshape{Target: nn.Shape{-1, 4}}, one(6, 2, 3), nn.Shape{9, 4}},
		{"reshape without a free extent", &nn.Reshape{Target: nn.Shape{3, 12}}, one(6, 2, 3), nn.Shape{3, 12}},
		{"add", &nn.Add{}, []nn.Shape{{4, 5, 3}, {4, 5, 3}, {4, 5, 3}}, nn.Shape{4, 5, 3}},
		{"add a value to each channel", &nn.Add{}, []nn.Shape{{4, 5, 3}, {1, 1, 3}}, nn.Shape{4, 5, 3}},
		{"add where both are repeated", &nn.Add{}, []nn.Shape{{4, 1, 3}, {1, 5, 3}}, nn.Shape{4, 5, 3}},
		{"multiply by a vector", &nn.Multiply{}, []nn.Shape{{4, 5, 3}, {3}}, nn.Shape{4, 5, 3}},
		{"multiply a vector", &nn.Multiply{}, []nn.Shape{{3}, {4, 5, 3}}, nn.Shape{4, 5, 3}},
		{"add of four axes", &nn.Add{}, []nn.Shape{{2, 4, 5, 3}, {2, 4, 5, 3}}, nn.Shape{2, 4, 5, 3}},
		{"concatenate channels", &nn.Concat{Axis: -1}, []nn.Shape{{4, 5, 3}, {4, 5, 2}}, nn.Shape{4, 5, 5}},
		{"concatenate rows", &nn.Concat{Axis: 0}, []nn.Shape{{4, 5, 3}, {1, 5, 3}}, nn.Shape{5, 5, 3}},
		{"concatenate one", &nn.Concat{Axis: 2}, one(4, 4, 2), nn.Shape{4, 4, 2}},
		{"batch normalisation", &nn.BatchNorm{Axis: -1}, one(4, 5, 3), nn.Shape{4, 5, 3}},
		{"activation", &nn.Activation{Func: nn.ReLU}, one(4, 5, 3), nn.Shape{4, 5, 3}},
		{"softmax", &nn.Softmax{}, one(6), nn.Shape{6}},
		{"identity", &nn.Identity{}, one(4, 5), nn.Shape{4, 5}},
		{"rescale", &nn.Rescale{Scale: []float32{1}, Offset: []float32{1, 2, 3}}, one(4, 5, 3), nn.Shape{4, 5, 3}},
		{"normalise by adapted statistics", &nn.Normalize{Adapted: true}, one(4, 5, 3), nn.Shape{4, 5, 3}},
		{"normalise by constants", &nn.Normalize{Mean: nn.NewTensor(3), Variance: nn.NewTensor(3)}, one(4, 5, 3), nn.Shape{4, 5, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.op.Infer(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestInferSaysWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name string
		op   nn.Op
		in   []nn.Shape
		want string
	}{
		{"an input with an input", &nn.Input{Shape: nn.Shape{3}}, one(3), "an input reads no other node, found 1"},
		{"two inputs for one", &nn.Softmax{}, []nn.Shape{{3}, {3}}, "expected one input, found 2"},
		{"no input", &nn.Flatten{}, nil, "expected one input, found 0"},
		{"convolution of a vector", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 1}, one(3), "expected an input of shape (H, W, C), found (3,)"},
		{"convolution without filters", &nn.Conv2D{Window: nn.Square(1, 1)}, one(3, 3, 3), "filters must be at least 1 and at most 2147483647, found 0"},
		{"convolution larger than its input", &nn.Conv2D{Window: nn.Square(5, 1), Filters: 8}, one(4, 9, 4), "a window of 5 does not fit a height of 4"},
		{"depthwise without outputs", &nn.DepthwiseConv2D{Window: nn.Square(1, 1)}, one(3, 3, 3), "depth multiplier must be at least 1 and at most 2147483647, found 0"},
		{"pooling larger than its input", &nn.MaxPool{Window: nn.Square(3, 2)}, one(3, 2, 4), "a window of 3 does not fit a width of 2"},
		{"pooling of a vector", &nn.AvgPool{Window: nn.Square(1, 1)}, one(3), "expected an input of shape (H, W, C), found (3,)"},
		{"global pooling of a vector", &nn.GlobalAvgPool{}, one(3), "expected an input of shape (H, W, C), found (3,)"},
		{"negative padding", &nn.ZeroPad{Pad: nn.Pad{Left: -1}}, one(4, 3, 2), "padding must not be negative"},
		{"cropping everything", &nn.Crop{Pad: nn.Pad{Top: 3, Bottom: 2}}, one(5, 4, 2), "leaves nothing of (5, 4, 2)"},
		{"negative cropping", &nn.Crop{Pad: nn.Pad{Top: -1}}, one(5, 4, 2), "leaves nothing of (5, 4, 2)"},
		{"dense of a scalar", &nn.Dense{Units: 1}, one(), "expected an input with at least one axis"},
		{"dense without units", &nn.Dense{}, one(3), "units must be at least 1 and at most 2147483647, found 0"},
		{"reshape to another size", &nn.Reshape{Target: nn.Shape{5, 7}}, one(6, 2, 3), "target (5, 7) has 35 elements, the input (6, 2, 3) has 36"},
		{"reshape to more", &nn.Reshape{Target: nn.Shape{5, 8}}, one(6, 2, 3), "target (5, 8) has more elements than (6, 2, 3)"},
		{"reshape that does not divide", &nn.Reshape{Target: nn.Shape{5, -1}}, one(6, 2, 3), "target (5, -1) has 35 elements, the input (6, 2, 3) has 36"},
		{"reshape with two free extents", &nn.Reshape{Target: nn.Shape{-1, -1}}, one(6, 2, 3), "target (-1, -1) is not a shape"},
		{"reshape to nothing", &nn.Reshape{Target: nn.Shape{0, -1}}, one(6, 2, 3), "target (0, -1) is not a shape"},
		{"add of one", &nn.Add{}, one(3), "expected two inputs or more, found 1"},
		{"add of other channels", &nn.Add{}, []nn.Shape{{4, 5, 3}, {4, 5, 2}}, "shapes (4, 5, 3) and (4, 5, 2) do not fit each other"},
		{"multiply of other sizes", &nn.Multiply{}, []nn.Shape{{4, 5, 3}, {4, 3}}, "shapes (4, 5, 3) and (4, 3) do not fit each other"},
		{"broadcasting seven axes", &nn.Add{}, []nn.Shape{{1, 1, 1, 2, 4, 5, 3}, {3}}, "broadcasting is for up to 6 axes"},
		{"concatenate nothing", &nn.Concat{}, nil, "expected at least one input"},
		{"concatenate other sizes", &nn.Concat{Axis: -1}, []nn.Shape{{4, 5, 3}, {4, 4, 3}}, "shapes (4, 5, 3) and (4, 4, 3) differ off axis 2"},
		{"concatenate other ranks", &nn.Concat{Axis: 0}, []nn.Shape{{4, 5}, {4}}, "shapes (4, 5) and (4,) differ off axis 0"},
		{"concatenate beyond the axes", &nn.Concat{Axis: 3}, one(4, 5, 3), "axis 3 is outside an input of 3 axes"},
		{"normalise beyond the axes", &nn.BatchNorm{Axis: -4}, one(4, 5, 3), "axis -1 is outside an input of 3 axes"},
		{"rescale by too many", &nn.Rescale{Scale: []float32{1, 2}, Offset: []float32{0}}, one(4, 5, 3), "expected 1 or 3 constants, found 2"},
		{"rescale by none", &nn.Rescale{Scale: []float32{1}}, one(4, 5, 3), "expected 1 or 3 constants, found 0"},
		{"normalise by missing constants", &nn.Normalize{}, one(4, 5, 3), "mean (3,) is not set"},
		{"normalise by other constants", &nn.Normalize{Mean: nn.NewTensor(3), Variance: nn.NewTensor(1)}, one(4, 5, 3), "variance: expected shape (3,), found (1,)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.op.Infer(c.in)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestABuilderRefusesShapesBeyondAnInt(t *testing.T) {
	const huge = math.MaxInt
	for _, c := range []struct {
		name string
		op   nn.Op
	}{
		{"padding", &nn.ZeroPad{Pad: nn.Pad{Top: huge}}},
		{"padding on two sides", &nn.ZeroPad{Pad: nn.Pad{Top: 1 << 40, Left: 1 << 40}}},
		{"filters", &nn.Conv2D{Window: nn.Square(1, 1), Filters: huge}},
		{"depth multiplier", &nn.DepthwiseConv2D{Window: nn.Square(1, 1), Multiplier: huge}},
		{"units", &nn.Dense{Units: huge}},
		{"a window", &nn.MaxPool{Window: nn.Square(huge, 1)}},
		// Each of these sums and products comes round to a small number.
		{"padding that comes round", &nn.ZeroPad{Pad: nn.Pad{Top: huge, Bottom: huge}}},
		{"cropping that comes round", &nn.Crop{Pad: nn.Pad{Top: huge, Bottom: huge}}},
		{"a window's padding that comes round", &nn.MaxPool{Window: nn.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Pad: nn.Pad{Top: huge, Bottom: huge}}}},
		{"a reach that comes round", &nn.Conv2D{Window: nn.Window{Size: [2]int{1<<62 + 1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{4, 1}}, Filters: 1}},
		{"a multiplier that comes round", &nn.DepthwiseConv2D{Window: nn.Square(1, 1), Multiplier: 1<<62 + 1}},
		{"a target that comes round", &nn.Reshape{Target: nn.Shape{4, 1 << 62, -1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := nn.NewBuilder("huge")
			b.Add("layer", c.op, b.Input("input", nn.Shape{4, 4, 3}))
			require.ErrorContains(t, b.Err(), `"layer"`)
		})
	}
	b := nn.NewBuilder("huge")
	b.Input("input", nn.Shape{1 << 32, 1 << 32, 3})
	require.ErrorContains(t, b.Err(), `InputLayer "input": shape (4294967296, 4294967296, 3) has an extent above 2147483647`)
}
