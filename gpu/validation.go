package gpu

import "github.com/vkeras/vkeras/gpu/internal/vulkan"

// ValidationVariable is the environment variable that, set to 1, turns on the
// Khronos validation layer (with synchronisation validation and best practices)
// where that is installed. ValidationMessages returns what it said. With
// ValidationRequired in place of 1, opening a device fails where it is not.
const (
	ValidationVariable = vulkan.ValidationVariable
	ValidationRequired = vulkan.ValidationRequired
)

// Validating reports whether the validation layer is on, now that a device is
// open.
func Validating() bool { return vulkan.Validating() }

// ValidationMessages takes what the validation layer has said so far.
func ValidationMessages() []string { return vulkan.ValidationMessages() }
