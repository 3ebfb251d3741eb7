// What the validation layers say, kept until somebody asks; names and labels
// for debuggers.
#include "vkc_internal.h"

#include <stdio.h>
#include <string.h>
#if defined(_WIN32)
#include <windows.h>
static SRWLOCK lock = SRWLOCK_INIT;
#define LOCK() AcquireSRWLockExclusive(&lock)
#define UNLOCK() ReleaseSRWLockExclusive(&lock)
#else
#include <pthread.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#define LOCK() pthread_mutex_lock(&lock)
#define UNLOCK() pthread_mutex_unlock(&lock)
#endif

enum { KEPT = 64, LENGTH = 2048 };
static char kept[KEPT][LENGTH]; // a ring: the oldest go first
static int first, count;
static VkDebugUtilsMessengerEXT messenger;

// Advice (best practices) that is not taken, and why.
static const char *const ignored[] = {
	"UNASSIGNED-BestPractices-vkCmdDispatch-group-count-zero", // how drivers on CPUs are made to compile kernels ahead
	"UNASSIGNED-BestPractices-vkAllocateMemory-small-allocation", // a net has one buffer for weights and one for tensors:
	"UNASSIGNED-BestPractices-vkBindMemory-small-dedicated-allocation", // small nets have small ones
	"UNASSIGNED-BestPractices-vkCreateInstance-specialuse-extension-debugging", // what these messages come by
	"UNASSIGNED-BestPractices-vkCreateDevice-specialuse-extension-devtools", // where what a driver makes of kernels is asked for
	"UNASSIGNED-BestPractices-Error-Result", // a call that failed, which the program hears itself;
	"UNASSIGNED-BestPractices-SuboptimalSwapchain", // so too when a window has another size since it was drawn
	"UNASSIGNED-BestPractices-SpirvDeprecated_WorkgroupSize", // deprecated in SPIR-V 1.6, which no kernel is
};

static int is_ignored(const char *id) {
	for (size_t i = 0; id != NULL && i < sizeof ignored / sizeof *ignored; i++)
		if (strcmp(id, ignored[i]) == 0) return 1;
	return 0;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL hear(VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT types,
	const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	(void)severity; (void)types; (void)user;
	if (is_ignored(data->pMessageIdName)) return VK_FALSE;
	LOCK();
	if (count == KEPT) { first = (first + 1) % KEPT; count--; }
	snprintf(kept[(first + count++) % KEPT], LENGTH, "%s: %s", data->pMessageIdName ? data->pMessageIdName : "", data->pMessage);
	UNLOCK();
	return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT vkc_messenger_info(void) {
	VkDebugUtilsMessengerCreateInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
		.pfnUserCallback = hear,
	};
	return info;
}

void vkc_listen(VkInstance instance) {
	VkDebugUtilsMessengerCreateInfoEXT info = vkc_messenger_info();
	if (vkc.CreateDebugUtilsMessengerEXT == NULL || vkc.CreateDebugUtilsMessengerEXT(instance, &info, NULL, &messenger) != VK_SUCCESS) messenger = VK_NULL_HANDLE;
}

void vkc_unlisten(VkInstance instance) {
	if (messenger != VK_NULL_HANDLE) vkc.DestroyDebugUtilsMessengerEXT(instance, messenger, NULL);
	messenger = VK_NULL_HANDLE;
}

// vkc_message takes the oldest message; it returns 0 when there is none.
int vkc_message(char *text, int bytes) {
	LOCK();
	int have = count > 0;
	if (have) {
		snprintf(text, bytes, "%s", kept[first]);
		first = (first + 1) % KEPT;
		count--;
	}
	UNLOCK();
	return have;
}

void vkc_name(void *device, int32_t type, void *handle, const char *name) {
	if (vkc.SetDebugUtilsObjectNameEXT == NULL) return;
	VkDebugUtilsObjectNameInfoEXT info = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
		.objectType = (VkObjectType)type, .objectHandle = (uint64_t)(uintptr_t)handle, .pObjectName = name};
	vkc.SetDebugUtilsObjectNameEXT(device, &info);
}

void vkc_begin_label(void *commands, const char *name) {
	if (vkc.CmdBeginDebugUtilsLabelEXT == NULL) return;
	VkDebugUtilsLabelEXT label = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT, .pLabelName = name};
	vkc.CmdBeginDebugUtilsLabelEXT(commands, &label);
}

void vkc_end_label(void *commands) {
	if (vkc.CmdEndDebugUtilsLabelEXT != NULL) vkc.CmdEndDebugUtilsLabelEXT(commands);
}
