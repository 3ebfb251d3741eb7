package gpu

import (
	"errors"
	"fmt"
	"sync"
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
	t.Parallel()
	d := openTest(t)
	for name, o := range map[string]Options{"planned": {}, "layer by layer": {LayerByLayer: true}} {
		t.Run(name, func(t *testing.T) {
			optest.Run(t, func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) { return Apply(t.Context(), d, o, op, in...) }, optest.FP32)
		})
	}
}

// Several devices in one process compute at once. Debian 12's validation layer is one
// whose labels of command buffers cannot be used then.
func TestDevicesComputeSideBySide(t *testing.T) {
	t.Parallel()
	var cases []optest.Case
	for _, s := range optest.All(optest.Seed) {
		cases = append(cases, s.Cases[0])
	}
	errs := make([]error, 3)
	var all sync.WaitGroup
	for w := range errs {
		d := openTest(t)
		all.Go(func() {
			for i := range 1000 {
				c := cases[(i/3+w*len(cases)/len(errs))%len(cases)]
				if _, err := Apply(t.Context(), d, Options{}, c.Op, c.Inputs...); err != nil {
					errs[w] = fmt.Errorf("%s: %w", c.Name, err)
					return
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
}
