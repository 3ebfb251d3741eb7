package vkc

import "fmt"

// Result is a VkResult: 0 is success, negative values are errors.
type Result int32

// Error writes the result as the specification names it.
func (r Result) Error() string {
	if s, ok := resultNames[r]; ok {
		return s
	}
	return fmt.Sprintf("VkResult %d", int32(r))
}

// The results that callers tell apart.
const (
	OutOfHostMemory    Result = -1
	OutOfDeviceMemory  Result = -2
	InitializationFail Result = -3
	DeviceLost         Result = -4
	IncompatibleDriver Result = -9
)

var resultNames = map[Result]string{
	1: "VK_NOT_READY", 2: "VK_TIMEOUT", 5: "VK_INCOMPLETE",
	-1: "VK_ERROR_OUT_OF_HOST_MEMORY", -2: "VK_ERROR_OUT_OF_DEVICE_MEMORY", -3: "VK_ERROR_INITIALIZATION_FAILED",
	-4: "VK_ERROR_DEVICE_LOST", -5: "VK_ERROR_MEMORY_MAP_FAILED", -6: "VK_ERROR_LAYER_NOT_PRESENT",
	-7: "VK_ERROR_EXTENSION_NOT_PRESENT", -8: "VK_ERROR_FEATURE_NOT_PRESENT", -9: "VK_ERROR_INCOMPATIBLE_DRIVER",
	-10: "VK_ERROR_TOO_MANY_OBJECTS", -11: "VK_ERROR_FORMAT_NOT_SUPPORTED", -12: "VK_ERROR_FRAGMENTED_POOL",
	-13: "VK_ERROR_UNKNOWN", -1000069000: "VK_ERROR_OUT_OF_POOL_MEMORY",
	-1000000000: "VK_ERROR_SURFACE_LOST_KHR", -1000000001: "VK_ERROR_NATIVE_WINDOW_IN_USE_KHR",
	-1000001004: "VK_ERROR_OUT_OF_DATE_KHR", 1000001003: "VK_SUBOPTIMAL_KHR",
}

// The results of showing pictures that callers tell apart.
const (
	NotReady    Result = 1
	Timeout     Result = 2
	Suboptimal  Result = 1000001003
	OutOfDate   Result = -1000001004
	SurfaceLost Result = -1000000000
)
