package reference

import "github.com/vkeras/vkeras/nn"

// block is how many output channels are summed side by side: few enough for
// their part of the weights to stay in a processor's cache.
const block = 64

// startSum sets the sums of output channels first, first+1, ... to their bias,
// or to 0 without one.
func startSum(sum []float64, useBias bool, bias *nn.Tensor, first int) {
	clear(sum)
	if !useBias {
		return
	}
	for o := range sum {
		sum[o] = float64(bias.Data[first+o])
	}
}

// addScaled is sum[o] += x row[o]. The product of two float32 values is exact
// in float64. A zero is not skipped: its product with NaN or infinity is NaN.
func addScaled(sum []float64, x float32, row []float32) {
	v := float64(x)
	row = row[:len(sum)]
	for o := range sum {
		sum[o] += v * float64(row[o])
	}
}

// round writes the sums as float32.
func round(y []float32, sum []float64) {
	for o, v := range sum {
		y[o] = float32(v)
	}
}
