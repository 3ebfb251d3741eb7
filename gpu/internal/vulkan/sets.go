//go:build cgo

package vulkan

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// Sets is a pool of descriptor sets. Its owner calls Free, which frees them all.
type Sets struct {
	device *Device
	handle unsafe.Pointer
}

// Set is what kernels' bindings show.
type Set struct{ handle vk.DescriptorSet }

// NewSets makes room for that many sets with that many storage texel buffers and
// storage buffers in all of them.
func (d *Device) NewSets(sets, texels, buffers int) (*Sets, error) {
	pool, err := vkc.CreatePool(unsafe.Pointer(d.handle), sets, texels, buffers)
	if err != nil {
		return nil, fail("make a descriptor pool", err)
	}
	return &Sets{d, pool}, nil
}

// Free frees the pool.
func (s *Sets) Free() {
	if s != nil {
		vk.DestroyDescriptorPool(s.device.handle, vk.DescriptorPool(s.handle), nil)
	}
}

// New takes a set for a pipeline's bindings from the pool.
func (s *Sets) New(p *Pipeline) (Set, error) {
	set, err := vkc.AllocateSet(unsafe.Pointer(s.device.handle), s.handle, p.layout.set)
	if err != nil {
		return Set{}, fail("make a descriptor set", err)
	}
	return Set{vk.DescriptorSet(set)}, nil
}

// Write makes the set's bindings, from 0 on, show the arguments. Nothing that
// reads the set may be running.
func (s *Sets) Write(to Set, args []Argument) {
	descriptors := make([]vkc.Descriptor, len(args))
	for i, a := range args {
		if a.View.handle != nil {
			descriptors[i] = vkc.Descriptor{View: unsafe.Pointer(a.View.handle)}
			continue
		}
		descriptors[i] = vkc.Descriptor{Buffer: unsafe.Pointer(a.Buffer.handle), Offset: uint64(a.Offset), Range: uint64(a.Bytes)}
	}
	vkc.WriteSet(unsafe.Pointer(s.device.handle), unsafe.Pointer(to.handle), descriptors)
}
