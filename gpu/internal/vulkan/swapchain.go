//go:build cgo

package vulkan

import (
	"image"
	"slices"
	"time"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// Surface is where a window shows pictures. Its owner calls Free.
type Surface struct {
	instance unsafe.Pointer
	handle   vkc.Surface
}

// NewSurface takes over a VkSurfaceKHR of the instance.
func NewSurface(instance unsafe.Pointer, handle uint64) Surface {
	return Surface{instance, vkc.Surface(handle)}
}

// Free frees the surface.
func (s Surface) Free() {
	if s.handle != 0 {
		vkc.DestroySurface(s.instance, s.handle)
	}
}

// Presenting returns the device with the queue family that computes and shows
// pictures on the surface; ok is false where there is none.
func (p Physical) Presenting(s Surface) (_ Physical, ok bool) {
	families := slices.Clone(p.QueueFamilies)
	for f := range families {
		if !vkc.Presents(p.handle, f, s.handle) {
			families[f].Queues = 0
		}
	}
	p.Family = computeFamily(families)
	return p, p.Family >= 0
}

// Swapchain is the images that a surface shows in turn, with what orders work on
// them. Its owner calls Free, before the surface's. One goroutine at a time uses it.
type Swapchain struct {
	device   *Device
	surface  Surface
	chain    vkc.Swapchain
	acquired unsafe.Pointer   // semaphore: an image may be drawn
	drawn    []unsafe.Pointer // semaphores, an image each
}

// NewSwapchain makes one without images.
func (d *Device) NewSwapchain(s Surface) (*Swapchain, error) {
	acquired, err := vkc.CreateSemaphore(unsafe.Pointer(d.handle))
	if err != nil {
		return nil, fail("make a semaphore", err)
	}
	return &Swapchain{device: d, surface: s, acquired: acquired}, nil
}

// Free frees the images. Nothing may be drawing.
func (c *Swapchain) Free() {
	device := unsafe.Pointer(c.device.handle)
	c.drop()
	if c.chain.Handle != nil {
		vkc.DestroySwapchain(device, c.chain.Handle)
	}
	vkc.DestroySemaphore(device, c.acquired)
}

// drop frees the images' semaphores.
func (c *Swapchain) drop() {
	for _, d := range c.drawn {
		vkc.DestroySemaphore(unsafe.Pointer(c.device.handle), d)
	}
	c.drawn = nil
}

// Resize makes images for a window of that many pixels and returns their size,
// (0, 0) for a window without pixels. Nothing may be drawing.
func (c *Swapchain) Resize(window image.Point) (image.Point, error) {
	device := unsafe.Pointer(c.device.handle)
	c.drop()
	old := c.chain.Handle
	chain, err := vkc.CreateSwapchain(device, c.device.Physical.handle, c.surface.handle, window.X, window.Y, old)
	if old != nil {
		vkc.DestroySwapchain(device, old)
	}
	c.chain = chain
	if err != nil || chain.Handle == nil {
		return image.Point{}, fail("show pictures on "+c.device.Name, err)
	}
	for range chain.Images {
		d, err := vkc.CreateSemaphore(device)
		if err != nil {
			return image.Point{}, fail("make a semaphore", err)
		}
		c.drawn = append(c.drawn, d)
	}
	return image.Pt(chain.Width, chain.Height), nil
}

// BlueFirst reports the order of a pixel's bytes: blue, green, red, alpha; else red
// first.
func (c *Swapchain) BlueFirst() bool { return c.chain.BlueFirst }

// Show acquires an image within the time, has draw fill a buffer with its pixels,
// copies them and shows it, and waits for the drawing. shown is false where the
// window could not take it: fits says whether to try again, or Resize first.
func (c *Swapchain) Show(commands *Commands, wait time.Duration, pixels *Buffer, draw func(Recorder)) (shown, fits bool, err error) {
	number, r := vkc.Acquire(unsafe.Pointer(c.device.handle), c.chain.Handle, uint64(wait), c.acquired)
	switch {
	case r == vkc.OutOfDate:
		return false, false, nil
	case r == vkc.Timeout || r == vkc.NotReady:
		return false, true, nil
	case r < 0:
		return false, true, fail("get an image to draw", r)
	}
	b, err := commands.Record(true, func(rec Recorder) {
		draw(rec)
		rec.Barrier(ComputeToTransfer)
		vkc.CopyToImage(unsafe.Pointer(rec.buffer), unsafe.Pointer(pixels.handle), c.chain.Images[number], c.chain.Width, c.chain.Height)
	})
	if err != nil {
		return false, false, err
	}
	defer commands.Discard(b)
	r, err = c.submit(commands, b, number)
	switch {
	case err != nil:
		return false, true, err
	case r == vkc.OutOfDate || r == vkc.Suboptimal:
		return r == vkc.Suboptimal, false, nil
	case r < 0:
		return false, true, fail("show an image", r)
	}
	return true, true, nil
}

// submit draws and shows an image, and waits for the drawing.
func (c *Swapchain) submit(commands *Commands, b Recorded, number int) (vkc.Result, error) {
	d, fence := c.device, commands.fence
	if err := failed("reset a fence", vk.ResetFences(d.handle, 1, []vk.Fence{fence})); err != nil {
		return 0, err
	}
	d.submit.Lock()
	err := vkc.SubmitFrame(unsafe.Pointer(d.queue), unsafe.Pointer(b.buffer), c.acquired, c.drawn[number], unsafe.Pointer(fence))
	var r vkc.Result
	if err == nil {
		r = vkc.Present(unsafe.Pointer(d.queue), c.chain.Handle, number, c.drawn[number])
	}
	d.submit.Unlock()
	if err != nil {
		return 0, fail("submit to "+d.Name, err)
	}
	return r, commands.Wait()
}
