//go:build cgo

package vulkan

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// Commands is a command pool with a fence: what one net submits by. It is not
// for several goroutines at once.
type Commands struct {
	device *Device
	pool   vk.CommandPool
	fence  vk.Fence
}

// NewCommands makes a pool. Its owner calls Free.
func (d *Device) NewCommands() (*Commands, error) {
	c := &Commands{device: d}
	pool := &vk.CommandPoolCreateInfo{SType: vk.StructureTypeCommandPoolCreateInfo, QueueFamilyIndex: uint32(d.Family)}
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
		c.Free()
		return nil, err
	}
	return c, nil
}

// Free frees the pool with everything recorded in it.
func (c *Commands) Free() {
	if c == nil {
		return
	}
	if c.fence != nil {
		vk.DestroyFence(c.device.handle, c.fence, nil)
	}
	vk.DestroyCommandPool(c.device.handle, c.pool, nil) // and its command buffers
}

// Recorded is a command buffer that was filled.
type Recorded struct{ buffer vk.CommandBuffer }

// Record makes a command buffer and lets fill write into it. once says that it
// will be submitted a single time.
func (c *Commands) Record(once bool, fill func(Recorder)) (Recorded, error) {
	info := &vk.CommandBufferAllocateInfo{SType: vk.StructureTypeCommandBufferAllocateInfo, CommandPool: c.pool, Level: vk.CommandBufferLevelPrimary, CommandBufferCount: 1}
	defer info.Free()
	buffers := make([]vk.CommandBuffer, 1)
	if err := failed("make a command buffer", vk.AllocateCommandBuffers(c.device.handle, info, buffers)); err != nil {
		return Recorded{}, err
	}
	begin := &vk.CommandBufferBeginInfo{SType: vk.StructureTypeCommandBufferBeginInfo}
	if once {
		begin.Flags = vk.CommandBufferUsageFlags(vk.CommandBufferUsageOneTimeSubmitBit)
	}
	defer begin.Free()
	err := failed("begin a recording", vk.BeginCommandBuffer(buffers[0], begin))
	if err == nil {
		fill(Recorder{buffers[0]})
		err = failed("end a recording", vk.EndCommandBuffer(buffers[0]))
	}
	if err != nil {
		c.Discard(Recorded{buffers[0]})
		return Recorded{}, err
	}
	return Recorded{buffers[0]}, nil
}

// Discard frees a command buffer.
func (c *Commands) Discard(b Recorded) {
	vk.FreeCommandBuffers(c.device.handle, c.pool, 1, []vk.CommandBuffer{b.buffer})
}

// Run submits the command buffer and waits for its end.
func (c *Commands) Run(b Recorded) error {
	if err := c.Submit(b); err != nil {
		return err
	}
	return c.Wait()
}

// Submit hands the command buffer over.
func (c *Commands) Submit(b Recorded) error {
	d := c.device
	if err := failed("reset a fence", vk.ResetFences(d.handle, 1, []vk.Fence{c.fence})); err != nil {
		return err
	}
	d.submit.Lock()
	err := vkc.Submit(unsafe.Pointer(d.queue), unsafe.Pointer(b.buffer), unsafe.Pointer(c.fence))
	d.submit.Unlock()
	if err != nil {
		return fail("submit to "+d.Name, err)
	}
	return nil
}

// Wait waits for the end of what was submitted last.
func (c *Commands) Wait() error {
	d := c.device
	return failed("wait for "+d.Name, vk.WaitForFences(d.handle, 1, []vk.Fence{c.fence}, vk.True, vk.MaxUint64))
}

// Once records, runs and discards.
func (c *Commands) Once(fill func(Recorder)) error {
	b, err := c.Record(true, fill)
	if err != nil {
		return err
	}
	defer c.Discard(b)
	return c.Run(b)
}
