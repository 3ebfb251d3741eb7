package vulkan

import "github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"

// ValidationVariable is the environment variable that, set to 1, turns on the
// Khronos validation layer (with synchronisation validation and best practices)
// where that is installed. ValidationMessages returns what it said. With
// ValidationRequired in place of 1, opening a device fails where it is not.
const (
	ValidationVariable = "VKERAS_VALIDATION"
	ValidationRequired = "required"
)

// Memory property flags (VkMemoryPropertyFlagBits).
const (
	DeviceLocal  = 1
	HostVisible  = 2
	HostCoherent = 4
	HostCached   = 8
)

// LeastBytes is the size of the smallest buffer: none may be empty.
const LeastBytes = 16

// Dependency is what a barrier orders, each over all memory.
type Dependency = vkc.Dependency

// The barriers.
const (
	ComputeToCompute  = vkc.ComputeToCompute
	TransferToCompute = vkc.TransferToCompute
	ComputeToTransfer = vkc.ComputeToTransfer
	ToHost            = vkc.ToHost
	HostToDevice      = vkc.HostToDevice
)

// Argument is what one binding shows: a view, or a range of bytes of a buffer.
type Argument struct {
	Buffer        *Buffer
	Offset, Bytes int64
	View          View
}
