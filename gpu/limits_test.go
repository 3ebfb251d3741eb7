package gpu

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// small is a device that claims to bind and dispatch little, so that small
// tensors meet its limits.
func small(t testing.TB, storage, texels int64, groups int) *Device {
	d := openTest(t)
	d.limits.MaxStorageRange = storage
	d.limits.MaxTexelElements = texels
	d.limits.MaxGroupCount = [3]int{groups, groups, groups}
	return d
}

func TestKernelsGiveTheSameWhenTensorsExceedTheLimits(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"planned": {}, "layer by layer": {LayerByLayer: true}} {
		t.Run(name, func(t *testing.T) {
			d := small(t, 16<<10, 1<<10, 200)
			tooLarge, all := 0, 0
			optest.Run(t, func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
				all++
				out, err := Apply(t.Context(), d, o, op, in...)
				if errors.Is(err, ErrTooLarge) {
					tooLarge++
					return reference.Apply(op, in...)
				}
				return out, err
			}, optest.FP32)
			require.Less(t, tooLarge, all/5, "cases refused")
		})
	}
}

func TestWhatCannotBeSplitIsRefusedByName(t *testing.T) {
	d := small(t, 4<<10, 1<<8, 65535)
	x := optest.Normal(rand.New(rand.NewPCG(1, 2)), 0, 1, 1, 1, 2000, 3)
	_, err := Apply(t.Context(), d, Options{}, &nn.MaxPool{Window: nn.Square(1, 1)}, x)
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorContains(t, err, `layer "output"`)
	require.ErrorContains(t, err, "binds at most 4096")
}
