package gpu

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/cachefile"
)

// cacheOf returns a cache as the device's driver might write it: its header,
// with something behind.
func cacheOf(t *testing.T, d *Device) []byte {
	t.Helper()
	data := d.cacheData()
	require.GreaterOrEqual(t, len(data), cacheHeaderBytes)
	require.True(t, d.info.owns(data))
	return append(bytes.Clone(data[:cacheHeaderBytes]), "compiled kernels"...)
}

func TestAPipelineCacheIsReadBackOnItsDeviceAndDriverOnly(t *testing.T) {
	folder := t.TempDir()
	d := openTest(t)
	data := cacheOf(t, d)
	require.Nil(t, d.info.readCache(folder), "there is none yet")
	require.NoError(t, cachefile.Write(folder, d.info.cacheName(), d.info.cacheKey(), data))
	require.Equal(t, data, d.info.readCache(folder))
	for name, change := range map[string]func(*Info){
		"another driver version": func(i *Info) { i.raw.DriverVersion++ },
		"another driver":         func(i *Info) { i.raw.DriverID++ },
		"another build":          func(i *Info) { i.raw.DriverInfo += " (git-1)" },
		"another cache UUID":     func(i *Info) { i.raw.CacheUUID[3]++ },
		"another vendor":         func(i *Info) { i.raw.VendorID++ },
		"another device":         func(i *Info) { i.raw.DeviceID++ },
		"another card":           func(i *Info) { i.UUID += "1" },
	} {
		info := d.info
		change(&info)
		require.Nil(t, info.readCache(folder), name)
	}
}

func TestAForeignHeaderIsAMissEvenInAnIntactFile(t *testing.T) {
	folder := t.TempDir()
	d := openTest(t)
	good := cacheOf(t, d)
	for at := range cacheHeaderBytes {
		bad := bytes.Clone(good)
		bad[at] ^= 0x40
		require.NoError(t, cachefile.Write(folder, d.info.cacheName(), d.info.cacheKey(), bad))
		require.Nil(t, d.info.readCache(folder), "byte %d of the header", at)
	}
	require.False(t, d.info.owns(good[:cacheHeaderBytes-1]))
}

func TestDevicesOpenWithWhateverLiesInTheCacheFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder, err := cachefile.Folder()
	require.NoError(t, err)
	g, in, want := randomNet(t, 11, 2)
	first := openTest(t)
	header := cacheOf(t, first)
	for name, data := range map[string][]byte{
		"nothing": nil, "a short header": header[:7], "what the driver wrote": first.cacheData(),
	} {
		require.NoError(t, cachefile.Write(folder, first.info.cacheName(), first.info.cacheKey(), data), name)
		d := openTest(t)
		n, err := Load(d, g, Options{Batch: 2})
		require.NoError(t, err, name)
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err, name)
		requireClose(t, got, want)
		require.NoError(t, n.Close())
	}
}
