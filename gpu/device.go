package gpu

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/shaders"
)

// Device is an open device. It may be used by several goroutines.
type Device struct {
	info   Info
	limits lower.Limits
	vulkan *vulkan.Device

	mu     sync.Mutex
	closed bool
	users  int // nets that are loaded
	checks checks
}

// Open opens the device that the choice means.
func Open(c Choice) (*Device, error) {
	instance, err := vulkan.Acquire()
	if err != nil {
		return nil, err
	}
	all, err := list(instance)
	var info Info
	if err == nil {
		info, err = c.Pick(all)
	}
	var d *Device
	if err == nil {
		d, err = OpenPhysical(info.Index, info.physical, false)
	}
	if err != nil {
		vulkan.Release()
		return nil, err
	}
	return d, nil
}

// OpenPhysical is for package draw: it opens a device on the instance that was
// acquired for it; presents asks for one that can show pictures.
func OpenPhysical(index int, p vulkan.Physical, presents bool) (*Device, error) {
	v, err := vulkan.Open(p, presents)
	if err != nil {
		return nil, err
	}
	return &Device{info: describe(index, p), limits: limitsOf(p), vulkan: v, checks: checks{right: map[string]bool{}}}, nil
}

// Info says what the device is.
func (d *Device) Info() Info { return d.info }

// Kernels returns the names of the kernels that the device can run, but for those
// that compute no operation.
func (d *Device) Kernels() []string { return lower.Kernels(d.limits) }

// MemoryInUse returns the bytes of all buffers that are alive on the device,
// and the most there have been at one time.
func (d *Device) MemoryInUse() (now, peak int64) { return d.vulkan.MemoryInUse() }

// Vulkan is for package draw: the Vulkan objects of the device, which stay its own.
func (d *Device) Vulkan() *vulkan.Device { return d.vulkan }

// Close frees the device. Nets that are still loaded on it keep it alive until
// they are closed; no new ones can be loaded. All is freed whatever the error,
// which tells that the device was lost.
func (d *Device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return fmt.Errorf("device %s: %w", d.info.Name, ErrClosed)
	}
	d.closed = true
	idle := d.users == 0
	d.mu.Unlock()
	if idle {
		return d.vulkan.Close()
	}
	return nil
}

// Retain adds a user that Close waits for, who calls Drop: a net, a canvas.
func (d *Device) Retain() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("device %s: %w", d.info.Name, ErrClosed)
	}
	d.users++
	return nil
}

// Drop removes a user; the last one of a closed device destroys it.
func (d *Device) Drop() error {
	d.mu.Lock()
	d.users--
	last := d.closed && d.users == 0
	d.mu.Unlock()
	if last {
		return d.vulkan.Close()
	}
	return nil
}

// admit returns an error unless the device can run that code in the kernel's place.
func (d *Device) admit(k shaders.Kernel, code []byte) error {
	if err := k.Check(code); err != nil {
		return err
	}
	face, err := shaders.Reflect(code)
	if err == nil && !d.limits.Takes(face) {
		err = fmt.Errorf("kernel %s: %w: its work groups of %v with %d bytes of shared memory are too large for %s", k.Name, ErrTooLarge, face.Group, face.Shared, d.info.Name)
	}
	return err
}

// limitsOf copies what lowering must know of a device.
func limitsOf(p vulkan.Physical) lower.Limits {
	t := typeOf(p)
	return lower.Limits{
		Name: p.Name, GPU: t.GPU(), CPU: t == CPU,
		StorageAlignment: p.StorageAlignment, TexelAlignment: p.TexelAlignment,
		MaxStorageRange: p.MaxStorageRange, MaxTexelElements: p.MaxTexelElements,
		MaxGroupCount: p.MaxGroupCount, MaxGroupSize: p.MaxGroupSize,
		MaxGroupInvocations: p.MaxGroupInvocations, MaxSharedBytes: p.MaxSharedBytes,
		SubgroupSize: p.SubgroupSize, SubgroupMin: p.SubgroupMin, SubgroupMax: p.SubgroupMax,
		SubgroupStages: p.SubgroupStages, SubgroupOperations: p.SubgroupOperations, SizeControl: p.SizeControl, Cores: p.Cores,
		Storage16: p.Storage16, Float16: p.Float16, BreaksOnHalf: p.BreaksOnHalf(runtime.GOARCH), CooperativeMatrix16: p.CooperativeMatrix16,
		RGBA32FTexels: p.RGBA32FTexels, RGBA16FTexels: p.RGBA16FTexels,
	}
}
