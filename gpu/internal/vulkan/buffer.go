//go:build cgo

package vulkan

import (
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
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

// Buffer is a buffer with memory of its own. Its owner calls Free.
type Buffer struct {
	Bytes  int64
	Mapped []byte // nil where the host cannot see it

	device *Device
	handle vk.Buffer
	memory vk.DeviceMemory
}

// usage is what all buffers are for: they are few, and no driver that we know
// places them differently by it.
const usage = vk.BufferUsageFlags(vk.BufferUsageTransferSrcBit | vk.BufferUsageTransferDstBit |
	vk.BufferUsageStorageBufferBit | vk.BufferUsageStorageTexelBufferBit)

// NewBuffer makes a buffer in the first kind of memory that has one of the
// wanted sets of flags, tried in their order; it is mapped where that set asks
// for host-visible memory.
func (d *Device) NewBuffer(what string, bytes int64, wanted ...uint32) (*Buffer, error) {
	b := &Buffer{device: d, Bytes: max(bytes, LeastBytes)}
	info := &vk.BufferCreateInfo{SType: vk.StructureTypeBufferCreateInfo, Size: vk.DeviceSize(b.Bytes), Usage: usage, SharingMode: vk.SharingModeExclusive}
	defer info.Free()
	what = fmt.Sprintf("make a buffer of %.1f MiB for %s on %s", float64(bytes)/(1<<20), what, d.Name)
	var r vk.Result
	b.handle, r = create(func(h *vk.Buffer) vk.Result { return vk.CreateBuffer(d.handle, info, nil, h) })
	if err := failed(what, r); err != nil {
		return nil, err
	}
	if err := b.back(what, wanted); err != nil {
		b.Free()
		return nil, err
	}
	return b, nil
}

// back gives the buffer its memory.
func (b *Buffer) back(what string, wanted []uint32) error {
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
	d.count(b.Bytes)
	if err := failed(what, vk.BindBufferMemory(d.handle, b.handle, b.memory, 0)); err != nil {
		return err
	}
	if set&HostVisible == 0 {
		return nil
	}
	var p unsafe.Pointer
	if err := failed(what, vk.MapMemory(d.handle, b.memory, 0, vk.DeviceSize(vk.WholeSize), 0, &p)); err != nil {
		return err
	}
	b.Mapped = unsafe.Slice((*byte)(p), b.Bytes)
	return nil
}

// memoryType returns a kind of memory among those allowed (a bit each) that has
// all flags of one of the wanted sets and a heap that is large enough, and that
// set.
func (d *Device) memoryType(allowed uint32, bytes uint64, wanted []uint32) (kind, set uint32, err error) {
	var largest uint64
	for _, want := range wanted {
		for i, t := range d.MemoryTypes {
			if allowed&(1<<i) == 0 || t.Flags&want != want {
				continue
			}
			heap := d.Heaps[t.Heap].Bytes
			if largest = max(largest, heap); heap >= bytes {
				return uint32(i), want, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("%w: %d MiB are needed, the largest heap has %d MiB", ErrOutOfMemory, bytes>>20, largest>>20)
}

// Free frees the buffer and its memory.
func (b *Buffer) Free() {
	if b == nil {
		return
	}
	vk.DestroyBuffer(b.device.handle, b.handle, nil)
	if b.memory != nil {
		vk.FreeMemory(b.device.handle, b.memory, nil) // unmaps too
		b.device.count(-b.Bytes)
	}
}

// View shows part of a buffer as texels. Its owner calls Free.
type View struct {
	device *Device
	handle vk.BufferView
}

// Free frees the view.
func (v View) Free() {
	if v.handle != nil {
		vk.DestroyBufferView(v.device.handle, v.handle, nil)
	}
}

// View makes a view of part of the buffer as texels, each a four of float32 (16
// bytes) or float16 (8).
func (b *Buffer) View(offset, bytes, texelBytes int64) (View, error) {
	format := vk.FormatR32g32b32a32Sfloat
	if texelBytes == 8 {
		format = vk.FormatR16g16b16a16Sfloat
	}
	info := &vk.BufferViewCreateInfo{SType: vk.StructureTypeBufferViewCreateInfo, Buffer: b.handle, Format: format,
		Offset: vk.DeviceSize(offset), Range: vk.DeviceSize(bytes)}
	defer info.Free()
	v, r := create(func(h *vk.BufferView) vk.Result { return vk.CreateBufferView(b.device.handle, info, nil, h) })
	if err := failed("make a texel buffer view", r); err != nil {
		return View{}, err
	}
	return View{b.device, v}, nil
}

// MemoryInUse returns the bytes of all buffers that are alive on the device,
// and the most there have been at one time.
func (d *Device) MemoryInUse() (now, peak int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes, d.peak
}

// count adds a buffer's bytes; negative ones take them away.
func (d *Device) count(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes += bytes
	d.peak = max(d.peak, d.bytes)
}
