package gpu

import (
	"crypto/sha256"
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
	users     int // nets that are loaded
	layouts   map[shaders.Bindings]*layout
	pipelines map[string]vk.Pipeline
}

// layout is how kernels with the same bindings see their arguments.
type layout struct {
	set      unsafe.Pointer
	pipeline unsafe.Pointer
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
	device, err := vkc.CreateDevice(info.physical, &info.raw, info.family, 1)
	if err != nil {
		return nil, fail("open "+info.Name, err)
	}
	d := &Device{info: info, handle: vk.Device(device), layouts: map[shaders.Bindings]*layout{}, pipelines: map[string]vk.Pipeline{}}
	d.queue, _ = create(func(q *vk.Queue) vk.Result {
		vk.GetDeviceQueue(d.handle, uint32(info.family), 0, q)
		return vk.Success
	})
	return d, nil
}

// Info says what the device is.
func (d *Device) Info() Info { return d.info }

// Close frees the device. Nets that are still loaded on it keep it alive until
// they are closed; no new ones can be loaded.
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
		d.destroy()
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
func (d *Device) drop() {
	d.mu.Lock()
	d.users--
	last := d.closed && d.users == 0
	d.mu.Unlock()
	if last {
		d.destroy()
	}
}

func (d *Device) destroy() {
	vk.DeviceWaitIdle(d.handle)
	for _, p := range d.pipelines {
		vk.DestroyPipeline(d.handle, p, nil)
	}
	for _, l := range d.layouts {
		vk.DestroyPipelineLayout(d.handle, vk.PipelineLayout(l.pipeline), nil)
		vk.DestroyDescriptorSetLayout(d.handle, vk.DescriptorSetLayout(l.set), nil)
	}
	vk.DestroyDevice(d.handle, nil)
	release()
}

// layout returns the layouts for kernels with these bindings. d.mu is held.
func (d *Device) layout(b shaders.Bindings) (*layout, error) {
	if l, ok := d.layouts[b]; ok {
		return l, nil
	}
	set, err := vkc.CreateSetLayout(unsafe.Pointer(d.handle), b.Texels, b.Buffers)
	if err != nil {
		return nil, fail("make a descriptor set layout", err)
	}
	pipeline, err := vkc.CreatePipelineLayout(unsafe.Pointer(d.handle), set, maxPushBytes)
	if err != nil {
		vk.DestroyDescriptorSetLayout(d.handle, vk.DescriptorSetLayout(set), nil)
		return nil, fail("make a pipeline layout", err)
	}
	l := &layout{set: set, pipeline: pipeline}
	d.layouts[b] = l
	return l, nil
}

// pipeline returns the kernel's pipeline and layouts, made at first use; code
// that is not nil stands in for the kernel's own.
func (d *Device) pipeline(k shaders.Kernel, code []byte) (vk.Pipeline, *layout, error) {
	name := k.Name
	if code != nil {
		name += fmt.Sprintf(" (replaced by %x)", sha256.Sum256(code))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l, err := d.layout(k.Bindings)
	if err != nil {
		return nil, nil, err
	}
	if p, ok := d.pipelines[name]; ok {
		return p, l, nil
	}
	module, err := d.module(k, code)
	if err != nil {
		return nil, nil, err
	}
	defer vk.DestroyShaderModule(d.handle, module, nil)
	info := vkc.Pipeline{Module: unsafe.Pointer(module), Layout: l.pipeline}
	if r := d.info.raw; k.Tile.Lanes != 0 && r.SizeControl && r.SubgroupMin != r.SubgroupMax {
		info.SubgroupSize = k.Tile.Lanes
	}
	made, err := vkc.CreatePipelines(unsafe.Pointer(d.handle), nil, []vkc.Pipeline{info})
	if err != nil {
		return nil, nil, fail("make the pipeline of kernel "+name, err)
	}
	p := vk.Pipeline(made[0])
	vkc.Name(unsafe.Pointer(d.handle), vkc.PipelineObject, made[0], name)
	d.pipelines[name] = p
	return p, l, nil
}
