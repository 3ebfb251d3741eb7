package draw

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"time"
	"unsafe"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
)

// ErrNoScreen is a display that no device shows pictures on.
var ErrNoScreen = errors.New("no device that computes can show pictures on this display")

// Window is what a window system gives to show pictures by.
type Window struct {
	Extensions []string // of Vulkan, that its surfaces need
	// Surface makes the window's VkSurfaceKHR, which the screen frees.
	Surface func(instance unsafe.Pointer) (uint64, error)
}

// Screen is a window's pixels, shown by the device that computes: what its
// canvas holds is copied on the device. One goroutine at a time uses it.
type Screen struct {
	device  *gpu.Device
	surface vulkan.Surface
	chain   *vulkan.Swapchain
	canvas  *Canvas // of the chain's size; nil: no pixels
}

// OpenScreen opens the device that the choice means among those that can show
// pictures in the window, and the window on it. It must come before any other
// device of the process. Close the screen before the device.
func OpenScreen(c gpu.Choice, w Window) (*gpu.Device, *Screen, error) {
	instance, err := vulkan.Acquire(w.Extensions...)
	if err != nil {
		return nil, nil, err
	}
	s := &Screen{}
	if err := s.open(instance, c, w); err != nil {
		s.surface.Free()
		vulkan.Release()
		return nil, nil, err
	}
	return s.device, s, nil
}

func (s *Screen) open(instance unsafe.Pointer, c gpu.Choice, w Window) error {
	surface, err := w.Surface(instance)
	if err != nil {
		return fmt.Errorf("make the window's surface: %w", err)
	}
	s.surface = vulkan.NewSurface(instance, surface)
	all, err := gpu.Devices()
	if err != nil {
		return err
	}
	if _, err := c.Pick(all); err != nil { // what is wrong without a window
		return err
	}
	all = slices.DeleteFunc(all, func(i gpu.Info) bool {
		_, presents := i.Physical().Presenting(s.surface)
		return !presents
	})
	if len(all) == 0 {
		return ErrNoScreen
	}
	info, err := c.Pick(all)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoScreen, err)
	}
	physical, _ := info.Physical().Presenting(s.surface)
	if _, err := vulkan.Acquire(); err != nil { // the device's own
		return err
	}
	if s.device, err = gpu.OpenPhysical(info.Index, physical, true); err != nil {
		vulkan.Release()
		return err
	}
	if s.chain, err = s.device.Vulkan().NewSwapchain(s.surface); err != nil {
		s.device.Close()
		return err
	}
	return s.device.Retain()
}

// Close frees the screen. The canvas and what it draws must not be used any more.
func (s *Screen) Close() {
	s.device.Vulkan().Wait()
	s.drop()
	s.chain.Free()
	s.surface.Free()
	s.device.Drop()
	vulkan.Release()
}

// drop frees what belongs to one size of the window.
func (s *Screen) drop() {
	if s.canvas != nil {
		s.canvas.Close()
		s.canvas = nil
	}
}

// Resize fits the screen to a window of that many pixels and returns its canvas,
// new and black; nil for a window without pixels, as minimised ones have.
func (s *Screen) Resize(window image.Point) (*Canvas, error) {
	s.device.Vulkan().Wait()
	s.drop()
	size, err := s.chain.Resize(window)
	if err != nil || size == (image.Point{}) {
		return nil, err
	}
	if s.canvas, err = NewCanvas(s.device, size.X, size.Y); err != nil {
		return nil, err
	}
	s.canvas.blueFirst = s.chain.BlueFirst()
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
	draw, err := s.canvas.ready(m)
	if err != nil {
		return false, true, err
	}
	return s.chain.Show(s.canvas.commands, frameWait, s.canvas.pixels, draw)
}
