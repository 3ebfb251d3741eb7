package reference_test

import (
	"testing"

	"github.com/vkeras/vkeras/nn"
)

func TestMaxPoolByHand(t *testing.T) {
	negative := of(nn.Shape{1, 1, 2, 1}, -3, -2)
	aside := nn.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Pad: nn.Pad{Right: 1}}
	check(t, []example{
		{"valid", &nn.MaxPool{Window: nn.Square(2, 1)}, inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 5, 6, 8, 9)},
		{"same with stride 2", &nn.MaxPool{Window: nn.Square(2, 2).Same(3, 3)}, inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 5, 6, 8, 9)},
		{"padding never wins", &nn.MaxPool{Window: nn.Square(3, 1).Same(1, 2)}, inputs(negative), of(nn.Shape{1, 1, 2, 1}, -2, -2)},
		{"padding alone", &nn.MaxPool{Window: aside}, inputs(negative), of(nn.Shape{1, 1, 3, 1}, -3, -2, -inf)},
		{
			"NaN wins in its channel", &nn.MaxPool{Window: nn.Square(2, 2)},
			inputs(of(nn.Shape{1, 2, 2, 2}, 1, 1, nan, 2, 5, 3, 6, 4)), of(nn.Shape{1, 1, 1, 2}, nan, 4),
		},
		{"global", &nn.GlobalMaxPool{}, inputs(of(nn.Shape{2, 1, 2, 2}, -1, -2, -3, -4, 5, 6, 7, nan)), of(nn.Shape{2, 2}, -1, -2, 7, nan)},
		{"global with kept axes", &nn.GlobalMaxPool{KeepDims: true}, inputs(digits()), of(nn.Shape{1, 1, 1, 1}, 9)},
		{"a window far larger than the input", &nn.MaxPool{Window: nn.Square(1_000_000_007, 1).Same(3, 3)}, inputs(digits()), of(nn.Shape{1, 3, 3, 1}, 9, 9, 9, 9, 9, 9, 9, 9, 9)},
	})
}

func TestAvgPoolByHand(t *testing.T) {
	aside := nn.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Pad: nn.Pad{Right: 1}}
	check(t, []example{
		// (1 + 2 + 4 + 5) / 4 and so on
		{"valid", &nn.AvgPool{Window: nn.Square(2, 1)}, inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 3, 4, 6, 7)},
		// 12 / 4, (3 + 6) / 2, (7 + 8) / 2, 9 / 1: padding is not counted.
		{"same with stride 2", &nn.AvgPool{Window: nn.Square(2, 2).Same(3, 3)}, inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 3, 4.5, 7.5, 9)},
		{"padding alone", &nn.AvgPool{Window: aside}, inputs(of(nn.Shape{1, 1, 1, 1}, 2)), of(nn.Shape{1, 1, 2, 1}, 2, nan)},
		{"global", &nn.GlobalAvgPool{}, inputs(of(nn.Shape{2, 1, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 9)), of(nn.Shape{2, 2}, 2, 3, 6, 7.5)},
		{"global with kept axes", &nn.GlobalAvgPool{KeepDims: true}, inputs(digits()), of(nn.Shape{1, 1, 1, 1}, 5)},
	})
}

func TestPadAndCropByHand(t *testing.T) {
	check(t, []example{
		{
			"zeros around", &nn.ZeroPad{Pad: nn.Pad{Top: 1, Left: 2, Right: 1}},
			inputs(of(nn.Shape{1, 1, 2, 1}, 7, 8)), of(nn.Shape{1, 2, 5, 1}, 0, 0, 0, 0, 0, 0, 0, 7, 8, 0),
		},
		{"zeros below", &nn.ZeroPad{Pad: nn.Pad{Bottom: 1}}, inputs(of(nn.Shape{1, 1, 1, 2}, 7, 8)), of(nn.Shape{1, 2, 1, 2}, 7, 8, 0, 0)},
		{"crop", &nn.Crop{Pad: nn.Pad{Top: 1, Right: 2}}, inputs(digits()), of(nn.Shape{1, 2, 1, 1}, 4, 7)},
		{"crop the other edges", &nn.Crop{Pad: nn.Pad{Bottom: 2, Left: 1}}, inputs(digits()), of(nn.Shape{1, 1, 2, 1}, 2, 3)},
	})
}

func TestMergesByHand(t *testing.T) {
	x := of(nn.Shape{1, 2, 1, 2}, 1, 2, 3, 4)
	check(t, []example{
		{"add", &nn.Add{}, inputs(x, x, x), of(nn.Shape{1, 2, 1, 2}, 3, 6, 9, 12)},
		{"multiply", &nn.Multiply{}, inputs(x, x), of(nn.Shape{1, 2, 1, 2}, 1, 4, 9, 16)},
		{"add a vector", &nn.Add{}, inputs(x, of(nn.Shape{1, 2}, 10, 20)), of(nn.Shape{1, 2, 1, 2}, 11, 22, 13, 24)},
		{"multiply by a mask", &nn.Multiply{}, inputs(of(nn.Shape{1, 2, 1, 1}, 0, 2), x), of(nn.Shape{1, 2, 1, 2}, 0, 0, 6, 8)},
		{
			"each image has its own gate", &nn.Multiply{},
			inputs(of(nn.Shape{2, 2, 1, 1}, 1, 2, 3, 4), of(nn.Shape{2, 1, 1, 1}, 10, 100)),
			of(nn.Shape{2, 2, 1, 1}, 10, 20, 300, 400),
		},
		{
			"both are repeated", &nn.Add{}, inputs(of(nn.Shape{1, 2, 1}, 1, 2), of(nn.Shape{1, 1, 3}, 10, 20, 30)),
			of(nn.Shape{1, 2, 3}, 11, 21, 31, 12, 22, 32),
		},
		// In float32 1e8 + 1 - 1e8 would be 0.
		{"one rounding for all inputs", &nn.Add{}, inputs(of(nn.Shape{1, 1}, 1e8), of(nn.Shape{1, 1}, 1), of(nn.Shape{1, 1}, -1e8)), of(nn.Shape{1, 1}, 1)},
		{
			"concatenate channels", &nn.Concat{Axis: -1}, inputs(x, of(nn.Shape{1, 2, 1, 1}, 8, 9)),
			of(nn.Shape{1, 2, 1, 3}, 1, 2, 8, 3, 4, 9),
		},
		{
			"concatenate rows of each image", &nn.Concat{Axis: 0}, inputs(of(nn.Shape{2, 1, 2}, 1, 2, 3, 4), of(nn.Shape{2, 1, 2}, 5, 6, 7, 8)),
			of(nn.Shape{2, 2, 2}, 1, 2, 5, 6, 3, 4, 7, 8),
		},
	})
}

func TestShapesChangeByHand(t *testing.T) {
	x := of(nn.Shape{1, 2, 1, 2}, 1, 2, 3, 4)
	check(t, []example{
		{"flatten", &nn.Flatten{}, inputs(x), of(nn.Shape{1, 4}, 1, 2, 3, 4)},
		{"reshape", &nn.Reshape{Target: nn.Shape{-1, 1}}, inputs(x), of(nn.Shape{1, 4, 1}, 1, 2, 3, 4)},
		{"identity", &nn.Identity{}, inputs(x), x},
	})
}
