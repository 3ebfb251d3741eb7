package vkc

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall
#cgo linux LDFLAGS: -ldl -lpthread
#include "headers.h" // first: where Vulkan's are missing nothing else is compiled, and nothing else said
#include "vkc.h"
#include <stdlib.h>
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

func check(r C.int32_t) error {
	if r < 0 {
		return Result(r)
	}
	return nil
}

// Load opens the Vulkan loader and returns its vkGetInstanceProcAddr. The
// error names the library that was looked for.
func Load() (unsafe.Pointer, error) {
	var tried *C.char
	p := C.vkc_load(&tried)
	if p != nil {
		return p, nil
	}
	name := C.GoString(tried)
	if why := TryLibrary(name); why != nil && strings.Contains(why.Error(), "oo many open files") {
		return nil, fmt.Errorf("the Vulkan loader cannot be opened: %w (ulimit -n)", why)
	}
	return nil, fmt.Errorf("the Vulkan loader %s was not found", name)
}

// TryLibrary returns an error unless the shared library can be loaded.
func TryLibrary(name string) error {
	runtime.LockOSThread() // the reason is the thread's
	defer runtime.UnlockOSThread()
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	if why := C.vkc_try_library(c); why != nil {
		return errors.New(C.GoString(why))
	}
	return nil
}

// CreateInstance makes the instance. With validate it turns the Khronos
// validation layer on where that is installed; validating says whether it is.
// The extensions, at most 8, are enabled or the call fails.
func CreateInstance(validate bool, extensions []string) (instance unsafe.Pointer, validating bool, err error) {
	var on, want C.int
	if validate {
		want = 1
	}
	names := (**C.char)(C.calloc(C.size_t(len(extensions)+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(names))
	for i, e := range extensions {
		c := C.CString(e)
		defer C.free(unsafe.Pointer(c))
		unsafe.Slice(names, len(extensions))[i] = c
	}
	err = check(C.vkc_create_instance(want, C.uint32_t(len(extensions)), names, &on, &instance))
	return instance, on != 0, err
}

// DestroyInstance frees the instance.
func DestroyInstance(instance unsafe.Pointer) { C.vkc_destroy_instance(instance) }

// PhysicalDevices lists the devices of all drivers.
func PhysicalDevices(instance unsafe.Pointer) ([]unsafe.Pointer, error) {
	var n C.uint32_t
	if err := check(C.vkc_physical_devices(instance, &n, nil)); err != nil || n == 0 {
		return nil, err
	}
	list := (*unsafe.Pointer)(C.calloc(C.size_t(n), C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(list))
	if err := check(C.vkc_physical_devices(instance, &n, list)); err != nil {
		return nil, err
	}
	return append([]unsafe.Pointer(nil), unsafe.Slice(list, int(n))...), nil
}

// rawInfo is what CreateDevice needs of it.
type rawInfo = C.vkc_info

// Describe asks a physical device what it is.
func Describe(physical unsafe.Pointer) Info {
	var c C.vkc_info
	C.vkc_describe(physical, &c)
	info := Info{
		Name: text(c.name[:]), DriverName: text(c.driver_name[:]), DriverInfo: text(c.driver_info[:]),
		APIVersion: uint32(c.api_version), DriverVersion: uint32(c.driver_version),
		VendorID: uint32(c.vendor_id), DeviceID: uint32(c.device_id), Type: uint32(c._type), DriverID: uint32(c.driver_id),
		MaxStorageRange: int64(c.max_storage_range), MaxTexelElements: int64(c.max_texel_elements),
		MaxPushBytes: int(c.max_push_bytes), MaxSharedBytes: int(c.max_shared_bytes),
		MaxGroupInvocations: int(c.max_group_invocations), MaxStorageBuffers: int(c.max_bound_storage_buffers),
		StorageAlignment: int64(c.storage_alignment), TexelAlignment: int64(c.texel_alignment), AtomBytes: int64(c.atom_bytes),
		TimestampNanoseconds: float64(c.timestamp_ns),
		SubgroupSize:         int(c.subgroup_size), SubgroupMin: int(c.subgroup_min), SubgroupMax: int(c.subgroup_max),
		Cores: int(c.cores), SubgroupStages: uint32(c.subgroup_stages), SubgroupOperations: uint32(c.subgroup_operations),
		SizeControl: c.size_control != 0, FullSubgroups: c.full_subgroups != 0,
		Storage16: c.storage16 != 0, Float16: c.float16 != 0, CooperativeMatrix: c.coopmat != 0, CooperativeMatrix16: c.coopmat16 != 0,
		RGBA32FTexels: c.rgba32f_texels != 0, RGBA16FTexels: c.rgba16f_texels != 0, Executables: c.executables != 0,
		raw: c,
	}
	if c.pci_told != 0 {
		info.PCI = &PCI{uint32(c.pci_domain), uint32(c.pci_bus), uint32(c.pci_device), uint32(c.pci_function)}
	}
	for i := range 16 {
		info.DeviceUUID[i], info.DriverUUID[i], info.CacheUUID[i] = byte(c.device_uuid[i]), byte(c.driver_uuid[i]), byte(c.cache_uuid[i])
	}
	for i := range 3 {
		info.MaxGroupCount[i], info.MaxGroupSize[i] = int(c.max_group_count[i]), int(c.max_group_size[i])
	}
	for i := range int(c.type_count) {
		info.MemoryTypes = append(info.MemoryTypes, MemoryType{uint32(c.type_flags[i]), int(c.type_heap[i])})
	}
	for i := range int(c.heap_count) {
		info.Heaps = append(info.Heaps, Heap{uint32(c.heap_flags[i]), uint64(c.heap_bytes[i])})
	}
	for i := range int(c.family_count) {
		info.QueueFamilies = append(info.QueueFamilies, QueueFamily{uint32(c.family_flags[i]), int(c.family_queues[i]), int(c.family_timestamp_bits[i])})
	}
	return info
}

func text(c []C.char) string {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&c[0])), len(c))
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// CreateDevice makes a logical device with queues of one family; presents asks
// for one that can show pictures.
func CreateDevice(physical unsafe.Pointer, info *Info, family, queues int, presents bool) (device unsafe.Pointer, err error) {
	raw := info.raw
	var swapchain C.int
	if presents {
		swapchain = 1
	}
	err = check(C.vkc_create_device(physical, &raw, C.uint32_t(family), C.uint32_t(queues), swapchain, &device))
	return device, err
}

// CreateSetLayout makes the layout of sets whose bindings are storage texel
// buffers first, then storage buffers.
func CreateSetLayout(device unsafe.Pointer, texels, buffers int) (layout unsafe.Pointer, err error) {
	err = check(C.vkc_create_set_layout(device, C.uint32_t(texels), C.uint32_t(buffers), &layout))
	return layout, err
}

// CreatePipelineLayout makes a layout of one set and push constants.
func CreatePipelineLayout(device, setLayout unsafe.Pointer, pushBytes int) (layout unsafe.Pointer, err error) {
	err = check(C.vkc_create_pipeline_layout(device, setLayout, C.uint32_t(pushBytes), &layout))
	return layout, err
}

// CreatePool makes a pool for that many sets and descriptors.
func CreatePool(device unsafe.Pointer, sets, texels, buffers int) (pool unsafe.Pointer, err error) {
	err = check(C.vkc_create_pool(device, C.uint32_t(sets), C.uint32_t(texels), C.uint32_t(buffers), &pool))
	return pool, err
}

// AllocateSet takes a set from the pool.
func AllocateSet(device, pool, layout unsafe.Pointer) (set unsafe.Pointer, err error) {
	err = check(C.vkc_allocate_set(device, pool, layout, &set))
	return set, err
}

// Descriptor is what one binding of a set shows: a view, or a range of bytes
// of a buffer.
type Descriptor struct {
	Buffer        unsafe.Pointer
	Offset, Range uint64
	View          unsafe.Pointer
}

// WriteSet fills the bindings of a set, from 0 on.
func WriteSet(device, set unsafe.Pointer, descriptors []Descriptor) {
	n := len(descriptors)
	c := (*C.vkc_descriptor)(C.calloc(C.size_t(n), C.sizeof_vkc_descriptor))
	defer C.free(unsafe.Pointer(c))
	for i, d := range descriptors {
		unsafe.Slice(c, n)[i] = C.vkc_descriptor{buffer: d.Buffer, offset: C.uint64_t(d.Offset), _range: C.uint64_t(d.Range), view: d.View}
	}
	C.vkc_write_set(device, set, C.uint32_t(n), c)
}

// Pipeline is a compute pipeline to make.
type Pipeline struct {
	Module, Layout unsafe.Pointer
	Constants      []uint32 // specialization constants 0, 1, ...
	SubgroupSize   int      // required; 0: the device's own
	FullSubgroups  bool     // required
}

// CreatePipelines makes pipelines in one call.
func CreatePipelines(device, cache unsafe.Pointer, infos []Pipeline) ([]unsafe.Pointer, error) {
	n := len(infos)
	c := (*C.vkc_pipeline)(C.calloc(C.size_t(n), C.sizeof_vkc_pipeline))
	defer C.free(unsafe.Pointer(c))
	out := (*unsafe.Pointer)(C.calloc(C.size_t(n), C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(out))
	for i, p := range infos {
		defer C.free(p.fill(&unsafe.Slice(c, n)[i]))
	}
	err := check(C.vkc_create_pipelines(device, cache, C.uint32_t(n), c, out))
	return append([]unsafe.Pointer(nil), unsafe.Slice(out, n)...), err
}

// The barriers that recordings use, each over all memory.
const (
	ComputeToCompute  Dependency = C.VKC_COMPUTE_TO_COMPUTE
	TransferToCompute Dependency = C.VKC_TRANSFER_TO_COMPUTE
	ComputeToTransfer Dependency = C.VKC_COMPUTE_TO_TRANSFER
	ToHost            Dependency = C.VKC_TO_HOST
	HostToDevice      Dependency = C.VKC_HOST_TO_DEVICE
)

// Barrier records a memory barrier.
func Barrier(commands unsafe.Pointer, d Dependency) { C.vkc_barrier(commands, C.int(d)) }

// Copy records a copy of bytes between buffers.
func Copy(commands, src, dst unsafe.Pointer, srcOffset, dstOffset, bytes uint64) {
	r := C.vkc_region{src: C.uint64_t(srcOffset), dst: C.uint64_t(dstOffset), bytes: C.uint64_t(bytes)}
	C.vkc_copy(commands, src, dst, 1, &r)
}

// Submit hands a command buffer to the queue; fence is signalled when it ends.
func Submit(queue, commands, fence unsafe.Pointer) error {
	list := (*unsafe.Pointer)(C.calloc(1, C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(list))
	*list = commands
	return check(C.vkc_submit(queue, 1, list, fence))
}

// ObjectType is a VkObjectType.
type ObjectType int32

// The objects that get names.
const (
	BufferObject   ObjectType = 9
	PipelineObject ObjectType = 19
)

// Name gives an object a name that debuggers and the validation layers show.
func Name(device unsafe.Pointer, t ObjectType, handle unsafe.Pointer, name string) {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	C.vkc_name(device, C.int32_t(t), handle, c)
}

// BeginLabel opens a region of commands that debuggers show under that name.
func BeginLabel(commands unsafe.Pointer, name string) {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	C.vkc_begin_label(commands, c)
}

// EndLabel closes the region.
func EndLabel(commands unsafe.Pointer) { C.vkc_end_label(commands) }

// Messages takes what the validation layers have said so far.
func Messages() []string {
	const bytes = 2048
	buf := (*C.char)(C.malloc(bytes))
	defer C.free(unsafe.Pointer(buf))
	var all []string
	for C.vkc_message(buf, bytes) != 0 {
		all = append(all, C.GoString(buf))
	}
	return all
}

// fill writes the pipeline as C takes it, and returns memory to be freed after use.
func (p Pipeline) fill(c *C.vkc_pipeline) unsafe.Pointer {
	var constants unsafe.Pointer
	if len(p.Constants) > 0 {
		constants = C.CBytes(unsafe.Slice((*byte)(unsafe.Pointer(&p.Constants[0])), 4*len(p.Constants)))
	}
	*c = C.vkc_pipeline{module: p.Module, layout: p.Layout, constants: (*C.uint32_t)(constants),
		constant_count: C.uint32_t(len(p.Constants)), subgroup_size: C.uint32_t(p.SubgroupSize)}
	if p.FullSubgroups {
		c.full_subgroups = 1
	}
	return constants
}
