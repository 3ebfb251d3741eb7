//go:build cgo

package vulkan

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// Recorder writes into a command buffer, while Commands.Record lets it.
type Recorder struct{ buffer vk.CommandBuffer }

// Barrier orders what comes behind it after what is before.
func (r Recorder) Barrier(d Dependency) { vkc.Barrier(unsafe.Pointer(r.buffer), d) }

// Copy copies bytes between buffers.
func (r Recorder) Copy(from, to *Buffer, fromOffset, toOffset, bytes int64) {
	vkc.Copy(unsafe.Pointer(r.buffer), unsafe.Pointer(from.handle), unsafe.Pointer(to.handle), uint64(fromOffset), uint64(toOffset), uint64(bytes))
}

// Fill fills the first bytes of a buffer with copies of a word.
func (r Recorder) Fill(b *Buffer, bytes int64, word uint32) {
	vk.CmdFillBuffer(r.buffer, b.handle, 0, vk.DeviceSize(bytes), word)
}

// Bind makes the kernel, its arguments and its push constants those of the
// dispatches that follow.
func (r Recorder) Bind(p *Pipeline, s Set, push []byte) {
	layout := vk.PipelineLayout(p.layout.pipeline)
	vk.CmdBindPipeline(r.buffer, vk.PipelineBindPointCompute, p.handle)
	vk.CmdBindDescriptorSets(r.buffer, vk.PipelineBindPointCompute, layout, 0, 1, []vk.DescriptorSet{s.handle}, 0, nil)
	vk.CmdPushConstants(r.buffer, layout, vk.ShaderStageFlags(vk.ShaderStageComputeBit), 0, uint32(len(push)), unsafe.Pointer(&push[0]))
}

// Dispatch runs what is bound, in that many work groups.
func (r Recorder) Dispatch(groups [3]uint32) {
	vk.CmdDispatch(r.buffer, groups[0], groups[1], groups[2])
}

// BeginLabel opens a region of commands that debuggers show under that name.
func (r Recorder) BeginLabel(name string) { vkc.BeginLabel(unsafe.Pointer(r.buffer), name) }

// EndLabel closes the region.
func (r Recorder) EndLabel() { vkc.EndLabel(unsafe.Pointer(r.buffer)) }
