// VK_KHR_cooperative_matrix, which is newer than the headers of Debian 12: its
// structures and numbers, from the Vulkan registry (extension 507), under names
// that newer headers do not have.
#ifndef VKC_MATRIX_H
#define VKC_MATRIX_H
#include "headers.h"

#define VKC_MATRIX_FEATURES ((VkStructureType)1000506000)
#define VKC_MATRIX_PROPERTIES ((VkStructureType)1000506001)
enum { VKC_COMPONENT_FLOAT16 = 0, VKC_COMPONENT_FLOAT32 = 1, VKC_SCOPE_SUBGROUP = 3 };

typedef struct {
	VkStructureType sType;
	void *pNext;
	VkBool32 cooperativeMatrix, cooperativeMatrixRobustBufferAccess;
} vkc_matrix_features;

typedef struct {
	VkStructureType sType;
	void *pNext;
	uint32_t m, n, k;
	uint32_t a_type, b_type, c_type, result_type; // VkComponentTypeKHR
	VkBool32 saturating;
	uint32_t scope; // VkScopeKHR
} vkc_matrix_properties;

typedef VkResult (VKAPI_PTR *vkc_matrix_function)(VkPhysicalDevice, uint32_t *, vkc_matrix_properties *);
#endif
