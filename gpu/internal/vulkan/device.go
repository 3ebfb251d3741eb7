//go:build cgo

package vulkan

import (
	"sync"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
	"github.com/vkeras/vkeras/shaders"
)

// Device is an open device with its pipelines and their cache. It may be used by
// several goroutines; its owner calls Close after freeing what was made on it.
type Device struct {
	Physical
	handle vk.Device

	submit sync.Mutex // a queue takes one submission at a time
	queue  vk.Queue

	mu        sync.Mutex
	bytes     int64 // of buffers that are alive
	peak      int64 // the most of them
	layouts   map[shaders.Bindings]*layout
	pipelines map[string]*Pipeline
	cache     vk.PipelineCache
	cached    []byte // what the file has
}

// Open opens a device; presents asks for one that can show pictures. The instance
// must have been acquired for it, and is released by Close.
func Open(p Physical, presents bool) (*Device, error) {
	device, err := vkc.CreateDevice(p.handle, &p.Info, p.Family, 1, presents)
	if err != nil {
		return nil, fail("open "+p.Name, err)
	}
	d := &Device{Physical: p, handle: vk.Device(device), layouts: map[shaders.Bindings]*layout{}, pipelines: map[string]*Pipeline{}}
	d.queue, _ = create(func(q *vk.Queue) vk.Result {
		vk.GetDeviceQueue(d.handle, uint32(p.Family), 0, q)
		return vk.Success
	})
	d.openCache()
	return d, nil
}

// Close frees the device, whatever the error, which tells that it was lost.
func (d *Device) Close() error {
	var err error
	if d.peak > 0 { // else nothing ran; drivers that only compile cannot even wait
		err = failed("close "+d.Name, vk.DeviceWaitIdle(d.handle))
	}
	d.closeCache()
	for _, p := range d.pipelines {
		if p.handle != nil {
			vk.DestroyPipeline(d.handle, p.handle, nil)
		}
	}
	for _, l := range d.layouts {
		vk.DestroyPipelineLayout(d.handle, vk.PipelineLayout(l.pipeline), nil)
		vk.DestroyDescriptorSetLayout(d.handle, vk.DescriptorSetLayout(l.set), nil)
	}
	vk.DestroyDevice(d.handle, nil)
	Release()
	return err
}

// Wait waits until the device is idle. No queue may be used meanwhile.
func (d *Device) Wait() {
	d.submit.Lock()
	defer d.submit.Unlock()
	vk.DeviceWaitIdle(d.handle)
}
