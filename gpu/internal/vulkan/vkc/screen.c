// Surfaces and swapchains: pictures that lie in a buffer, shown in a window.
#include "vkc_internal.h"

#include <stdlib.h>

enum { MAX_IMAGES = 16 };

// vkc_presents says whether queues of the family can show pictures on the surface.
int vkc_presents(void *physical, uint32_t family, uint64_t surface) {
	VkBool32 yes = VK_FALSE;
	return vkc.GetPhysicalDeviceSurfaceSupportKHR(physical, family, (VkSurfaceKHR)surface, &yes) == VK_SUCCESS && yes;
}

void vkc_destroy_surface(void *instance, uint64_t surface) { vkc.DestroySurfaceKHR(instance, (VkSurfaceKHR)surface, NULL); }

// order tells whether pixels of a format are four bytes, red first (1) or blue
// first (2), or not (0). A copy moves bytes as they are, so that UNORM and SRGB
// are one.
static int order(VkFormat f) {
	switch (f) {
	case VK_FORMAT_R8G8B8A8_UNORM: case VK_FORMAT_R8G8B8A8_SRGB:
	case VK_FORMAT_A8B8G8R8_UNORM_PACK32: case VK_FORMAT_A8B8G8R8_SRGB_PACK32: return 1;
	case VK_FORMAT_B8G8R8A8_UNORM: case VK_FORMAT_B8G8R8A8_SRGB: return 2;
	default: return 0;
	}
}

// choose_format takes the first fitting format in sRGB colours.
static int32_t choose_format(void *physical, VkSurfaceKHR surface, VkSurfaceFormatKHR *chosen) {
	uint32_t n = 0;
	VkResult r = vkc.GetPhysicalDeviceSurfaceFormatsKHR(physical, surface, &n, NULL);
	if (r < 0) return r;
	VkSurfaceFormatKHR *formats = calloc(n + 1, sizeof *formats);
	if (formats == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
	r = vkc.GetPhysicalDeviceSurfaceFormatsKHR(physical, surface, &n, formats);
	int found = 0;
	for (uint32_t i = 0; r >= 0 && i < n && !found; i++) {
		found = order(formats[i].format) != 0 && formats[i].colorSpace == VK_COLOR_SPACE_SRGB_NONLINEAR_KHR;
		if (found) *chosen = formats[i];
	}
	free(formats);
	return r < 0 ? r : found ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

// vkc_create_swapchain makes images that wait for the display (FIFO, which every
// device has) of the window's size or, where the window system asks for another,
// of that. A minimised window has no pixels: the handle is NULL then.
int32_t vkc_create_swapchain(void *device, void *physical, uint64_t surface, uint32_t width, uint32_t height, void *old, vkc_swapchain *out) {
	VkSurfaceCapabilitiesKHR caps;
	VkSurfaceFormatKHR format;
	*out = (vkc_swapchain){0};
	VkResult r = vkc.GetPhysicalDeviceSurfaceCapabilitiesKHR(physical, (VkSurfaceKHR)surface, &caps);
	if (r < 0) return r;
	if (!(caps.supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_DST_BIT)) return VK_ERROR_FORMAT_NOT_SUPPORTED;
	if ((r = choose_format(physical, (VkSurfaceKHR)surface, &format)) < 0) return r;
	VkExtent2D extent = caps.currentExtent;
	if (extent.width == UINT32_MAX) extent = (VkExtent2D){width, height};
	if (extent.width > caps.maxImageExtent.width) extent.width = caps.maxImageExtent.width;
	if (extent.height > caps.maxImageExtent.height) extent.height = caps.maxImageExtent.height;
	if (extent.width == 0 || extent.height == 0) return VK_SUCCESS;
	uint32_t images = caps.minImageCount + 1;
	if (caps.maxImageCount != 0 && images > caps.maxImageCount) images = caps.maxImageCount;
	VkCompositeAlphaFlagBitsKHR alpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR;
	while (!(caps.supportedCompositeAlpha & alpha)) alpha <<= 1;
	VkSwapchainCreateInfoKHR info = {.sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR, .surface = (VkSurfaceKHR)surface, .minImageCount = images,
		.imageFormat = format.format, .imageColorSpace = format.colorSpace, .imageExtent = extent, .imageArrayLayers = 1,
		.imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT, .preTransform = caps.currentTransform, .compositeAlpha = alpha,
		.presentMode = VK_PRESENT_MODE_FIFO_KHR, .clipped = VK_TRUE, .oldSwapchain = old};
	VkSwapchainKHR handle;
	if ((r = vkc.CreateSwapchainKHR(device, &info, NULL, &handle)) < 0) return r;
	*out = (vkc_swapchain){.handle = handle, .width = extent.width, .height = extent.height, .blue_first = order(format.format) == 2};
	VkImage list[MAX_IMAGES];
	r = vkc.GetSwapchainImagesKHR(device, handle, &out->count, NULL);
	if (r == VK_SUCCESS && out->count > MAX_IMAGES) r = VK_ERROR_INITIALIZATION_FAILED;
	if (r == VK_SUCCESS) r = vkc.GetSwapchainImagesKHR(device, handle, &out->count, list);
	if (r != VK_SUCCESS) {
		vkc.DestroySwapchainKHR(device, handle, NULL);
		*out = (vkc_swapchain){0};
		return r < 0 ? r : VK_ERROR_INITIALIZATION_FAILED;
	}
	for (uint32_t i = 0; i < out->count; i++) out->images[i] = list[i];
	return VK_SUCCESS;
}

void vkc_destroy_swapchain(void *device, void *swapchain) { vkc.DestroySwapchainKHR(device, swapchain, NULL); }

int32_t vkc_create_semaphore(void *device, void **semaphore) {
	VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
	return vkc.CreateSemaphore(device, &info, NULL, (VkSemaphore *)semaphore);
}

void vkc_destroy_semaphore(void *device, void *semaphore) { vkc.DestroySemaphore(device, semaphore, NULL); }

int32_t vkc_acquire(void *device, void *swapchain, uint64_t nanoseconds, void *semaphore, uint32_t *image) {
	return vkc.AcquireNextImageKHR(device, swapchain, nanoseconds, semaphore, VK_NULL_HANDLE, image);
}

int32_t vkc_submit_frame(void *queue, void *commands, void *acquired, void *drawn, void *fence) {
	VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
	VkSemaphore wait = acquired, signal = drawn;
	VkCommandBuffer buffer = commands;
	VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .waitSemaphoreCount = 1, .pWaitSemaphores = &wait, .pWaitDstStageMask = &stage,
		.commandBufferCount = 1, .pCommandBuffers = &buffer, .signalSemaphoreCount = 1, .pSignalSemaphores = &signal};
	return vkc.QueueSubmit(queue, 1, &info, fence);
}

int32_t vkc_present(void *queue, void *swapchain, uint32_t image, void *drawn) {
	VkSemaphore wait = drawn;
	VkSwapchainKHR chain = swapchain;
	VkPresentInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR, .waitSemaphoreCount = 1, .pWaitSemaphores = &wait,
		.swapchainCount = 1, .pSwapchains = &chain, .pImageIndices = &image};
	return vkc.QueuePresentKHR(queue, &info);
}

// vkc_copy_to_image records a copy of the buffer's pixels to all of a swapchain's
// image, and leaves that ready to be shown.
void vkc_copy_to_image(void *commands, void *buffer, void *image, uint32_t width, uint32_t height) {
	VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
	VkImageMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER, .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_UNDEFINED, .newLayout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED, .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED, .image = image, .subresourceRange = all};
	vkc.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1, &b);
	VkBufferImageCopy copy = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, .imageExtent = {width, height, 1}};
	vkc.CmdCopyBufferToImage(commands, buffer, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
	b.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT; b.dstAccessMask = 0;
	b.oldLayout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL; b.newLayout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR;
	vkc.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0, NULL, 0, NULL, 1, &b);
}
