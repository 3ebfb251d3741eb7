package gpu

import (
	"bytes"
	"encoding/binary"
	"fmt"
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

// cacheKey is what a cache's content depends on besides the kernels.
func (i Info) cacheKey() []byte {
	r := i.raw
	key := binary.LittleEndian.AppendUint32([]byte("pipelines\x00"), r.VendorID)
	for _, v := range []uint32{r.DeviceID, r.DriverID, r.DriverVersion, r.APIVersion} {
		key = binary.LittleEndian.AppendUint32(key, v)
	}
	key = append(key, r.CacheUUID[:]...)
	key = append(key, r.DriverUUID[:]...)
	return append(key, r.DriverName+"\x00"+r.DriverInfo...)
}

// cacheName is the file's name: one a device, so that a driver's update
// replaces what its predecessor left.
func (i Info) cacheName() string {
	return fmt.Sprintf("pipelines-%04x-%04x-%s.bin", i.raw.VendorID, i.raw.DeviceID, i.UUID)
}

// readCache returns the content of the device's cache file, nil where there is
// none that counts. The driver checks its own header too, as the specification
// asks of it; some crash on what is not theirs, so it is checked here first.
func (i Info) readCache(folder string) []byte {
	data, err := cachefile.Read(folder, i.cacheName(), i.cacheKey())
	if err != nil || !i.owns(data) {
		return nil
	}
	return data
}

// owns reports whether the data begin with the header of a cache of this device
// (Vulkan 1.3, 10.7.3, "Pipeline Cache Header").
func (i Info) owns(data []byte) bool {
	if len(data) < cacheHeaderBytes {
		return false
	}
	const versionOne = 1
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(data[at:]) }
	return word(0) == cacheHeaderBytes && word(4) == versionOne && word(8) == i.raw.VendorID && word(12) == i.raw.DeviceID &&
		bytes.Equal(data[16:cacheHeaderBytes], i.raw.CacheUUID[:])
}

// openCache makes the device's pipeline cache, from the file's content where
// that is good. Without a cache everything works, slower.
func (d *Device) openCache() {
	folder, err := cachefile.Folder()
	if err == nil {
		d.cached = d.info.readCache(folder)
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

// closeCache writes the cache to its file, if pipelines were added, and frees
// it. What fails costs the next run time, and no more.
func (d *Device) closeCache() {
	if d.cache == nil {
		return
	}
	defer vk.DestroyPipelineCache(d.handle, d.cache, nil)
	data := d.cacheData()
	if len(data) <= cacheHeaderBytes || bytes.Equal(data, d.cached) {
		return
	}
	if folder, err := cachefile.Folder(); err == nil {
		_ = cachefile.Write(folder, d.info.cacheName(), d.info.cacheKey(), data)
	}
}

// cacheData returns the cache's content, nil where the driver has none.
func (d *Device) cacheData() []byte {
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
