//go:build cgo

package vulkan

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/internal/cachefile"
)

// What drivers make of kernels is kept between runs in VkPipelineCache objects,
// one file a device. A file counts only if it is of the same device and driver,
// whole, and as it was written; anything else is a miss, and replaced.

// cacheHeaderBytes is the length of VkPipelineCacheHeaderVersionOne. Drivers
// whose caches are never longer (Mesa's lavapipe) cache elsewhere, or nothing.
const cacheHeaderBytes = 32

// readCache returns the content of the device's cache file, nil where there is
// none that counts. The driver checks its own header too, as the specification
// asks of it; some crash on what is not theirs, so it is checked here first.
func (p Physical) readCache(folder string) []byte {
	data, err := cachefile.Read(folder, p.CacheName(), p.DriverKey())
	if err != nil || !p.owns(data) {
		return nil
	}
	return data
}

// owns reports whether the data begin with the header of a cache of this device
// (Vulkan 1.3, 10.7.3, "Pipeline Cache Header").
func (p Physical) owns(data []byte) bool {
	if len(data) < cacheHeaderBytes {
		return false
	}
	const versionOne = 1
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(data[at:]) }
	return word(0) == cacheHeaderBytes && word(4) == versionOne && word(8) == p.VendorID && word(12) == p.DeviceID &&
		bytes.Equal(data[16:cacheHeaderBytes], p.CacheUUID[:])
}

// openCache makes the device's pipeline cache, from the file's content where
// that is good. Without a cache everything works, slower.
func (d *Device) openCache() {
	folder, err := cachefile.Folder()
	if err == nil {
		d.cached = d.readCache(folder)
	}
	if d.cache = d.newCache(d.cached); d.cache == nil {
		d.cached = nil
		d.cache = d.newCache(nil)
	}
}

// newCache returns nil where the driver refuses.
func (d *Device) newCache(data []byte) vk.PipelineCache {
	info := &vk.PipelineCacheCreateInfo{SType: vk.StructureTypePipelineCacheCreateInfo, InitialDataSize: uint(len(data))}
	if len(data) > 0 {
		info.PInitialData = unsafe.Pointer(&data[0])
	}
	defer info.Free()
	cache, r := create(func(h *vk.PipelineCache) vk.Result { return vk.CreatePipelineCache(d.handle, info, nil, h) })
	runtime.KeepAlive(data) // the binding stores its address in a C struct
	if r != vk.Success {
		return nil
	}
	return cache
}

// closeCache writes the cache to its file and frees it.
func (d *Device) closeCache() {
	if d.cache == nil {
		return
	}
	d.SaveCache()
	vk.DestroyPipelineCache(d.handle, d.cache, nil)
}

// RefreshCache adds what another process has written to the file meanwhile.
func (d *Device) RefreshCache() {
	folder, err := cachefile.Folder()
	if err != nil || d.cache == nil {
		return
	}
	data := d.readCache(folder)
	if data == nil {
		return
	}
	if other := d.newCache(data); other != nil {
		vk.MergePipelineCaches(d.handle, d.cache, 1, []vk.PipelineCache{other})
		vk.DestroyPipelineCache(d.handle, other, nil)
	}
}

// SaveCache writes the cache to its file, if pipelines were added. What fails costs
// the next run time, and no more.
func (d *Device) SaveCache() {
	if d.cache == nil {
		return
	}
	data := d.CacheData()
	if len(data) <= cacheHeaderBytes || bytes.Equal(data, d.cached) {
		return
	}
	if folder, err := cachefile.Folder(); err == nil && cachefile.Write(folder, d.CacheName(), d.DriverKey(), data) == nil {
		d.cached = data
	}
}

// CacheData returns the cache's content, nil where the driver has none.
func (d *Device) CacheData() []byte {
	var size uint
	if r := vk.GetPipelineCacheData(d.handle, d.cache, &size, nil); r != vk.Success || size == 0 || size > cachefile.MaxBytes {
		return nil
	}
	data := make([]byte, size)
	if r := vk.GetPipelineCacheData(d.handle, d.cache, &size, unsafe.Pointer(&data[0])); r != vk.Success {
		return nil
	}
	return data[:size]
}
