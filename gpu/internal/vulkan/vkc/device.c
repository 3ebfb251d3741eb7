// What physical devices are, and the making of logical ones.
#include "vkc_internal.h"

#include <stdlib.h>
#include <string.h>

static int has_extension(VkPhysicalDevice physical, const char *name) {
	uint32_t n = 0;
	if (vkc.EnumerateDeviceExtensionProperties(physical, NULL, &n, NULL) != VK_SUCCESS || n == 0) return 0;
	VkExtensionProperties *p = calloc(n, sizeof *p);
	int found = 0;
	if (p != NULL && vkc.EnumerateDeviceExtensionProperties(physical, NULL, &n, p) >= 0)
		for (uint32_t i = 0; i < n; i++) found |= strcmp(p[i].extensionName, name) == 0;
	free(p);
	return found;
}

static void describe_limits(const VkPhysicalDeviceProperties *p, vkc_info *info) {
	const VkPhysicalDeviceLimits *l = &p->limits;
	memcpy(info->name, p->deviceName, sizeof info->name);
	memcpy(info->cache_uuid, p->pipelineCacheUUID, 16);
	info->api_version = p->apiVersion; info->driver_version = p->driverVersion;
	info->vendor_id = p->vendorID; info->device_id = p->deviceID; info->type = p->deviceType;
	info->max_storage_range = l->maxStorageBufferRange; info->max_texel_elements = l->maxTexelBufferElements;
	info->max_push_bytes = l->maxPushConstantsSize; info->max_shared_bytes = l->maxComputeSharedMemorySize;
	memcpy(info->max_group_count, l->maxComputeWorkGroupCount, sizeof info->max_group_count);
	memcpy(info->max_group_size, l->maxComputeWorkGroupSize, sizeof info->max_group_size);
	info->max_group_invocations = l->maxComputeWorkGroupInvocations;
	info->max_bound_storage_buffers = l->maxPerStageDescriptorStorageBuffers;
	info->max_allocations = l->maxMemoryAllocationCount;
	info->storage_alignment = l->minStorageBufferOffsetAlignment; info->texel_alignment = l->minTexelBufferOffsetAlignment;
	info->atom_bytes = l->nonCoherentAtomSize; info->copy_alignment = l->optimalBufferCopyOffsetAlignment;
	info->timestamp_ns = l->timestampPeriod;
}

static void describe_newer(VkPhysicalDevice physical, vkc_info *info) {
	int at12 = info->api_version >= VK_API_VERSION_1_2;
	int control = info->api_version >= VK_API_VERSION_1_3 || has_extension(physical, "VK_EXT_subgroup_size_control");
	VkPhysicalDeviceSubgroupSizeControlProperties sizes = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
	VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
	VkPhysicalDeviceSubgroupProperties subgroup = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, .pNext = &subgroup};
	VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
	if (control) { sizes.pNext = p.pNext; p.pNext = &sizes; }
	VkPhysicalDeviceShaderSMBuiltinsPropertiesNV nvidia = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV};
	VkPhysicalDeviceShaderCorePropertiesAMD amd = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD};
	if (has_extension(physical, "VK_NV_shader_sm_builtins")) { nvidia.pNext = p.pNext; p.pNext = &nvidia; }
	if (has_extension(physical, "VK_AMD_shader_core_properties")) { amd.pNext = p.pNext; p.pNext = &amd; }
	VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT};
	info->pci_told = has_extension(physical, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME);
	if (info->pci_told) { pci.pNext = p.pNext; p.pNext = &pci; }
	if (at12) { driver.pNext = p.pNext; p.pNext = &driver; }
	vkc.GetPhysicalDeviceProperties2(physical, &p);
	info->cores = nvidia.shaderSMCount != 0 ? nvidia.shaderSMCount : amd.shaderEngineCount * amd.shaderArraysPerEngineCount * amd.computeUnitsPerShaderArray;
	info->pci_domain = pci.pciDomain; info->pci_bus = pci.pciBus; info->pci_device = pci.pciDevice; info->pci_function = pci.pciFunction;
	memcpy(info->device_uuid, id.deviceUUID, 16);
	memcpy(info->driver_uuid, id.driverUUID, 16);
	if (at12) {
		memcpy(info->driver_name, driver.driverName, sizeof info->driver_name);
		memcpy(info->driver_info, driver.driverInfo, sizeof info->driver_info);
		info->driver_id = driver.driverID;
	}
	info->subgroup_size = info->subgroup_min = info->subgroup_max = subgroup.subgroupSize;
	info->subgroup_stages = subgroup.supportedStages;
	info->subgroup_operations = subgroup.supportedOperations;

	VkPhysicalDeviceSubgroupSizeControlFeatures controls = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES};
	VkPhysicalDeviceShaderFloat16Int8Features half = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES};
	VkPhysicalDevice16BitStorageFeatures storage = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES};
	VkPhysicalDeviceFeatures2 f = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &storage};
	if (at12) { half.pNext = f.pNext; f.pNext = &half; }
	if (control) { controls.pNext = f.pNext; f.pNext = &controls; }
	vkc.GetPhysicalDeviceFeatures2(physical, &f);
	info->storage16 = storage.storageBuffer16BitAccess;
	info->float16 = half.shaderFloat16;
	if (control && controls.subgroupSizeControl) {
		info->subgroup_min = sizes.minSubgroupSize;
		info->subgroup_max = sizes.maxSubgroupSize;
		info->size_control = (sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
		info->full_subgroups = controls.computeFullSubgroups;
	}
}

// has_matrix16 reports whether subgroups can multiply 16x16x16 float16 matrices
// into float32 sums.
static int has_matrix16(VkPhysicalDevice physical) {
	uint32_t n = 0;
	if (vkc.GetCooperativeMatrices == NULL || vkc.GetCooperativeMatrices(physical, &n, NULL) != VK_SUCCESS || n == 0) return 0;
	vkc_matrix_properties *p = calloc(n, sizeof *p);
	if (p == NULL) return 0;
	for (uint32_t i = 0; i < n; i++) p[i].sType = VKC_MATRIX_PROPERTIES;
	int found = 0;
	if (vkc.GetCooperativeMatrices(physical, &n, p) >= 0)
		for (uint32_t i = 0; i < n; i++)
			found |= p[i].m == 16 && p[i].n == 16 && p[i].k == 16 && p[i].a_type == VKC_COMPONENT_FLOAT16 && p[i].b_type == VKC_COMPONENT_FLOAT16 &&
				p[i].c_type == VKC_COMPONENT_FLOAT32 && p[i].result_type == VKC_COMPONENT_FLOAT32 && !p[i].saturating && p[i].scope == VKC_SCOPE_SUBGROUP;
	free(p);
	return found;
}

// describe_matrix asks for cooperative matrices, and for what the kernels that
// use them need besides: Vulkan's memory model, float16 in shared memory, full
// subgroups of 32.
static void describe_matrix(VkPhysicalDevice physical, vkc_info *info) {
	if (info->api_version < VK_API_VERSION_1_2 || !has_extension(physical, "VK_KHR_cooperative_matrix")) return;
	VkPhysicalDeviceVulkanMemoryModelFeatures memory = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES};
	vkc_matrix_features matrix = {.sType = VKC_MATRIX_FEATURES, .pNext = &memory};
	VkPhysicalDeviceFeatures2 f = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &matrix};
	vkc.GetPhysicalDeviceFeatures2(physical, &f);
	info->coopmat = matrix.cooperativeMatrix;
	info->coopmat16 = matrix.cooperativeMatrix && memory.vulkanMemoryModel && info->float16 && info->storage16 && info->size_control && info->full_subgroups &&
		info->subgroup_min <= 32 && info->subgroup_max >= 32 && has_matrix16(physical);
}

static void describe_executables(VkPhysicalDevice physical, vkc_info *info) {
	if (!has_extension(physical, "VK_KHR_pipeline_executable_properties")) return;
	VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR};
	VkPhysicalDeviceFeatures2 f = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &executables};
	vkc.GetPhysicalDeviceFeatures2(physical, &f);
	info->executables = executables.pipelineExecutableInfo;
}

static int texels(VkPhysicalDevice physical, VkFormat format) {
	VkFormatProperties p;
	vkc.GetPhysicalDeviceFormatProperties(physical, format, &p);
	return (p.bufferFeatures & VK_FORMAT_FEATURE_STORAGE_TEXEL_BUFFER_BIT) != 0;
}

void vkc_describe(void *physical, vkc_info *info) {
	memset(info, 0, sizeof *info);
	VkPhysicalDeviceProperties p;
	vkc.GetPhysicalDeviceProperties(physical, &p);
	describe_limits(&p, info);
	if (info->api_version >= VK_API_VERSION_1_1 && vkc.GetPhysicalDeviceProperties2 != NULL) {
		describe_newer(physical, info);
		describe_executables(physical, info);
	}
	info->portability = has_extension(physical, "VK_KHR_portability_subset");
	describe_matrix(physical, info);
	info->rgba32f_texels = texels(physical, VK_FORMAT_R32G32B32A32_SFLOAT);
	info->rgba16f_texels = texels(physical, VK_FORMAT_R16G16B16A16_SFLOAT);

	VkPhysicalDeviceMemoryProperties m;
	vkc.GetPhysicalDeviceMemoryProperties(physical, &m);
	info->type_count = m.memoryTypeCount;
	for (uint32_t i = 0; i < m.memoryTypeCount; i++) { info->type_flags[i] = m.memoryTypes[i].propertyFlags; info->type_heap[i] = m.memoryTypes[i].heapIndex; }
	info->heap_count = m.memoryHeapCount;
	for (uint32_t i = 0; i < m.memoryHeapCount; i++) { info->heap_flags[i] = m.memoryHeaps[i].flags; info->heap_bytes[i] = m.memoryHeaps[i].size; }

	VkQueueFamilyProperties q[VKC_MAX_FAMILIES];
	vkc.GetPhysicalDeviceQueueFamilyProperties(physical, &info->family_count, NULL);
	if (info->family_count > VKC_MAX_FAMILIES) info->family_count = VKC_MAX_FAMILIES;
	vkc.GetPhysicalDeviceQueueFamilyProperties(physical, &info->family_count, q);
	for (uint32_t i = 0; i < info->family_count; i++) {
		info->family_flags[i] = q[i].queueFlags;
		info->family_queues[i] = q[i].queueCount;
		info->family_timestamp_bits[i] = q[i].timestampValidBits;
	}
}

// vkc_create_device makes a device with queues of one family and the optional
// features that the kernels use, where info says that they are there; presents
// asks for one that can show pictures.
int32_t vkc_create_device(void *physical, const vkc_info *info, uint32_t family, uint32_t queues, int presents, void **device) {
	float priorities[2] = {1, 1};
	VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueFamilyIndex = family, .queueCount = queues, .pQueuePriorities = priorities};
	const char *extensions[6];
	VkDeviceCreateInfo create = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue, .ppEnabledExtensionNames = extensions};
	if (presents) extensions[create.enabledExtensionCount++] = "VK_KHR_swapchain";
	if (info->portability) extensions[create.enabledExtensionCount++] = "VK_KHR_portability_subset";
	VkPhysicalDeviceSubgroupSizeControlFeatures controls = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES, .subgroupSizeControl = VK_TRUE, .computeFullSubgroups = info->full_subgroups};
	if (info->size_control) {
		create.pNext = &controls;
		if (info->api_version < VK_API_VERSION_1_3) extensions[create.enabledExtensionCount++] = "VK_EXT_subgroup_size_control";
	}
	VkPhysicalDevice16BitStorageFeatures storage = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES, .storageBuffer16BitAccess = VK_TRUE};
	if (info->storage16) {
		storage.pNext = (void *)create.pNext;
		create.pNext = &storage;
	}
	VkPhysicalDeviceVulkanMemoryModelFeatures memory = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES, .vulkanMemoryModel = VK_TRUE};
	vkc_matrix_features matrix = {.sType = VKC_MATRIX_FEATURES, .pNext = &memory, .cooperativeMatrix = VK_TRUE};
	if (info->coopmat16) {
		extensions[create.enabledExtensionCount++] = "VK_KHR_cooperative_matrix";
		memory.pNext = (void *)create.pNext;
		create.pNext = &matrix;
	}
	VkPhysicalDeviceShaderFloat16Int8Features half = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES, .shaderFloat16 = VK_TRUE};
	if (info->float16) { // which is asked for from Vulkan 1.2 on
		half.pNext = (void *)create.pNext;
		create.pNext = &half;
	}
	VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, .pipelineExecutableInfo = VK_TRUE};
	if (info->executables) { // costs nothing but where a pipeline asks
		extensions[create.enabledExtensionCount++] = "VK_KHR_pipeline_executable_properties";
		executables.pNext = (void *)create.pNext;
		create.pNext = &executables;
	}
	return vkc.CreateDevice(physical, &create, NULL, (VkDevice *)device);
}
