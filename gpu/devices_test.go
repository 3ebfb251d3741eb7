package gpu

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDevicesAreListedWithWhatTheyCan(t *testing.T) {
	all, err := Devices()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for i, d := range all {
		require.Equal(t, i, d.Index)
		require.NotEmpty(t, d.Name)
		require.Len(t, d.UUID, 32)
		require.Positive(t, d.Memory)
		require.GreaterOrEqual(t, d.MaxStorageBytes, int64(1<<27), "the least that Vulkan guarantees")
	}
}

func TestAChoicePicksTheDeviceItMeans(t *testing.T) {
	all := []Info{
		{Index: 0, Name: "llvmpipe (LLVM 15)", Type: CPU, UUID: "00000000000000000000000000000001"},
		{Index: 1, Name: "Intel UHD 770", Type: Integrated, UUID: "00000000000000000000000000000002"},
		{Index: 2, Name: "NVIDIA H200", Type: Discrete, UUID: "0000000000000000000000000000000a"},
		{Index: 3, Name: "NVIDIA H200", Type: Discrete, UUID: "0000000000000000000000000000000b"},
	}
	for name, c := range map[string]struct {
		choice Choice
		want   int
	}{
		"the best":                        {Default(), 2},
		"an index":                        {Choice{Name: "1"}, 1},
		"a part of the name":              {Choice{Name: "pipe"}, 0},
		"in any case":                     {Choice{Name: "uhd"}, 1},
		"the first of several that match": {Choice{Name: "nvidia"}, 2},
		"a UUID":                          {Choice{Name: "uuid:0000000000000000000000000000000B"}, 3},
		"a GPU when one is required":      {Choice{RequireGPU: true}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.choice.Pick(all)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Index)
		})
	}
	_, err := Choice{Name: "radeon"}.Pick(all)
	require.ErrorIs(t, err, ErrNoDevice)
	require.ErrorContains(t, err, "0: llvmpipe (LLVM 15) (CPU), 1: Intel UHD 770 (integrated GPU)")
	_, err = Choice{Name: "9"}.Pick(all)
	require.ErrorIs(t, err, ErrNoDevice)
	_, err = Choice{RequireGPU: true}.Pick(all[:1])
	require.ErrorIs(t, err, ErrNotGPU)
	_, err = Default().Pick(nil)
	require.ErrorIs(t, err, ErrNoVulkan)
}

func TestAnUnknownDeviceIsRefused(t *testing.T) {
	_, err := Open(Choice{Name: "no such thing"})
	require.ErrorIs(t, err, ErrNoDevice)
}
