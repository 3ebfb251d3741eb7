package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// convolutions sums the multiply-accumulates of a program's convolutions, but
// for the named one.
func convolutions(p *Program, without string) int64 {
	var sum int64
	for _, s := range p.Steps {
		if _, ok := s.Op.(*nn.Conv2D); ok && s.Name != without {
			sum += s.MACs()
		}
	}
	return sum
}

// The stride of 2 in the first convolutions of stages 3 to 5 drops three of four
// positions, so the last blocks of stages 2 to 4 need a quarter of their 3x3 and
// last 1x1 convolutions. In the exercise's net, whose pooling has no padding,
// the last row and column of conv1 are not read either.
func TestDemandSavesWhatCountingByHandGives(t *testing.T) {
	for name, c := range map[string]struct{ written, blocks, all, peak int64 }{
		"exercise": {308_166_656, 279_146_496, 278_553_792, 4 * 15 * 15 * (64 + 64 + 256)},
		"resnet50": {3_855_925_248, 3_480_207_360, 3_480_207_360, 4 * 56 * 56 * (64 + 64 + 256)},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := resnet.Build(name, resnet.Options{})
			require.NoError(t, err)
			resnet.Initialise(g, 1)
			layers := Compile(g, Options{})
			require.Equal(t, c.written, convolutions(layers, ""))
			for _, o := range []Options{{Demand: true}, {Fold: true, Fuse: true, Demand: true}, All()} {
				p := Compile(g, o)
				require.Equal(t, c.all, convolutions(p, ""))
				first := p.Steps[0]
				for _, s := range p.Steps {
					if _, ok := s.Op.(*nn.Conv2D); ok {
						first = s
						break
					}
				}
				whole := convolutions(layers, "") - convolutions(layers, first.Name)
				require.Equal(t, c.blocks, convolutions(p, first.Name)+whole, "with all of conv1")
			}
			for _, batch := range []int{1, 8} {
				// The fullest step is the first of stage 2: its input, the first
				// convolution's output and the shortcut's.
				l := Compile(g, All()).Lay(batch, 4, 64, false, func(*Step) int64 { return 0 })
				require.Equal(t, int64(batch)*c.peak, l.Peak)
				require.InEpsilon(t, l.Peak, l.Bytes, 0.05, "little is lost between the tensors")
			}
		})
	}
}
