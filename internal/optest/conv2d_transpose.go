package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Conv2DTranspose returns random draws of windows, strides and dilations, with
// positions cut off in front and behind, and with some that nothing reaches.
func Conv2DTranspose(rng *rand.Rand) []Case {
	var cases []Case
	for len(cases) < 40 {
		op := &nn.Conv2DTranspose{Size: pick(rng, sizes), Stride: pick(rng, strides), Dilation: pick(rng, [][2]int{{1, 1}, {1, 1}, {2, 1}, {2, 3}})}
		op.Filters, op.UseBias = pick(rng, channels), rng.IntN(2) == 0
		image := nn.Shape{1 + rng.IntN(7), 1 + rng.IntN(7), pick(rng, []int{1, 3, 4, 5})}
		var out [2]int
		for axis := range out {
			out[axis] = (image[axis]-1)*op.Stride[axis] + (op.Size[axis]-1)*op.Dilation[axis] + 1
		}
		op.Top, op.Left = rng.IntN(op.Size[0]), rng.IntN(op.Size[1])
		op.Height, op.Width = max(1, out[0]-op.Top+rng.IntN(4)-1), max(1, out[1]-op.Left+rng.IntN(4)-2)
		name := fmt.Sprintf("k%v_s%v_d%v_cut%d,%d_to%dx%dx%d", op.Size, op.Stride, op.Dilation, op.Top, op.Left, op.Height, op.Width, op.Filters)
		cases = append(cases, newCase(rng, op, 1+len(cases)%3, []nn.Shape{image}, plainName(name), biasName(op.UseBias)))
	}
	return distinct(cases)
}
