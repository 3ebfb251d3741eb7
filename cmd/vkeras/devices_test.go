package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
)

func TestPCIAddressesAreShownWhereADriverTellsThem(t *testing.T) {
	list := []gpu.Info{{Index: 0, Name: "llvmpipe", Type: gpu.CPU}, {Index: 1, Name: "NVIDIA H200", Type: gpu.Discrete, PCI: "0000:65:00.0"}}
	var out bytes.Buffer
	w := &tool{stdout: &out, quiet: true}
	require.NoError(t, w.writeDevices(&format{}, list, 1))
	require.Contains(t, out.String(), "PCI")
	require.Contains(t, out.String(), "0000:65:00.0")
	out.Reset()
	require.NoError(t, w.writeDevices(&format{}, list[:1], 0))
	require.NotContains(t, out.String(), "PCI")
	out.Reset()
	require.NoError(t, w.writeDevices(&format{json: true}, list, 1))
	var got struct{ Devices []map[string]any }
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.NotContains(t, got.Devices[0], "pci")
	require.Equal(t, "0000:65:00.0", got.Devices[1]["pci"])
}

func TestTheEnvironmentNamesADeviceAndTheFlagWins(t *testing.T) {
	t.Setenv(deviceVariable, "name:voodoo")
	picture := samples + "/one_1.png"
	for _, args := range [][]string{{"classify", picture}, {"worker", "--allow-cpu"}, {"plan"}, {"bench", "--runs", "1"}, {"serve", "--listen", "127.0.0.1:0"}, {"validate"}} {
		r := vkeras(t, &bytes.Buffer{}, args...)
		require.Equal(t, wrongUsage, r.status, "%q: %s", args, r.stderr)
		require.Contains(t, r.stderr, `VKERAS_DEVICE: no such Vulkan device: "name:voodoo"; there is 0: `, args)
	}
	r := vkeras(t, nil, "classify", "--device", "reference", picture)
	require.Equal(t, ok, r.status, r.stderr)
	r = vkeras(t, nil, "classify", "--device", "pci:65", picture)
	require.Equal(t, wrongUsage, r.status)
	require.Contains(t, r.stderr, `"pci:65": expected [DDDD:]BB:DD.F`)
	require.NotContains(t, r.stderr, deviceVariable)
	t.Setenv(deviceVariable, "reference")
	r = vkeras(t, nil, "classify", "--json", picture)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, "plain Go")
}
