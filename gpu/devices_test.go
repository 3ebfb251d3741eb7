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
		if d.PCI != "" {
			_, err := parsePCI(d.PCI)
			require.NoError(t, err)
		}
		require.Positive(t, d.Memory)
		require.GreaterOrEqual(t, d.MaxStorageBytes, int64(1<<27), "the least that Vulkan guarantees")
	}
}

func TestAChoicePicksTheDeviceItMeans(t *testing.T) {
	all := []Info{
		{Index: 0, Name: "llvmpipe (LLVM 15)", Type: CPU, UUID: "00000000000000000000000000000001"},
		{Index: 1, Name: "Intel UHD 770", Type: Integrated, UUID: "00000000000000000000000000000002"},
		{Index: 2, Name: "NVIDIA H200", Type: Discrete, UUID: "0000000000000000000000000000000a", PCI: "0000:65:00.0"},
		{Index: 3, Name: "NVIDIA H200", Type: Discrete, UUID: "0000000000000000000000000000000b", PCI: "0001:0a:1f.1"},
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
		"a PCI address":                   {Choice{Name: "pci:0001:0A:1f.1"}, 3},
		"one of nvidia-smi":               {Choice{Name: "pci:00000001:0A:1F.1"}, 3},
		"one without its domain":          {Choice{Name: "pci:65:00.0"}, 2},
		"a name that says so":             {Choice{Name: "name:H200"}, 2},
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
	require.ErrorContains(t, err, "2: NVIDIA H200 (discrete GPU) at pci:0000:65:00.0")
	_, err = Choice{Name: "pci:0a:1f.1"}.Pick(all)
	require.ErrorIs(t, err, ErrNoDevice, "that is domain 0")
	_, err = Choice{Name: "pci:65:00.0"}.Pick(all[:2])
	require.ErrorIs(t, err, ErrNoDevice)
	require.ErrorContains(t, err, `"pci:65:00.0" (no driver here tells a PCI address); there is 0: llvmpipe (LLVM 15) (CPU), 1: Intel`)
	_, err = Choice{Name: "pci:65"}.Pick(all)
	require.ErrorIs(t, err, ErrNoDevice)
	require.ErrorContains(t, err, "such as 0000:65:00.0")
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

func TestADeviceThatOnlyCompilesIsNeverChosen(t *testing.T) {
	null := Info{Index: 0, Name: "Null hardware (RADV NAVI21)", Type: Discrete, CompilesOnly: true}
	all := []Info{null, {Index: 1, Name: "llvmpipe", Type: CPU}}
	got, err := Default().Pick(all)
	require.NoError(t, err)
	require.Equal(t, 1, got.Index)
	_, err = Choice{RequireGPU: true}.Pick(all)
	require.ErrorIs(t, err, ErrNotGPU)
	for _, name := range []string{"0", "null"} {
		_, err = Choice{Name: name}.Pick(all)
		require.ErrorIs(t, err, ErrCompilesOnly)
	}
	_, err = Default().Pick(all[:1])
	require.ErrorIs(t, err, ErrCompilesOnly)
	got, err = Choice{Compiles: true}.Pick(all)
	require.NoError(t, err)
	require.Equal(t, null, got)
	require.Equal(t, "Null hardware (RADV NAVI21) (discrete GPU, compiles only)", null.String())
}

func TestNothingIsLoadedOnADeviceThatOnlyCompiles(t *testing.T) {
	d := openTest(t)
	d.info.CompilesOnly = true
	g, _, _ := smallNet(t)
	_, err := Load(d, g, Options{})
	require.ErrorIs(t, err, ErrCompilesOnly)
	_, err = d.MeasureRoof(t.Context())
	require.ErrorIs(t, err, ErrCompilesOnly)
}
