package lower

import (
	"slices"

	"github.com/vkeras/vkeras/shaders"
)

// Limits are what lowering must know of a device. They are numbers on paper: no
// driver is needed to lower for any device whose limits are known. The names are
// those of VkPhysicalDeviceLimits and of the features and extensions that kernels
// use, shortened.
type Limits struct {
	Name string
	GPU  bool // a graphics processor
	CPU  bool // a driver that runs on the CPU

	StorageAlignment    int64 // bytes: minStorageBufferOffsetAlignment
	TexelAlignment      int64 // bytes: minTexelBufferOffsetAlignment
	MaxStorageRange     int64 // bytes
	MaxTexelElements    int64
	MaxGroupCount       [3]int
	MaxGroupSize        [3]int
	MaxGroupInvocations int
	MaxSharedBytes      int

	SubgroupSize, SubgroupMin, SubgroupMax int
	SubgroupStages, SubgroupOperations     uint32 // VkShaderStageFlags, VkSubgroupFeatureFlags
	SizeControl                            bool   // subgroups of a required size
	Cores                                  int    // streaming multiprocessors, compute units; 0: not told

	Storage16, Float16           bool
	BreaksOnHalf                 bool // the driver ends the process where it compiles float16
	CooperativeMatrix16          bool // 16x16x16, float16 operands and float32 sums, by subgroups of 32
	RGBA32FTexels, RGBA16FTexels bool
}

// Fits reports whether the device takes the kernel's work groups.
func (l Limits) Fits(k shaders.Kernel) bool {
	face, err := k.Interface()
	return err == nil && l.Takes(face)
}

// Takes reports whether the device takes work groups of that interface.
func (l Limits) Takes(face shaders.Interface) bool {
	invocations := 1
	for axis, n := range face.Group {
		if int(n) > l.MaxGroupSize[axis] {
			return false
		}
		invocations *= int(n)
	}
	return invocations <= l.MaxGroupInvocations && face.Shared <= uint64(l.MaxSharedBytes)
}

// Fit reports whether the device takes all of the kernels' work groups.
func (l Limits) Fit(kernels []shaders.Kernel) bool {
	return !slices.ContainsFunc(kernels, func(k shaders.Kernel) bool { return !l.Fits(k) })
}
