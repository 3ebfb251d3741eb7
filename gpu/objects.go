package gpu

import (
	"fmt"
	"runtime"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/shaders"
)

// create calls a function of the binding that writes a handle, and returns none
// where that fails: drivers may then write anything. The handle is a variable
// by itself: cgo refuses the address of a field whose struct holds Go pointers.
func create[T any](call func(*T) vk.Result) (T, vk.Result) {
	var handle, none T
	r := call(&handle)
	if r < 0 {
		return none, r
	}
	return handle, r
}

// module makes a shader module; the caller destroys it.
func (d *Device) module(k shaders.Kernel, code []byte) (vk.ShaderModule, error) {
	if code == nil {
		var err error
		if code, err = k.SPIRV(); err != nil {
			return nil, err
		}
	}
	if len(code)%4 != 0 || len(code) == 0 {
		return nil, fmt.Errorf("kernel %s: %d bytes are not SPIR-V", k.Name, len(code))
	}
	words := make([]uint32, len(code)/4)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(code)), code)
	info := &vk.ShaderModuleCreateInfo{SType: vk.StructureTypeShaderModuleCreateInfo, CodeSize: uint(len(code)), PCode: words}
	defer info.Free()
	var m vk.ShaderModule
	r := vk.CreateShaderModule(d.handle, info, nil, &m)
	runtime.KeepAlive(words) // the binding stores its address in a C struct
	return m, failed("load kernel "+k.Name, r)
}

// buffer is a buffer with memory of its own. Its owner calls free.
type buffer struct {
	device *Device
	handle vk.Buffer
	memory vk.DeviceMemory
	bytes  int64
	mapped []byte // nil where the host cannot see it
}

// Memory property flags (VkMemoryPropertyFlagBits).
const (
	deviceLocal  = 1
	hostVisible  = 2
	hostCoherent = 4
	hostCached   = 8
)

// usage is what all buffers are for: they are few, and no driver that we know
// places them differently by it.
const usage = vk.BufferUsageFlags(vk.BufferUsageTransferSrcBit | vk.BufferUsageTransferDstBit |
	vk.BufferUsageStorageBufferBit | vk.BufferUsageStorageTexelBufferBit)

// leastBytes is the size of the smallest buffer: none may be empty.
const leastBytes = 16

// newBuffer makes a buffer in the first kind of memory that has one of the
// wanted sets of flags, tried in their order; it is mapped where that set asks
// for host-visible memory.
func (d *Device) newBuffer(what string, bytes int64, wanted ...uint32) (*buffer, error) {
	b := &buffer{device: d, bytes: max(bytes, leastBytes)}
	info := &vk.BufferCreateInfo{SType: vk.StructureTypeBufferCreateInfo, Size: vk.DeviceSize(b.bytes), Usage: usage, SharingMode: vk.SharingModeExclusive}
	defer info.Free()
	what = fmt.Sprintf("make a buffer of %.1f MiB for %s on %s", float64(bytes)/(1<<20), what, d.info.Name)
	var r vk.Result
	b.handle, r = create(func(h *vk.Buffer) vk.Result { return vk.CreateBuffer(d.handle, info, nil, h) })
	if err := failed(what, r); err != nil {
		return nil, err
	}
	if err := b.back(what, wanted); err != nil {
		b.free()
		return nil, err
	}
	return b, nil
}

// back gives the buffer its memory.
func (b *buffer) back(what string, wanted []uint32) error {
	d := b.device
	var need vk.MemoryRequirements
	vk.GetBufferMemoryRequirements(d.handle, b.handle, &need)
	need.Deref()
	defer need.Free()
	kind, set, err := d.memoryType(need.MemoryTypeBits, uint64(need.Size), wanted)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	info := &vk.MemoryAllocateInfo{SType: vk.StructureTypeMemoryAllocateInfo, AllocationSize: need.Size, MemoryTypeIndex: kind}
	defer info.Free()
	var r vk.Result
	b.memory, r = create(func(h *vk.DeviceMemory) vk.Result { return vk.AllocateMemory(d.handle, info, nil, h) })
	if err := failed(what, r); err != nil {
		return err
	}
	d.count(b.bytes)
	if err := failed(what, vk.BindBufferMemory(d.handle, b.handle, b.memory, 0)); err != nil {
		return err
	}
	if set&hostVisible == 0 {
		return nil
	}
	var p unsafe.Pointer
	if err := failed(what, vk.MapMemory(d.handle, b.memory, 0, vk.DeviceSize(vk.WholeSize), 0, &p)); err != nil {
		return err
	}
	b.mapped = unsafe.Slice((*byte)(p), b.bytes)
	return nil
}

// memoryType returns a kind of memory among those allowed (a bit each) that has
// all flags of one of the wanted sets and a heap that is large enough, and that
// set.
func (d *Device) memoryType(allowed uint32, bytes uint64, wanted []uint32) (kind, set uint32, err error) {
	var largest uint64
	for _, want := range wanted {
		for i, t := range d.info.raw.MemoryTypes {
			if allowed&(1<<i) == 0 || t.Flags&want != want {
				continue
			}
			heap := d.info.raw.Heaps[t.Heap].Bytes
			if largest = max(largest, heap); heap >= bytes {
				return uint32(i), want, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("%w: %d MiB are needed, the largest heap has %d MiB", ErrOutOfMemory, bytes>>20, largest>>20)
}

// free frees the buffer and its memory.
func (b *buffer) free() {
	if b == nil {
		return
	}
	vk.DestroyBuffer(b.device.handle, b.handle, nil)
	if b.memory != nil {
		vk.FreeMemory(b.device.handle, b.memory, nil) // unmaps too
		b.device.count(-b.bytes)
	}
}

// view makes a view of part of the buffer as texels, each a four of float32 (16
// bytes) or float16 (8); the caller destroys it.
func (b *buffer) view(offset, bytes, texelBytes int64) (vk.BufferView, error) {
	format := vk.FormatR32g32b32a32Sfloat
	if texelBytes == 8 {
		format = vk.FormatR16g16b16a16Sfloat
	}
	info := &vk.BufferViewCreateInfo{SType: vk.StructureTypeBufferViewCreateInfo, Buffer: b.handle, Format: format,
		Offset: vk.DeviceSize(offset), Range: vk.DeviceSize(bytes)}
	defer info.Free()
	var v vk.BufferView
	return v, failed("make a texel buffer view", vk.CreateBufferView(b.device.handle, info, nil, &v))
}
