package reference_test

import (
	"math"
	"testing"

	"github.com/vkeras/vkeras/nn"
)

func TestActivationByHand(t *testing.T) {
	ln2, ln3 := float32(math.Ln2), float32(math.Log(3))
	for _, c := range []struct {
		name     string
		op       nn.Activation
		in, want []float32
	}{
		{"linear", nn.Activation{Func: nn.Linear}, []float32{-1, nan, inf}, []float32{-1, nan, inf}},
		{"relu", nn.Activation{Func: nn.ReLU}, []float32{-2, 0, 3, nan, inf, -inf}, []float32{0, 0, 3, nan, inf, 0}},
		{"relu6", nn.Activation{Func: nn.ReLU, Max: 6}, []float32{-2, 3, 7, inf, nan}, []float32{0, 3, 6, 6, nan}},
		{"leaky relu", nn.Activation{Func: nn.ReLU, Slope: 0.25}, []float32{-2, 3, -inf}, []float32{-0.5, 3, -inf}},
		{"thresholded relu", nn.Activation{Func: nn.ReLU, Threshold: 1}, []float32{0.5, 1, 2}, []float32{0, 0, 2}},
		// 0.5 (-3 - 1) = -2; 1 itself is not above the threshold; at most 4
		{"relu of all parameters", nn.Activation{Func: nn.ReLU, Slope: 0.5, Threshold: 1, Max: 4}, []float32{-3, 1, 2, 9}, []float32{-2, 0, 2, 4}},
		// 1 / (1 + 1/3), 1 / (1 + 3)
		{"sigmoid", nn.Activation{Func: nn.Sigmoid}, []float32{0, ln3, -ln3, 1000, -1000}, []float32{0.5, 0.75, 0.25, 1, 0}},
		// (2 - 1/2) / (2 + 1/2)
		{"tanh", nn.Activation{Func: nn.Tanh}, []float32{ln2, -ln2, 1000}, []float32{0.6, -0.6, 1}},
		// 3 (1/2 - 1)
		{"elu", nn.Activation{Func: nn.ELU, Alpha: 3}, []float32{2, -ln2, -1000}, []float32{2, -1.5, -3}},
		{"swish", nn.Activation{Func: nn.Swish}, []float32{0, ln3, 1000, -1000}, []float32{0, 0.75 * ln3, 1000, 0}},
		// Phi(1) = 0.841344746068543 and Phi(-10) = 7.61985302416053e-24, from tables
		{"gelu", nn.Activation{Func: nn.GELU}, []float32{0, 1, -1, -10}, []float32{0, 0.841344746, -0.158655254, -7.61985302e-23}},
		// tanh(sqrt(2/pi) 1.044715) = 0.682383981
		{"gelu by tanh", nn.Activation{Func: nn.GELUTanh}, []float32{0, 1, -1}, []float32{0, 0.841191991, -0.158808009}},
		{"hard sigmoid of Keras 2", nn.Activation{Func: nn.HardSigmoid, Slope: 0.25}, []float32{-3, -1, 0, 1, 3, nan}, []float32{0, 0.25, 0.5, 0.75, 1, nan}},
		{"hard swish", nn.Activation{Func: nn.HardSwish, Slope: 0.25}, []float32{-3, -1, 0, 1, 3}, []float32{0, -0.25, 0, 0.75, 3}},
		{"hard tanh", nn.Activation{Func: nn.HardTanh}, []float32{-3, -0.5, 1, 3}, []float32{-1, -0.5, 1, 1}},
		// 1.05070099 x, and 1.05070099 1.67326324 (1/2 - 1)
		{"selu", nn.Activation{Func: nn.SELU}, []float32{2, -ln2, 0}, []float32{2.10140197, -0.87904967, 0}},
		// 2 (1/2 - 1) at x = -2 ln 2
		{"celu", nn.Activation{Func: nn.CELU, Alpha: 2}, []float32{3, -2 * ln2, -1000}, []float32{3, -1, -2}},
		{"exponential", nn.Activation{Func: nn.Exponential}, []float32{0, ln3, -ln2, -inf}, []float32{1, 3, 0.5, 0}},
		// log(1 + 3), log(1 + 1/3)
		{"softplus", nn.Activation{Func: nn.Softplus}, []float32{ln3, -ln3, 1000, -1000}, []float32{2 * ln2, 2*ln2 - ln3, 1000, 0}},
		{"softsign", nn.Activation{Func: nn.Softsign}, []float32{3, -1}, []float32{0.75, -0.5}},
		// tanh(log 4) = (16 - 1) / (16 + 1)
		{"mish", nn.Activation{Func: nn.Mish}, []float32{ln3, 0, 1000, -1000}, []float32{ln3 * 15 / 17, 0, 1000, 0}},
		{"log sigmoid", nn.Activation{Func: nn.LogSigmoid}, []float32{ln3, -ln3, -1000}, []float32{ln3 - 2*ln2, -2 * ln2, -1000}},
		{"hard shrink", nn.Activation{Func: nn.HardShrink, Threshold: 1}, []float32{-2, -1, 0.5, 1, 2, nan}, []float32{-2, 0, 0, 0, 2, nan}},
		{"soft shrink", nn.Activation{Func: nn.SoftShrink, Threshold: 1}, []float32{-3, -1, 0.5, 1, 3, nan}, []float32{-2, 0, 0, 0, 2, nan}},
		{"tanh shrink", nn.Activation{Func: nn.TanhShrink}, []float32{1000, 0}, []float32{999, 0}},
		{"threshold", nn.Activation{Func: nn.Threshold, Threshold: 1, Alpha: -7}, []float32{-3, 1, 2}, []float32{-7, -7, 2}},
		// (x + sqrt(x^2 + 16)) / 2 at 3 and -3
		{"squareplus", nn.Activation{Func: nn.SquarePlus, Alpha: 16}, []float32{3, -3}, []float32{4, 1}},
		{"sparse plus", nn.Activation{Func: nn.SparsePlus}, []float32{-2, -1, 0, 1, 2}, []float32{0, 0, 0.25, 1, 2}},
	} {
		shape := nn.Shape{1, len(c.in)}
		check(t, []example{{c.name, &c.op, inputs(of(shape, c.in...)), of(shape, c.want...)}})
	}
}

func TestBatchNormByHand(t *testing.T) {
	// The deviations are sqrt(3.75 + 0.25) = 2 and sqrt(0.75 + 0.25) = 1.
	mean, variance := of(nn.Shape{2}, 1, 5), of(nn.Shape{2}, 3.75, 0.75)
	gamma, beta := of(nn.Shape{2}, 3, 10), of(nn.Shape{2}, 0.5, -1)
	x := of(nn.Shape{1, 2, 1, 2}, 3, 7, -1, 5)
	check(t, []example{
		{
			// (3-1)/2 3 + 0.5, (7-5)/1 10 - 1, (-1-1)/2 3 + 0.5, 0 10 - 1
			"by channel", &nn.BatchNorm{Axis: -1, Epsilon: 0.25, Scale: true, Center: true, Gamma: gamma, Beta: beta, Mean: mean, Variance: variance},
			inputs(x), of(nn.Shape{1, 2, 1, 2}, 3.5, 19, -2.5, -1),
		}, {
			// (3-1)/2, (7-1)/2, (-1-5)/1, (5-5)/1
			"by row, without scale and centre", &nn.BatchNorm{Axis: 0, Epsilon: 0.25, Mean: mean, Variance: variance},
			inputs(x), of(nn.Shape{1, 2, 1, 2}, 1, 3, -6, 0),
		}, {
			"scale alone", &nn.BatchNorm{Axis: 0, Epsilon: 0.25, Scale: true, Gamma: gamma, Mean: mean, Variance: variance},
			inputs(of(nn.Shape{2, 2}, 3, 7, -1, 5)), of(nn.Shape{2, 2}, 3, 20, -3, 0),
		}, {
			"centre alone", &nn.BatchNorm{Axis: 0, Epsilon: 0.25, Center: true, Beta: beta, Mean: mean, Variance: variance},
			inputs(of(nn.Shape{1, 2}, 3, 7)), of(nn.Shape{1, 2}, 1.5, 1),
		},
	})
}

func TestSoftmaxByHand(t *testing.T) {
	ln3 := float32(math.Log(3))
	check(t, []example{
		// exp(0) : exp(ln 3) = 1 : 3
		{"two classes", &nn.Softmax{}, inputs(of(nn.Shape{1, 2}, 0, ln3)), of(nn.Shape{1, 2}, 0.25, 0.75)},
		{"large logits", &nn.Softmax{}, inputs(of(nn.Shape{1, 2}, 3e38, 3e38)), of(nn.Shape{1, 2}, 0.5, 0.5)},
		{"an impossible class", &nn.Softmax{}, inputs(of(nn.Shape{1, 2}, 0, -inf)), of(nn.Shape{1, 2}, 1, 0)},
		{"NaN spoils its row", &nn.Softmax{}, inputs(of(nn.Shape{2, 2}, 0, nan, 1, 1)), of(nn.Shape{2, 2}, nan, nan, 0.5, 0.5)},
		{"one class", &nn.Softmax{}, inputs(of(nn.Shape{1, 2, 1}, 5, -5)), of(nn.Shape{1, 2, 1}, 1, 1)},
	})
}

func TestRescaleByHand(t *testing.T) {
	x := of(nn.Shape{1, 1, 2, 2}, 1, 2, 3, 4)
	check(t, []example{
		{"one constant", &nn.Rescale{Scale: []float32{2}, Offset: []float32{-1}}, inputs(x), of(nn.Shape{1, 1, 2, 2}, 1, 3, 5, 7)},
		{"by channel", &nn.Rescale{Scale: []float32{2}, Offset: []float32{0, 10}}, inputs(x), of(nn.Shape{1, 1, 2, 2}, 2, 14, 6, 18)},
		// (1-1)/2, (2-0)/1e-7, (3-1)/2, (4-0)/1e-7
		{
			"normalise", &nn.Normalize{Mean: of(nn.Shape{2}, 1, 0), Variance: of(nn.Shape{2}, 4, 0)},
			inputs(x), of(nn.Shape{1, 1, 2, 2}, 0, 2e7, 1, 4e7),
		},
	})
}
