// Package draw draws feature maps where they lie, on the device that computed
// them, and shows them in a window: Canvas and Screen. It knows nets that hold
// their tensors (gpu.Held) and the Vulkan objects; no window system enters here,
// and no network is run.
package draw
