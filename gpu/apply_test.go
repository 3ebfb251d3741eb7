package gpu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

// openTest opens the best device for a test.
func openTest(t testing.TB) *Device {
	t.Helper()
	d, err := Open(Default())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func TestKernelsGiveWhatTheReferenceGives(t *testing.T) {
	d := openTest(t)
	for name, o := range map[string]Options{"planned": {}, "layer by layer": {LayerByLayer: true}} {
		t.Run(name, func(t *testing.T) {
			optest.Run(t, func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) { return Apply(t.Context(), d, o, op, in...) }, optest.FP32)
		})
	}
}
