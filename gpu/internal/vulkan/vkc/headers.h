// Vulkan's headers, which come from the system.
#ifndef VKC_HEADERS_H
#define VKC_HEADERS_H
#if !__has_include(<vulkan/vulkan_core.h>)
#error "Vulkan's headers are missing: apt install libvulkan-dev, or set CGO_CFLAGS to -idirafter and the folder where vulkan/vulkan_core.h lies"
#else
#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>
#endif
#endif
