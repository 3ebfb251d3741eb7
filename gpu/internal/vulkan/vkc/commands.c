// Barriers, copies, submission.
#include "vkc_internal.h"

#include <stdlib.h>

void vkc_barrier(void *commands, int kind) {
	static const struct { VkPipelineStageFlags from, to; VkAccessFlags write, read; } kinds[] = {
		[VKC_COMPUTE_TO_COMPUTE] = {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT},
		[VKC_TRANSFER_TO_COMPUTE] = {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT},
		[VKC_COMPUTE_TO_TRANSFER] = {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT},
		[VKC_TO_HOST] = {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT, VK_ACCESS_HOST_READ_BIT},
		[VKC_HOST_TO_DEVICE] = {VK_PIPELINE_STAGE_HOST_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_HOST_WRITE_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT},
	};
	VkMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = kinds[kind].write, .dstAccessMask = kinds[kind].read};
	vkc.CmdPipelineBarrier(commands, kinds[kind].from, kinds[kind].to, 0, 1, &b, 0, NULL, 0, NULL);
}

void vkc_copy(void *commands, void *src, void *dst, uint32_t count, const vkc_region *regions) {
	_Static_assert(sizeof(vkc_region) == sizeof(VkBufferCopy), "a region is a VkBufferCopy");
	vkc.CmdCopyBuffer(commands, src, dst, count, (const VkBufferCopy *)regions);
}

int32_t vkc_submit(void *queue, uint32_t count, void *const *commands, void *fence) {
	VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = count, .pCommandBuffers = (const VkCommandBuffer *)commands};
	return vkc.QueueSubmit(queue, 1, &info, fence);
}
