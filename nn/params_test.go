package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// weight is a Param without the place of its value.
type weight struct {
	role      string
	shape     nn.Shape
	trainable bool
}

func TestParamsAreThoseOfKerasInItsOrder(t *testing.T) {
	in := one(8, 8, 3)
	for _, c := range []struct {
		name string
		op   nn.Op
		want []weight
	}{
		{"convolution", &nn.Conv2D{Window: nn.Square(7, 2), Filters: 64, UseBias: true}, []weight{{"kernel", nn.Shape{7, 7, 3, 64}, true}, {"bias", nn.Shape{64}, true}}},
		{"without bias", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 5}, []weight{{"kernel", nn.Shape{1, 1, 3, 5}, true}}},
		{"depthwise", &nn.DepthwiseConv2D{Window: nn.Square(3, 1), Multiplier: 2, UseBias: true}, []weight{{"kernel", nn.Shape{3, 3, 3, 2}, true}, {"bias", nn.Shape{6}, true}}},
		{"dense", &nn.Dense{Units: 6, UseBias: true}, []weight{{"kernel", nn.Shape{3, 6}, true}, {"bias", nn.Shape{6}, true}}},
		{"batch normalisation", &nn.BatchNorm{Axis: -1, Scale: true, Center: true}, []weight{
			{"gamma", nn.Shape{3}, true}, {"beta", nn.Shape{3}, true}, {"moving_mean", nn.Shape{3}, false}, {"moving_variance", nn.Shape{3}, false},
		}},
		{"without scale, by row", &nn.BatchNorm{Axis: 0, Center: true}, []weight{{"beta", nn.Shape{8}, true}, {"moving_mean", nn.Shape{8}, false}, {"moving_variance", nn.Shape{8}, false}}},
		{"an axis that is not there", &nn.BatchNorm{Axis: 7}, nil},
		{"adapted normalisation", &nn.Normalize{Adapted: true}, []weight{{"mean", nn.Shape{3}, false}, {"variance", nn.Shape{3}, false}}},
		{"constant normalisation", &nn.Normalize{}, nil},
		{"activation", &nn.Activation{Func: nn.ReLU}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []weight
			for _, p := range c.op.Params(in) {
				require.ErrorContains(t, p.Check(), p.Role+" "+p.Shape.String()+" is not set")
				*p.Value = nn.NewTensor(p.Shape...)
				require.NoError(t, p.Check())
				*p.Value = nn.NewTensor(9, 9)
				require.EqualError(t, p.Check(), p.Role+": expected shape "+p.Shape.String()+", found (9, 9)")
				got = append(got, weight{p.Role, p.Shape, p.Trainable})
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestMACsCountEveryProductOfAWeight(t *testing.T) {
	for _, c := range []struct {
		name string
		op   nn.Op
		in   []nn.Shape
		want int64
	}{
		// He et al. 2015, table 1: conv1 of a ResNet is 118 million.
		{"first convolution", &nn.Conv2D{Window: nn.Square(7, 2).Same(224, 224), Filters: 64}, one(224, 224, 3), 112 * 112 * 64 * 7 * 7 * 3},
		{"1x1 with stride", &nn.Conv2D{Window: nn.Square(1, 2), Filters: 512}, one(56, 56, 256), 28 * 28 * 512 * 256},
		{"depthwise", &nn.DepthwiseConv2D{Window: nn.Square(3, 1), Multiplier: 2}, one(5, 5, 4), 3 * 3 * 4 * 2 * 9},
		{"dense", &nn.Dense{Units: 1000}, one(2048), 2048 * 1000},
		{"dense of a feature map", &nn.Dense{Units: 6}, one(4, 5, 3), 4 * 5 * 3 * 6},
		{"batch normalisation", &nn.BatchNorm{Axis: -1}, one(4, 5, 3), 0},
		{"normalisation", &nn.Normalize{Adapted: true}, one(4, 5, 3), 0},
		{"pooling", &nn.MaxPool{Window: nn.Square(2, 2)}, one(4, 4, 3), 0},
		{"add", &nn.Add{}, []nn.Shape{{4, 5, 3}, {4, 5, 3}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := c.op.Infer(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, c.op.MACs(c.in, out))
		})
	}
}

func TestInnerFindsTheNormalisedAxis(t *testing.T) {
	for axis, want := range map[int][2]int{2: {3, 1}, -1: {3, 1}, 1: {5, 3}, -3: {4, 15}, 0: {4, 15}, 3: {0, 0}} {
		extent, inner := (&nn.BatchNorm{Axis: axis}).Inner(nn.Shape{4, 5, 3})
		require.Equal(t, want, [2]int{extent, inner}, "axis %d", axis)
	}
}

func TestOuterFindsTheJoinedAxis(t *testing.T) {
	for axis, want := range map[int][2]int{2: {20, 1}, -1: {20, 1}, 1: {4, 3}, 0: {1, 15}, 3: {0, 0}} {
		outer, inner := (&nn.Concat{Axis: axis}).Outer(nn.Shape{4, 5, 3})
		require.Equal(t, want, [2]int{outer, inner}, "axis %d", axis)
	}
}

func TestActivationsNameTheirParameters(t *testing.T) {
	for want, op := range map[string]nn.Activation{
		"relu":                               {Func: nn.ReLU},
		"relu max 6":                         {Func: nn.ReLU, Max: 6},
		"relu slope 0.01":                    {Func: nn.ReLU, Slope: 0.01},
		"relu slope 0.3 threshold 0.5 max 2": {Func: nn.ReLU, Slope: 0.3, Threshold: 0.5, Max: 2},
		"elu":                                {Func: nn.ELU, Alpha: 1},
		"elu alpha 0.5":                      {Func: nn.ELU, Alpha: 0.5},
		"sigmoid":                            {Func: nn.Sigmoid},
	} {
		require.Equal(t, want, op.String())
		require.Equal(t, want == "relu", op.Rectifier(), want)
	}
}

func TestKindsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range []nn.Op{
		&nn.Input{}, &nn.Activation{}, &nn.Add{}, &nn.AvgPool{}, &nn.BatchNorm{}, &nn.Concat{}, &nn.Conv2D{}, &nn.Crop{}, &nn.Dense{},
		&nn.DepthwiseConv2D{}, &nn.Flatten{}, &nn.GlobalAvgPool{}, &nn.GlobalMaxPool{}, &nn.Identity{}, &nn.MaxPool{}, &nn.Multiply{},
		&nn.Normalize{}, &nn.Rescale{}, &nn.Reshape{}, &nn.Softmax{}, &nn.ZeroPad{},
	} {
		require.False(t, seen[op.Kind()], op.Kind())
		seen[op.Kind()] = true
	}
}
