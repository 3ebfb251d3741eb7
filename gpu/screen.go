package gpu

import (
	"fmt"
	"image"
	"slices"
	"time"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
)

// Window is what a window system gives to show pictures by.
type Window struct {
	Extensions []string // of Vulkan, that its surfaces need
	// Surface makes the window's VkSurfaceKHR, which the screen frees.
	Surface func(instance unsafe.Pointer) (uint64, error)
}

// Screen is a window's pixels, shown by the device that computes: what its
// canvas holds is copied on the device. One goroutine at a time uses it.
type Screen struct {
	device   *Device
	instance unsafe.Pointer
	surface  vkc.Surface
	chain    vkc.Swapchain
	acquired unsafe.Pointer   // semaphore: an image may be drawn
	drawn    []unsafe.Pointer // semaphores, an image each
	canvas   *Canvas          // of the chain's size; nil: no pixels
}

// OpenScreen opens the device that the choice means among those that can show
// pictures in the window, and the window on it. It must come before any other
// device of the process. Close the screen before the device.
func OpenScreen(c Choice, w Window) (*Device, *Screen, error) {
	handle, err := acquire(w.Extensions...)
	if err != nil {
		return nil, nil, err
	}
	s := &Screen{instance: handle}
	d, err := s.open(c, w)
	if err != nil {
		if s.surface != 0 {
			vkc.DestroySurface(handle, s.surface)
		}
		release()
		return nil, nil, err
	}
	return d, s, nil
}

func (s *Screen) open(c Choice, w Window) (*Device, error) {
	surface, err := w.Surface(s.instance)
	if err != nil {
		return nil, fmt.Errorf("make the window's surface: %w", err)
	}
	s.surface = vkc.Surface(surface)
	all, err := list(s.instance)
	if err != nil {
		return nil, err
	}
	if _, err := c.Pick(all); err != nil { // what is wrong without a window
		return nil, err
	}
	all = slices.DeleteFunc(all, func(i Info) bool { return presenting(i, s.surface) < 0 })
	if len(all) == 0 {
		return nil, ErrNoScreen
	}
	info, err := c.Pick(all)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoScreen, err)
	}
	info.family = presenting(info, s.surface)
	info.Timestamps = info.raw.QueueFamilies[info.family].TimestampBits > 0
	if _, err := acquire(); err != nil { // the device's own
		return nil, err
	}
	if s.device, err = openPicked(info, true); err != nil {
		release()
		return nil, err
	}
	if s.acquired, err = vkc.CreateSemaphore(unsafe.Pointer(s.device.handle)); err != nil {
		s.device.Close()
		return nil, fail("make a semaphore", err)
	}
	return s.device, s.device.retain()
}

// presenting returns the queue family of a device that computes and shows
// pictures on the surface, -1 if there is none.
func presenting(i Info, s vkc.Surface) int {
	families := slices.Clone(i.raw.QueueFamilies)
	for f := range families {
		if !vkc.Presents(i.physical, f, s) {
			families[f].Queues = 0
		}
	}
	return computeFamily(families)
}

// Close frees the screen. The canvas and what it draws must not be used any more.
func (s *Screen) Close() {
	s.wait()
	s.drop()
	if s.chain.Handle != nil {
		vkc.DestroySwapchain(unsafe.Pointer(s.device.handle), s.chain.Handle)
	}
	vkc.DestroySemaphore(unsafe.Pointer(s.device.handle), s.acquired)
	vkc.DestroySurface(s.instance, s.surface)
	s.device.drop()
	release()
}

// wait waits for the device. No queue may be used meanwhile.
func (s *Screen) wait() {
	s.device.submit.Lock()
	defer s.device.submit.Unlock()
	vk.DeviceWaitIdle(s.device.handle)
}

// drop frees what belongs to one size of the window.
func (s *Screen) drop() {
	for _, d := range s.drawn {
		vkc.DestroySemaphore(unsafe.Pointer(s.device.handle), d)
	}
	s.drawn = nil
	if s.canvas != nil {
		s.canvas.Close()
		s.canvas = nil
	}
}

// Resize fits the screen to a window of that many pixels and returns its canvas,
// new and black; nil for a window without pixels, as minimised ones have.
func (s *Screen) Resize(size image.Point) (*Canvas, error) {
	device := unsafe.Pointer(s.device.handle)
	s.wait()
	s.drop()
	old := s.chain.Handle
	chain, err := vkc.CreateSwapchain(device, s.device.info.physical, s.surface, size.X, size.Y, old)
	if old != nil {
		vkc.DestroySwapchain(device, old)
	}
	s.chain = chain
	if err != nil || chain.Handle == nil {
		return nil, fail("show pictures on "+s.device.info.Name, err)
	}
	for range chain.Images {
		d, err := vkc.CreateSemaphore(device)
		if err != nil {
			return nil, fail("make a semaphore", err)
		}
		s.drawn = append(s.drawn, d)
	}
	if s.canvas, err = s.device.NewCanvas(chain.Width, chain.Height); err != nil {
		return nil, err
	}
	s.canvas.blueFirst = chain.BlueFirst
	return s.canvas, nil
}

// frameWait is how long Show waits for an image to draw. A window that is covered
// may never get one.
const frameWait = 200 * time.Millisecond

// Show draws the canvas, with maps unless nil, and shows it. shown is false where
// the window could not take it: fits says whether Show is to be called again, or
// Resize first.
func (s *Screen) Show(m *Maps) (shown, fits bool, err error) {
	if s.canvas == nil {
		return false, true, nil
	}
	d, c := s.device, s.canvas
	draw, err := c.ready(m)
	if err != nil {
		return false, true, err
	}
	image, r := vkc.Acquire(unsafe.Pointer(d.handle), s.chain.Handle, uint64(frameWait), s.acquired)
	switch {
	case r == vkc.OutOfDate:
		return false, false, nil
	case r == vkc.Timeout || r == vkc.NotReady:
		return false, true, nil
	case r < 0:
		return false, true, fail("get an image to draw", r)
	}
	b, err := c.commands.record(true, func(buffer unsafe.Pointer) {
		draw(buffer)
		vkc.Barrier(buffer, vkc.ComputeToTransfer)
		vkc.CopyToImage(buffer, unsafe.Pointer(c.pixels.handle), s.chain.Images[image], c.width, c.height)
	})
	if err != nil {
		return false, false, err
	}
	defer c.commands.discard(b)
	r, err = s.submit(b, image)
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
func (s *Screen) submit(b vk.CommandBuffer, image int) (vkc.Result, error) {
	d, fence := s.device, s.canvas.commands.fence
	if err := failed("reset a fence", vk.ResetFences(d.handle, 1, []vk.Fence{fence})); err != nil {
		return 0, err
	}
	d.submit.Lock()
	err := vkc.SubmitFrame(unsafe.Pointer(d.queue), unsafe.Pointer(b), s.acquired, s.drawn[image], unsafe.Pointer(fence))
	var r vkc.Result
	if err == nil {
		r = vkc.Present(unsafe.Pointer(d.queue), s.chain.Handle, image, s.drawn[image])
	}
	d.submit.Unlock()
	if err != nil {
		return 0, fail("submit to "+d.info.Name, err)
	}
	return r, s.canvas.commands.wait()
}
