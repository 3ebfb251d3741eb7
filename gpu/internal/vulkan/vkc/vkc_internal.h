// Shared by the C files of package vkc.
#ifndef VKC_INTERNAL_H
#define VKC_INTERNAL_H
#include "headers.h"
#include "matrix.h"
#include "vkc.h"

#define FUNCTION(name) PFN_vk##name name
struct vkc_functions {
	FUNCTION(DestroyInstance); FUNCTION(EnumeratePhysicalDevices); FUNCTION(EnumerateDeviceExtensionProperties);
	FUNCTION(GetPhysicalDeviceProperties); FUNCTION(GetPhysicalDeviceProperties2); FUNCTION(GetPhysicalDeviceFeatures2);
	FUNCTION(GetPhysicalDeviceMemoryProperties); FUNCTION(GetPhysicalDeviceQueueFamilyProperties); FUNCTION(GetPhysicalDeviceFormatProperties);
	FUNCTION(CreateDevice); FUNCTION(CreateDescriptorSetLayout); FUNCTION(CreatePipelineLayout); FUNCTION(CreateDescriptorPool);
	FUNCTION(AllocateDescriptorSets); FUNCTION(UpdateDescriptorSets); FUNCTION(CreateComputePipelines);
	FUNCTION(CmdPipelineBarrier); FUNCTION(CmdCopyBuffer); FUNCTION(QueueSubmit);
	FUNCTION(CreateDebugUtilsMessengerEXT); FUNCTION(DestroyDebugUtilsMessengerEXT); FUNCTION(SetDebugUtilsObjectNameEXT);
	vkc_matrix_function GetCooperativeMatrices; // vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR
	FUNCTION(GetPhysicalDeviceSurfaceSupportKHR); FUNCTION(GetPhysicalDeviceSurfaceCapabilitiesKHR); FUNCTION(GetPhysicalDeviceSurfaceFormatsKHR);
	FUNCTION(DestroySurfaceKHR); FUNCTION(CreateSwapchainKHR); FUNCTION(DestroySwapchainKHR); FUNCTION(GetSwapchainImagesKHR);
	FUNCTION(AcquireNextImageKHR); FUNCTION(QueuePresentKHR); FUNCTION(CreateSemaphore); FUNCTION(DestroySemaphore); FUNCTION(CmdCopyBufferToImage);
	FUNCTION(GetPipelineExecutablePropertiesKHR); FUNCTION(GetPipelineExecutableStatisticsKHR); FUNCTION(GetPipelineExecutableInternalRepresentationsKHR);
	FUNCTION(CmdBeginDebugUtilsLabelEXT); FUNCTION(CmdEndDebugUtilsLabelEXT);
};
#undef FUNCTION
extern struct vkc_functions vkc;

VkDebugUtilsMessengerCreateInfoEXT vkc_messenger_info(void);
void vkc_listen(VkInstance instance);
void vkc_unlisten(VkInstance instance);
int32_t vkc_create_flagged(void *device, void *cache, uint32_t count, const vkc_pipeline *in, uint32_t flags, void **pipelines);
#endif
