// Descriptor sets and pipelines. A set's bindings are its storage texel
// buffers first, then its storage buffers.
#include "vkc_internal.h"

#include <stdlib.h>

enum { MAX_BINDINGS = 16 };

static VkDescriptorType kind(int texel) {
	return texel ? VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
}

int32_t vkc_create_set_layout(void *device, uint32_t texels, uint32_t buffers, void **layout) {
	VkDescriptorSetLayoutBinding bindings[MAX_BINDINGS] = {0};
	for (uint32_t i = 0; i < texels + buffers; i++) {
		bindings[i].binding = i;
		bindings[i].descriptorType = kind(i < texels);
		bindings[i].descriptorCount = 1;
		bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
	}
	VkDescriptorSetLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = texels + buffers, .pBindings = bindings};
	return vkc.CreateDescriptorSetLayout(device, &info, NULL, (VkDescriptorSetLayout *)layout);
}

int32_t vkc_create_pipeline_layout(void *device, void *set_layout, uint32_t push_bytes, void **layout) {
	VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = push_bytes};
	VkDescriptorSetLayout sets[1] = {set_layout};
	VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO, .setLayoutCount = 1, .pSetLayouts = sets, .pushConstantRangeCount = 1, .pPushConstantRanges = &push};
	return vkc.CreatePipelineLayout(device, &info, NULL, (VkPipelineLayout *)layout);
}

int32_t vkc_create_pool(void *device, uint32_t sets, uint32_t texels, uint32_t buffers, void **pool) {
	VkDescriptorPoolSize sizes[2];
	VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = sets, .pPoolSizes = sizes};
	if (texels > 0) sizes[info.poolSizeCount++] = (VkDescriptorPoolSize){kind(1), texels};
	if (buffers > 0) sizes[info.poolSizeCount++] = (VkDescriptorPoolSize){kind(0), buffers};
	return vkc.CreateDescriptorPool(device, &info, NULL, (VkDescriptorPool *)pool);
}

int32_t vkc_allocate_set(void *device, void *pool, void *layout, void **set) {
	VkDescriptorSetLayout layouts[1] = {layout};
	VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO, .descriptorPool = pool, .descriptorSetCount = 1, .pSetLayouts = layouts};
	return vkc.AllocateDescriptorSets(device, &info, (VkDescriptorSet *)set);
}

void vkc_write_set(void *device, void *set, uint32_t count, const vkc_descriptor *d) {
	VkWriteDescriptorSet writes[MAX_BINDINGS];
	VkDescriptorBufferInfo buffers[MAX_BINDINGS];
	VkBufferView views[MAX_BINDINGS];
	for (uint32_t i = 0; i < count; i++) {
		int texel = d[i].view != NULL;
		buffers[i] = (VkDescriptorBufferInfo){d[i].buffer, d[i].offset, d[i].range};
		views[i] = d[i].view;
		writes[i] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET, .dstSet = set, .dstBinding = i, .descriptorCount = 1, .descriptorType = kind(texel),
			.pBufferInfo = texel ? NULL : &buffers[i], .pTexelBufferView = texel ? &views[i] : NULL};
	}
	vkc.UpdateDescriptorSets(device, count, writes, 0, NULL);
}

int32_t vkc_create_pipelines(void *device, void *cache, uint32_t count, const vkc_pipeline *in, void **pipelines) {
	return vkc_create_flagged(device, cache, count, in, 0, pipelines);
}

int32_t vkc_create_flagged(void *device, void *cache, uint32_t count, const vkc_pipeline *in, uint32_t flags, void **pipelines) {
	enum { MAX_CONSTANTS = 32 };
	VkComputePipelineCreateInfo *infos = calloc(count, sizeof *infos);
	VkSpecializationInfo *specs = calloc(count, sizeof *specs);
	VkSpecializationMapEntry entries[MAX_CONSTANTS];
	VkPipelineShaderStageRequiredSubgroupSizeCreateInfo *sizes = calloc(count, sizeof *sizes);
	int32_t result = VK_ERROR_OUT_OF_HOST_MEMORY;
	if (infos == NULL || specs == NULL || sizes == NULL) goto done;
	for (uint32_t i = 0; i < MAX_CONSTANTS; i++) entries[i] = (VkSpecializationMapEntry){i, i * 4, 4};
	for (uint32_t i = 0; i < count; i++) {
		specs[i] = (VkSpecializationInfo){in[i].constant_count, entries, in[i].constant_count * 4, in[i].constants};
		infos[i] = (VkComputePipelineCreateInfo){.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO, .flags = flags, .layout = in[i].layout,
			.stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO, .stage = VK_SHADER_STAGE_COMPUTE_BIT, .module = in[i].module, .pName = "main", .pSpecializationInfo = &specs[i]}};
		if (in[i].full_subgroups) infos[i].stage.flags |= VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
		if (in[i].subgroup_size != 0) {
			sizes[i] = (VkPipelineShaderStageRequiredSubgroupSizeCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO, .requiredSubgroupSize = in[i].subgroup_size};
			infos[i].stage.pNext = &sizes[i];
		}
	}
	result = vkc.CreateComputePipelines(device, cache, count, infos, NULL, (VkPipeline *)pipelines);
done:
	free(infos); free(specs); free(sizes);
	return result;
}
