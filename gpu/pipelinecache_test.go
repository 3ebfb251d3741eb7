package gpu

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

func TestDevicesOpenWithWhateverLiesInTheCacheFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder, err := cachefile.Folder()
	require.NoError(t, err)
	g, in, want := optest.Network(t, 11, 2)
	first := openTest(t)
	header := first.vulkan.CacheData()
	for name, data := range map[string][]byte{
		"nothing": nil, "a short header": header[:7], "what the driver wrote": first.vulkan.CacheData(),
	} {
		require.NoError(t, cachefile.Write(folder, first.vulkan.CacheName(), first.vulkan.DriverKey(), data), name)
		d := openTest(t)
		n, err := Load(d, g, Options{Batch: 2})
		require.NoError(t, err, name)
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err, name)
		optest.RequireClose(t, nn.FP32, got, want)
		require.NoError(t, n.Close())
	}
}
