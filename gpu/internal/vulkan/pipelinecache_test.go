//go:build cgo

package vulkan

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
	data := d.CacheData()
	require.GreaterOrEqual(t, len(data), cacheHeaderBytes)
	require.True(t, d.owns(data))
	return append(bytes.Clone(data[:cacheHeaderBytes]), "compiled kernels"...)
}

func TestAPipelineCacheIsReadBackOnItsDeviceAndDriverOnly(t *testing.T) {
	folder := t.TempDir()
	d := open(t)
	data := cacheOf(t, d)
	require.Nil(t, d.readCache(folder), "there is none yet")
	require.NoError(t, cachefile.Write(folder, d.CacheName(), d.DriverKey(), data))
	require.Equal(t, data, d.readCache(folder))
	for name, change := range map[string]func(*Physical){
		"another driver version": func(p *Physical) { p.DriverVersion++ },
		"another driver":         func(p *Physical) { p.DriverID++ },
		"another build":          func(p *Physical) { p.DriverInfo += " (git-1)" },
		"another cache UUID":     func(p *Physical) { p.CacheUUID[3]++ },
		"another vendor":         func(p *Physical) { p.VendorID++ },
		"another device":         func(p *Physical) { p.DeviceID++ },
		"another card":           func(p *Physical) { p.DeviceUUID[0]++ },
	} {
		info := d.Physical
		change(&info)
		require.Nil(t, info.readCache(folder), name)
	}
}

func TestAForeignHeaderIsAMissEvenInAnIntactFile(t *testing.T) {
	folder := t.TempDir()
	d := open(t)
	good := cacheOf(t, d)
	for at := range cacheHeaderBytes {
		bad := bytes.Clone(good)
		bad[at] ^= 0x40
		require.NoError(t, cachefile.Write(folder, d.CacheName(), d.DriverKey(), bad))
		require.Nil(t, d.readCache(folder), "byte %d of the header", at)
	}
	require.False(t, d.owns(good[:cacheHeaderBytes-1]))
}
