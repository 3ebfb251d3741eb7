package gpu

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
)

// commands is a command pool with a fence: what one net submits by. It is not
// for several goroutines at once.
type commands struct {
	device *Device
	pool   vk.CommandPool
	fence  vk.Fence
}

func (d *Device) newCommands() (*commands, error) {
	c := &commands{device: d}
	pool := &vk.CommandPoolCreateInfo{SType: vk.StructureTypeCommandPoolCreateInfo, QueueFamilyIndex: uint32(d.info.family)}
	defer pool.Free()
	var r vk.Result
	c.pool, r = create(func(h *vk.CommandPool) vk.Result { return vk.CreateCommandPool(d.handle, pool, nil, h) })
	if err := failed("make a command pool", r); err != nil {
		return nil, err
	}
	fence := &vk.FenceCreateInfo{SType: vk.StructureTypeFenceCreateInfo}
	defer fence.Free()
	c.fence, r = create(func(h *vk.Fence) vk.Result { return vk.CreateFence(d.handle, fence, nil, h) })
	if err := failed("make a fence", r); err != nil {
		c.free()
		return nil, err
	}
	return c, nil
}

func (c *commands) free() {
	if c == nil {
		return
	}
	if c.fence != nil {
		vk.DestroyFence(c.device.handle, c.fence, nil)
	}
	vk.DestroyCommandPool(c.device.handle, c.pool, nil) // and its command buffers
}

// record makes a command buffer and lets fill write into it. once says that it
// will be submitted a single time.
func (c *commands) record(once bool, fill func(unsafe.Pointer)) (vk.CommandBuffer, error) {
	info := &vk.CommandBufferAllocateInfo{SType: vk.StructureTypeCommandBufferAllocateInfo, CommandPool: c.pool, Level: vk.CommandBufferLevelPrimary, CommandBufferCount: 1}
	defer info.Free()
	buffers := make([]vk.CommandBuffer, 1)
	if err := failed("make a command buffer", vk.AllocateCommandBuffers(c.device.handle, info, buffers)); err != nil {
		return nil, err
	}
	begin := &vk.CommandBufferBeginInfo{SType: vk.StructureTypeCommandBufferBeginInfo}
	if once {
		begin.Flags = vk.CommandBufferUsageFlags(vk.CommandBufferUsageOneTimeSubmitBit)
	}
	defer begin.Free()
	err := failed("begin a recording", vk.BeginCommandBuffer(buffers[0], begin))
	if err == nil {
		fill(unsafe.Pointer(buffers[0]))
		err = failed("end a recording", vk.EndCommandBuffer(buffers[0]))
	}
	if err != nil {
		c.discard(buffers[0])
		return nil, err
	}
	return buffers[0], nil
}

func (c *commands) discard(b vk.CommandBuffer) {
	vk.FreeCommandBuffers(c.device.handle, c.pool, 1, []vk.CommandBuffer{b})
}

// run submits the command buffer and waits for its end.
func (c *commands) run(b vk.CommandBuffer) error {
	if err := c.submit(b); err != nil {
		return err
	}
	return c.wait()
}

func (c *commands) submit(b vk.CommandBuffer) error {
	d := c.device
	if err := failed("reset a fence", vk.ResetFences(d.handle, 1, []vk.Fence{c.fence})); err != nil {
		return err
	}
	d.submit.Lock()
	err := vkc.Submit(unsafe.Pointer(d.queue), unsafe.Pointer(b), unsafe.Pointer(c.fence))
	d.submit.Unlock()
	if err != nil {
		return fail("submit to "+d.info.Name, err)
	}
	return nil
}

// wait waits for the end of what was submitted last.
func (c *commands) wait() error {
	d := c.device
	return failed("wait for "+d.info.Name, vk.WaitForFences(d.handle, 1, []vk.Fence{c.fence}, vk.True, vk.MaxUint64))
}

// once records, runs and discards.
func (c *commands) once(fill func(unsafe.Pointer)) error {
	b, err := c.record(true, fill)
	if err != nil {
		return err
	}
	defer c.discard(b)
	return c.run(b)
}
