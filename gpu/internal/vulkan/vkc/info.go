package vkc

// Info is what a physical device is and can do.
type Info struct {
	Name, DriverName, DriverInfo                string
	APIVersion, DriverVersion                   uint32
	VendorID, DeviceID, Type, DriverID          uint32
	DeviceUUID, DriverUUID, CacheUUID           [16]byte
	PCI                                         *PCI // nil: the driver does not tell
	MaxStorageRange, MaxTexelElements           int64
	MaxPushBytes, MaxSharedBytes                int
	MaxGroupCount, MaxGroupSize                 [3]int
	MaxGroupInvocations, MaxStorageBuffers      int
	StorageAlignment, TexelAlignment, AtomBytes int64
	TimestampNanoseconds                        float64
	SubgroupSize, SubgroupMin, SubgroupMax      int
	SubgroupStages, SubgroupOperations          uint32
	Cores                                       int // streaming multiprocessors, compute units; 0: not told
	SizeControl, FullSubgroups                  bool
	Storage16, Float16, CooperativeMatrix       bool
	CooperativeMatrix16                         bool // 16x16x16, float16 operands and float32 sums, by subgroups of 32
	RGBA32FTexels, RGBA16FTexels                bool
	Executables                                 bool // VK_KHR_pipeline_executable_properties
	MemoryTypes                                 []MemoryType
	Heaps                                       []Heap
	QueueFamilies                               []QueueFamily

	raw rawInfo
}

// PCI is where a device is on the PCI bus (VkPhysicalDevicePCIBusInfoPropertiesEXT).
type PCI struct{ Domain, Bus, Device, Function uint32 }

// MemoryType is one of a device's kinds of memory.
type MemoryType struct {
	Flags uint32 // VkMemoryPropertyFlags
	Heap  int
}

// Heap is a pool that memory types share.
type Heap struct {
	Flags uint32 // VkMemoryHeapFlags
	Bytes uint64
}

// QueueFamily is a kind of queue.
type QueueFamily struct {
	Flags         uint32 // VkQueueFlags
	Queues        int
	TimestampBits int // 0: no timestamps
}

// Dependency is what a barrier orders.
type Dependency int

// Executable is a piece of machine code that a driver made of a pipeline.
type Executable struct {
	Name, Description string
	SubgroupSize      int
	Statistics        []Statistic
	Forms             []Form
}

// Statistic is a number that a driver gives of an executable. Value is a bool, an
// int64, a uint64 or a float64.
type Statistic struct {
	Name, Description string
	Value             any
}

// Form is one of a driver's forms of an executable's code.
type Form struct {
	Name, Description string
	Text              string // "": it is binary
}
