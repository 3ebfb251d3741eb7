package reference_test

import (
	"testing"

	"github.com/vkeras/vkeras/nn"
)

// The convolutions below slide the kernel 1 2 / 3 4 over 1 2 3 / 4 5 6 / 7 8 9.

func TestConv2DByHand(t *testing.T) {
	kernel := of(nn.Shape{2, 2, 1, 1}, 1, 2, 3, 4)
	dilated := nn.Square(2, 1)
	dilated.Dilation = [2]int{2, 2}
	top := nn.Window{Size: [2]int{2, 1}, Stride: [2]int{1, 1}, Pad: nn.Pad{Top: 1}}
	check(t, []example{
		{
			// 1 1 + 2 2 + 4 3 + 5 4 = 37 and so on; the kernel is not flipped.
			"valid", &nn.Conv2D{Window: nn.Square(2, 1), Filters: 1, Kernel: kernel},
			inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 37, 47, 67, 77),
		}, {
			"bias", &nn.Conv2D{Window: nn.Square(2, 1), Filters: 1, Kernel: kernel, UseBias: true, Bias: of(nn.Shape{1}, 0.5)},
			inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 37.5, 47.5, 67.5, 77.5),
		}, {
			"a bias that is not used", &nn.Conv2D{Window: nn.Square(2, 1), Filters: 1, Kernel: kernel, Bias: of(nn.Shape{1}, 0.5)},
			inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 37, 47, 67, 77),
		}, {
			// Padding "same" with stride 2 goes to the bottom and the right:
			// 37; 3 1 + 6 3; 7 1 + 8 2; 9 1.
			"same with stride 2", &nn.Conv2D{Window: nn.Square(2, 2).Same(3, 3), Filters: 1, Kernel: kernel},
			inputs(digits()), of(nn.Shape{1, 2, 2, 1}, 37, 21, 23, 9),
		}, {
			// 1 1 + 3 2 + 7 3 + 9 4
			"dilation 2", &nn.Conv2D{Window: dilated, Filters: 1, Kernel: kernel},
			inputs(digits()), of(nn.Shape{1, 1, 1, 1}, 64),
		}, {
			// Column 1 2 under the kernel 1 / 10 with a row of 0 above:
			// 0 1 + 1 10; 1 1 + 2 10.
			"padding at the top only", &nn.Conv2D{Window: top, Filters: 1, Kernel: of(nn.Shape{2, 1, 1, 1}, 1, 10)},
			inputs(of(nn.Shape{1, 2, 1, 1}, 1, 2)), of(nn.Shape{1, 2, 1, 1}, 10, 21),
		}, {
			"a stride for each axis", &nn.Conv2D{
				Window: nn.Window{Size: [2]int{1, 1}, Stride: [2]int{2, 1}}, Filters: 1, Kernel: of(nn.Shape{1, 1, 1, 1}, 2),
			},
			inputs(digits()), of(nn.Shape{1, 2, 3, 1}, 2, 4, 6, 14, 16, 18),
		}, {
			// 1 1 + 2 100, 1 10 + 2 1000; then 3 1 + 4 100, 3 10 + 4 1000.
			"channels and batches", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 2, Kernel: of(nn.Shape{1, 1, 2, 2}, 1, 10, 100, 1000)},
			inputs(of(nn.Shape{2, 1, 1, 2}, 1, 2, 3, 4)), of(nn.Shape{2, 1, 1, 2}, 201, 2010, 403, 4030),
		}, {
			"0 times NaN is NaN", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 2, Kernel: of(nn.Shape{1, 1, 2, 2}, nan, 1, 1, inf)},
			inputs(of(nn.Shape{1, 1, 1, 2}, 0, 1)), of(nn.Shape{1, 1, 1, 2}, nan, inf),
		}, {
			// In float32 1 + 1e8 - 1e8 would be 0.
			"sums are kept in float64", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 1, Kernel: of(nn.Shape{1, 1, 3, 1}, 1, 1, -1)},
			inputs(of(nn.Shape{1, 1, 1, 3}, 1, 1e8, 1e8)), of(nn.Shape{1, 1, 1, 1}, 1),
		},
	})
}

func TestDepthwiseConv2DByHand(t *testing.T) {
	check(t, []example{
		{
			// Channel 2 gives 2 10, 2 20; channel 3 gives 3 30, 3 40.
			"two outputs an input channel", &nn.DepthwiseConv2D{
				Window: nn.Square(1, 1), Multiplier: 2, Kernel: of(nn.Shape{1, 1, 2, 2}, 10, 20, 30, 40),
				UseBias: true, Bias: of(nn.Shape{4}, 1, 2, 3, 4),
			},
			inputs(of(nn.Shape{1, 1, 1, 2}, 2, 3)), of(nn.Shape{1, 1, 1, 4}, 21, 42, 93, 124),
		}, {
			// 1 1 + 2 2, 10 3 + 20 4: channels do not mix.
			"a window", &nn.DepthwiseConv2D{
				Window: nn.Window{Size: [2]int{1, 2}, Stride: [2]int{1, 1}}, Multiplier: 1, Kernel: of(nn.Shape{1, 2, 2, 1}, 1, 3, 2, 4),
			},
			inputs(of(nn.Shape{1, 1, 2, 2}, 1, 10, 2, 20)), of(nn.Shape{1, 1, 1, 2}, 5, 110),
		},
	})
}

func TestDenseByHand(t *testing.T) {
	kernel := of(nn.Shape{2, 3}, 1, 2, 3, 4, 5, 6)
	check(t, []example{
		{
			// 1 1 + 2 4 + 0.5, 1 2 + 2 5, 1 3 + 2 6 - 1
			"vector", &nn.Dense{Units: 3, Kernel: kernel, UseBias: true, Bias: of(nn.Shape{3}, 0.5, 0, -1)},
			inputs(of(nn.Shape{1, 2}, 1, 2)), of(nn.Shape{1, 3}, 9.5, 12, 14),
		}, {
			"last axis of a feature map", &nn.Dense{Units: 3, Kernel: kernel},
			inputs(of(nn.Shape{1, 2, 1, 2}, 1, 0, 0, 1)), of(nn.Shape{1, 2, 1, 3}, 1, 2, 3, 4, 5, 6),
		},
	})
}
