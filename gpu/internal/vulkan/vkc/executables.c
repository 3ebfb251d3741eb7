// What a driver says of the code that it made (VK_KHR_pipeline_executable_properties):
// its statistics, and its own forms of the code.
#include "vkc_internal.h"

#include <stdlib.h>
#include <string.h>

// vkc_create_inspected makes a pipeline whose executables can be asked about.
int32_t vkc_create_inspected(void *device, const vkc_pipeline *in, void **pipeline) {
	return vkc_create_flagged(device, NULL, 1, in, VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR, pipeline);
}

// vkc_executables lists at most VKC_MAX_EXECUTABLES of a pipeline's executables.
int32_t vkc_executables(void *device, void *pipeline, uint32_t *count, vkc_executable *out) {
	VkPipelineInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
	VkPipelineExecutablePropertiesKHR p[VKC_MAX_EXECUTABLES];
	for (uint32_t i = 0; i < VKC_MAX_EXECUTABLES; i++) p[i] = (VkPipelineExecutablePropertiesKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
	*count = VKC_MAX_EXECUTABLES;
	int32_t result = vkc.GetPipelineExecutablePropertiesKHR(device, &info, count, p);
	for (uint32_t i = 0; result >= 0 && i < *count; i++) {
		memcpy(out[i].name, p[i].name, sizeof out[i].name);
		memcpy(out[i].description, p[i].description, sizeof out[i].description);
		out[i].subgroup_size = p[i].subgroupSize;
	}
	return result;
}

// vkc_statistics lists an executable's statistics; the caller frees them.
int32_t vkc_statistics(void *device, void *pipeline, uint32_t executable, uint32_t *count, vkc_statistic **out) {
	VkPipelineExecutableInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline, .executableIndex = executable};
	*out = NULL;
	*count = 0;
	int32_t result = vkc.GetPipelineExecutableStatisticsKHR(device, &info, count, NULL);
	if (result < 0 || *count == 0) return result;
	VkPipelineExecutableStatisticKHR *s = calloc(*count, sizeof *s);
	*out = calloc(*count, sizeof **out);
	if (s == NULL || *out == NULL) {
		free(s);
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	for (uint32_t i = 0; i < *count; i++) s[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
	result = vkc.GetPipelineExecutableStatisticsKHR(device, &info, count, s);
	for (uint32_t i = 0; result >= 0 && i < *count; i++) {
		memcpy((*out)[i].name, s[i].name, sizeof (*out)[i].name);
		memcpy((*out)[i].description, s[i].description, sizeof (*out)[i].description);
		(*out)[i].format = s[i].format;
		memcpy(&(*out)[i].value, &s[i].value, 8);
	}
	free(s);
	return result;
}

// vkc_representations lists an executable's forms; the caller frees their data and
// them.
int32_t vkc_representations(void *device, void *pipeline, uint32_t executable, uint32_t *count, vkc_representation **out) {
	VkPipelineExecutableInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline, .executableIndex = executable};
	*out = NULL;
	*count = 0;
	int32_t result = vkc.GetPipelineExecutableInternalRepresentationsKHR(device, &info, count, NULL);
	if (result < 0 || *count == 0) return result;
	VkPipelineExecutableInternalRepresentationKHR *r = calloc(*count, sizeof *r);
	*out = calloc(*count, sizeof **out);
	if (r == NULL || *out == NULL) {
		free(r);
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	for (uint32_t i = 0; i < *count; i++) r[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
	result = vkc.GetPipelineExecutableInternalRepresentationsKHR(device, &info, count, r); // sizes
	for (uint32_t i = 0; result >= 0 && i < *count; i++)
		if ((r[i].pData = calloc(1, r[i].dataSize + 1)) == NULL) result = VK_ERROR_OUT_OF_HOST_MEMORY;
	if (result >= 0) result = vkc.GetPipelineExecutableInternalRepresentationsKHR(device, &info, count, r);
	for (uint32_t i = 0; i < *count; i++) {
		memcpy((*out)[i].name, r[i].name, sizeof (*out)[i].name);
		memcpy((*out)[i].description, r[i].description, sizeof (*out)[i].description);
		(*out)[i].text = r[i].isText;
		(*out)[i].data = r[i].pData;
		(*out)[i].bytes = r[i].dataSize;
	}
	free(r);
	return result;
}
