package gpu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
)

func TestPCIAddressesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]vulkan.PCI{
		"0000:65:00.0":     {Bus: 0x65},
		"65:00.0":          {Bus: 0x65},
		"00010000:0A:1f.7": {Domain: 0x10000, Bus: 10, Device: 31, Function: 7},
		"abcd:ef:01.2":     {Domain: 0xabcd, Bus: 0xef, Device: 1, Function: 2},
	} {
		got, err := parsePCI(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		again, err := parsePCI(pciText(got))
		require.NoError(t, err, text)
		require.Equal(t, got, again, text)
	}
	for _, text := range []string{"", "65", "65:00", "65:0.0", "065:00.0", "65:00.8", "65:20.0", "g5:00.0", "000000000:65:00.0", "00:65:00.0", "65:00.0 ", "-1:00.0", "0000:65:00:0"} {
		_, err := parsePCI(text)
		require.ErrorIs(t, err, errPCI, text)
	}
	require.Equal(t, "0000:65:00.0", pciText(vulkan.PCI{Bus: 0x65}), "as lspci -D")
}

func TestADriversPCIAddressNamesItsDevice(t *testing.T) {
	pretend(t, "pci=0002:c1:1f.3")
	all, err := Devices()
	require.NoError(t, err)
	require.Equal(t, "0002:c1:1f.3", all[0].PCI)
	d, err := Open(Choice{Name: "pci:0002:C1:1f.3"})
	require.NoError(t, err)
	require.Equal(t, all[0].UUID, d.Info().UUID)
	require.NoError(t, d.Close())
	_, err = Open(Choice{Name: "pci:c1:1f.3"})
	require.ErrorIs(t, err, ErrNoDevice)
	require.ErrorContains(t, err, "at pci:0002:c1:1f.3")
	requireSilence(t)
}
