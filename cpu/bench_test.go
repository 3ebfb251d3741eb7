package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

func BenchmarkResNet50(b *testing.B) {
	for _, c := range []struct {
		architecture string
		batch        int
	}{{"exercise", 1}, {"exercise", 8}, {"resnet50", 1}} {
		for _, precision := range []nn.Precision{nn.FP32, nn.FP16W} {
			for _, kernels := range cpu.Host().Kernels[:len(cpu.Host().Kernels)-1] {
				b.Run(fmt.Sprintf("%s/batch%d/%s/%s", c.architecture, c.batch, precision, kernels), func(b *testing.B) {
					g, err := resnet.Build(c.architecture, resnet.Options{})
					require.NoError(b, err)
					resnet.Initialise(g, optest.Seed)
					n, err := cpu.Load(g, cpu.Options{Batch: c.batch, Precision: precision, Kernels: kernels})
					require.NoError(b, err)
					defer n.Close()
					x := optest.Normal(rand.New(rand.NewPCG(1, 2)), 0, 1, g.Inputs[0].Shape.Batch(c.batch)...)
					for b.Loop() {
						_, err := n.Run(b.Context(), x)
						require.NoError(b, err)
					}
					b.ReportMetric(2*float64(n.Program().MACs())*float64(c.batch)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
