//go:build cgo

package vulkan

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
	"github.com/vkeras/vkeras/shaders"
)

// maxPushBytes is the guaranteed size of push constants; all kernels stay
// below it (Vulkan 1.3, table "Required Limits").
const maxPushBytes = 128

// layout is how kernels with the same bindings see their arguments.
type layout struct {
	set      unsafe.Pointer
	pipeline unsafe.Pointer
}

// Pipeline is a kernel made for a device, once, by whoever needs it first.
type Pipeline struct {
	once   sync.Once
	handle vk.Pipeline
	layout *layout
	err    error
}

// layout returns the layouts for kernels with these bindings. d.mu is held.
func (d *Device) layout(b shaders.Bindings) (*layout, error) {
	if l, ok := d.layouts[b]; ok {
		return l, nil
	}
	set, err := vkc.CreateSetLayout(unsafe.Pointer(d.handle), b.Texels, b.Buffers)
	if err != nil {
		return nil, fail("make a descriptor set layout", err)
	}
	pipeline, err := vkc.CreatePipelineLayout(unsafe.Pointer(d.handle), set, maxPushBytes)
	if err != nil {
		vk.DestroyDescriptorSetLayout(d.handle, vk.DescriptorSetLayout(set), nil)
		return nil, fail("make a pipeline layout", err)
	}
	l := &layout{set: set, pipeline: pipeline}
	d.layouts[b] = l
	return l, nil
}

// MakePipelines makes the pipelines of kernels side by side: a driver may take
// longer for one than the network takes to run.
func (d *Device) MakePipelines(kernels []shaders.Kernel, replaced map[string][]byte) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, k := range kernels {
		group.Go(func() error {
			_, err := d.Pipeline(k, replaced[k.Name])
			return err
		})
	}
	return group.Wait()
}

// Pipeline returns the kernel's pipeline with its specialization constants, made
// at first use; code that is not nil stands in for the kernel's own.
func (d *Device) Pipeline(k shaders.Kernel, code []byte) (*Pipeline, error) {
	name := k.Variant()
	if code != nil {
		name += fmt.Sprintf(" (replaced by %x)", sha256.Sum256(code))
	}
	d.mu.Lock()
	p, ok := d.pipelines[name]
	if !ok {
		p = &Pipeline{}
		d.pipelines[name] = p
	}
	d.mu.Unlock()
	p.once.Do(func() { p.err = d.makePipeline(p, name, k, code) })
	return p, p.err
}

func (d *Device) makePipeline(p *Pipeline, name string, k shaders.Kernel, code []byte) error {
	l, info, err := d.prepare(k, code)
	if err != nil {
		return err
	}
	defer vk.DestroyShaderModule(d.handle, vk.ShaderModule(info.Module), nil)
	made, err := vkc.CreatePipelines(unsafe.Pointer(d.handle), unsafe.Pointer(d.cache), []vkc.Pipeline{info})
	if err != nil {
		return fail("make the pipeline of kernel "+name, err)
	}
	p.handle, p.layout = vk.Pipeline(made[0]), l
	vkc.Name(unsafe.Pointer(d.handle), vkc.PipelineObject, made[0], name)
	return nil
}

// prepare returns what a pipeline is made of; the caller destroys its module.
func (d *Device) prepare(k shaders.Kernel, code []byte) (*layout, vkc.Pipeline, error) {
	d.mu.Lock()
	l, err := d.layout(k.Bindings)
	d.mu.Unlock()
	if err != nil {
		return nil, vkc.Pipeline{}, err
	}
	module, err := d.module(k, code)
	if err != nil {
		return nil, vkc.Pipeline{}, err
	}
	info := vkc.Pipeline{Module: unsafe.Pointer(module), Layout: l.pipeline, Constants: k.Constants}
	if r := d.Physical; k.Tile.Lanes != 0 && r.SizeControl && r.SubgroupMin != r.SubgroupMax {
		info.SubgroupSize = k.Tile.Lanes
	}
	if k.Matrix {
		info.FullSubgroups = true
		if d.SubgroupMin != d.SubgroupMax {
			info.SubgroupSize = shaders.MatrixSubgroup
		}
	}
	return l, info, nil
}

// Inspect has the driver compile a kernel, or code in its place, and returns what
// it says of the machine code. Nothing runs, so it works on devices that only
// compile. The device must have Executables.
func (d *Device) Inspect(k shaders.Kernel, code []byte) ([]Executable, error) {
	_, info, err := d.prepare(k, code)
	if err != nil {
		return nil, err
	}
	defer vk.DestroyShaderModule(d.handle, vk.ShaderModule(info.Module), nil)
	made, err := vkc.CreateInspected(unsafe.Pointer(d.handle), info)
	if err != nil {
		return nil, fail("compile kernel "+k.Variant(), err)
	}
	defer vk.DestroyPipeline(d.handle, vk.Pipeline(made), nil)
	list, err := vkc.Executables(unsafe.Pointer(d.handle), made)
	if err != nil {
		return nil, fail("ask about kernel "+k.Variant(), err)
	}
	return list, nil
}

// module makes a shader module; the caller destroys it.
func (d *Device) module(k shaders.Kernel, code []byte) (vk.ShaderModule, error) {
	if code == nil {
		var err error
		if code, err = k.Code(); err != nil {
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
