package gpu

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/shaders"
)

// layout is how kernels with the same bindings see their arguments.
type layout struct {
	set      unsafe.Pointer
	pipeline unsafe.Pointer
}

// pipeline is a kernel made for a device, once, by whoever needs it first.
type pipeline struct {
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

// makePipelines makes the pipelines of kernels side by side: a driver may take
// longer for one than the network takes to run.
func (d *Device) makePipelines(kernels []shaders.Kernel, replaced map[string][]byte) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, k := range kernels {
		group.Go(func() error {
			_, err := d.pipeline(k, replaced[k.Name])
			return err
		})
	}
	return group.Wait()
}

// pipeline returns the kernel's pipeline, made at first use; code that is not
// nil stands in for the kernel's own.
func (d *Device) pipeline(k shaders.Kernel, code []byte) (*pipeline, error) {
	name := k.Name
	if code != nil {
		name += fmt.Sprintf(" (replaced by %x)", sha256.Sum256(code))
	}
	d.mu.Lock()
	p, ok := d.pipelines[name]
	if !ok {
		p = &pipeline{}
		d.pipelines[name] = p
	}
	d.mu.Unlock()
	p.once.Do(func() { p.err = d.makePipeline(p, name, k, code) })
	return p, p.err
}

func (d *Device) makePipeline(p *pipeline, name string, k shaders.Kernel, code []byte) error {
	d.mu.Lock()
	l, err := d.layout(k.Bindings)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	module, err := d.module(k, code)
	if err != nil {
		return err
	}
	defer vk.DestroyShaderModule(d.handle, module, nil)
	info := vkc.Pipeline{Module: unsafe.Pointer(module), Layout: l.pipeline}
	if r := d.info.raw; k.Tile.Lanes != 0 && r.SizeControl && r.SubgroupMin != r.SubgroupMax {
		info.SubgroupSize = k.Tile.Lanes
	}
	if k.Matrix {
		info.FullSubgroups = true
		if d.info.raw.SubgroupMin != d.info.raw.SubgroupMax {
			info.SubgroupSize = matrixSubgroup
		}
	}
	made, err := vkc.CreatePipelines(unsafe.Pointer(d.handle), unsafe.Pointer(d.cache), []vkc.Pipeline{info})
	if err != nil {
		return fail("make the pipeline of kernel "+name, err)
	}
	p.handle, p.layout = vk.Pipeline(made[0]), l
	vkc.Name(unsafe.Pointer(d.handle), vkc.PipelineObject, made[0], name)
	return nil
}
