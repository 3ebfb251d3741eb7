package vkc

/*
#include "vkc.h"
#include <stdlib.h>
*/
import "C"

import "unsafe"

// Surface is a VkSurfaceKHR: where a window shows pictures.
type Surface uint64

// Presents reports whether queues of the family can show pictures on the surface.
func Presents(physical unsafe.Pointer, family int, s Surface) bool {
	return C.vkc_presents(physical, C.uint32_t(family), C.uint64_t(s)) != 0
}

// DestroySurface frees the surface.
func DestroySurface(instance unsafe.Pointer, s Surface) {
	C.vkc_destroy_surface(instance, C.uint64_t(s))
}

// Swapchain is the images that a surface shows in turn.
type Swapchain struct {
	Handle        unsafe.Pointer // nil: the window has no pixels
	Width, Height int
	BlueFirst     bool // the order of a pixel's bytes: blue, green, red, alpha; else red first
	Images        []unsafe.Pointer
}

// CreateSwapchain makes the images, for a window of that many pixels; old, where
// not nil, is what they replace, and is still the caller's to destroy.
func CreateSwapchain(device, physical unsafe.Pointer, s Surface, width, height int, old unsafe.Pointer) (Swapchain, error) {
	var c C.vkc_swapchain
	if err := check(C.vkc_create_swapchain(device, physical, C.uint64_t(s), C.uint32_t(width), C.uint32_t(height), old, &c)); err != nil {
		return Swapchain{}, err
	}
	return Swapchain{Handle: c.handle, Width: int(c.width), Height: int(c.height), BlueFirst: c.blue_first != 0,
		Images: append([]unsafe.Pointer(nil), c.images[:c.count]...)}, nil
}

// DestroySwapchain frees the images.
func DestroySwapchain(device, swapchain unsafe.Pointer) { C.vkc_destroy_swapchain(device, swapchain) }

// CreateSemaphore makes what orders work between a queue and the window system.
func CreateSemaphore(device unsafe.Pointer) (semaphore unsafe.Pointer, err error) {
	err = check(C.vkc_create_semaphore(device, &semaphore))
	return semaphore, err
}

// DestroySemaphore frees the semaphore.
func DestroySemaphore(device, semaphore unsafe.Pointer) { C.vkc_destroy_semaphore(device, semaphore) }

// Acquire asks for an image to draw; it is there when the semaphore is signalled.
// The result may be Timeout, NotReady or Suboptimal.
func Acquire(device, swapchain unsafe.Pointer, nanoseconds uint64, semaphore unsafe.Pointer) (image int, r Result) {
	var i C.uint32_t
	r = Result(C.vkc_acquire(device, swapchain, C.uint64_t(nanoseconds), semaphore, &i))
	return int(i), r
}

// SubmitFrame hands over commands whose transfers wait for acquired, and that
// signal drawn and the fence.
func SubmitFrame(queue, commands, acquired, drawn, fence unsafe.Pointer) error {
	return check(C.vkc_submit_frame(queue, commands, acquired, drawn, fence))
}

// Present shows an image once drawn is signalled.
func Present(queue, swapchain unsafe.Pointer, image int, drawn unsafe.Pointer) Result {
	return Result(C.vkc_present(queue, swapchain, C.uint32_t(image), drawn))
}

// CopyToImage records a copy of a buffer's pixels to a swapchain's image.
func CopyToImage(commands, buffer, image unsafe.Pointer, width, height int) {
	C.vkc_copy_to_image(commands, buffer, image, C.uint32_t(width), C.uint32_t(height))
}
