package cpu_test

import (
	"testing"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

func TestEverySetOfKernelsGivesWhatTheReferenceGives(t *testing.T) {
	for _, kernels := range cpu.Host().Kernels {
		for name, o := range map[string]cpu.Options{"planned": {Threads: 3}, "layer by layer": {LayerByLayer: true, Threads: 1}} {
			t.Run(kernels+"/"+name, func(t *testing.T) {
				o.Kernels = kernels
				optest.Run(t, func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) { return cpu.Apply(t.Context(), o, op, in...) }, optest.FP32)
			})
		}
	}
}
