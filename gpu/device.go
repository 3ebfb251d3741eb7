package gpu

import (
	"fmt"
	"sync"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/shaders"
)

// Device is an open device. It may be used by several goroutines.
type Device struct {
	info   Info
	handle vk.Device

	submit sync.Mutex // a queue takes one submission at a time
	queue  vk.Queue

	mu        sync.Mutex
	closed    bool
	users     int   // nets that are loaded
	bytes     int64 // of buffers that are alive
	peak      int64 // the most of them
	checks    checks
	layouts   map[shaders.Bindings]*layout
	pipelines map[string]*pipeline
	cache     vk.PipelineCache
	cached    []byte // what the cache began with
}

// maxPushBytes is the guaranteed size of push constants; all kernels stay
// below it (Vulkan 1.3, table "Required Limits").
const maxPushBytes = 128

// Open opens the device that the choice means.
func Open(c Choice) (*Device, error) {
	handle, err := acquire()
	if err != nil {
		return nil, err
	}
	d, err := open(handle, c)
	if err != nil {
		release()
		return nil, err
	}
	return d, nil
}

func open(instance unsafe.Pointer, c Choice) (*Device, error) {
	all, err := list(instance)
	if err != nil {
		return nil, err
	}
	info, err := c.Pick(all)
	if err != nil {
		return nil, err
	}
	return openPicked(info, false)
}

// openPicked opens a device of the list; presents asks for one that can show
// pictures.
func openPicked(info Info, presents bool) (*Device, error) {
	device, err := vkc.CreateDevice(info.physical, &info.raw, info.family, 1, presents)
	if err != nil {
		return nil, fail("open "+info.Name, err)
	}
	d := &Device{info: info, handle: vk.Device(device), checks: checks{right: map[string]bool{}}, layouts: map[shaders.Bindings]*layout{}, pipelines: map[string]*pipeline{}}
	d.queue, _ = create(func(q *vk.Queue) vk.Result {
		vk.GetDeviceQueue(d.handle, uint32(info.family), 0, q)
		return vk.Success
	})
	d.openCache()
	return d, nil
}

// Info says what the device is.
func (d *Device) Info() Info { return d.info }

// Close frees the device. Nets that are still loaded on it keep it alive until
// they are closed; no new ones can be loaded. All is freed whatever the error,
// which tells that the device was lost.
func (d *Device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return fmt.Errorf("device %s: %w", d.info.Name, ErrClosed)
	}
	d.closed = true
	idle := d.users == 0
	d.mu.Unlock()
	if idle {
		return d.destroy()
	}
	return nil
}

// retain adds a user that destroy waits for.
func (d *Device) retain() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("device %s: %w", d.info.Name, ErrClosed)
	}
	d.users++
	return nil
}

// drop removes a user; the last one of a closed device destroys it.
func (d *Device) drop() error {
	d.mu.Lock()
	d.users--
	last := d.closed && d.users == 0
	d.mu.Unlock()
	if last {
		return d.destroy()
	}
	return nil
}

func (d *Device) destroy() error {
	err := failed("close "+d.info.Name, vk.DeviceWaitIdle(d.handle))
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
	release()
	return err
}
