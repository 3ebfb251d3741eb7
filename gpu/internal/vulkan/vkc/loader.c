// Opens the Vulkan loader, makes the instance, and holds the functions that
// the other files call. There is one instance a process: the loader's own
// functions serve every device.
#include "vkc_internal.h"

#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>
#undef CreateSemaphore // which is a macro there
static const char *const names[] = {"vulkan-1.dll"};
static void *open_library(const char *name) { return (void *)LoadLibraryA(name); }
static void close_library(void *lib) { FreeLibrary((HMODULE)lib); }
static const char *library_error(void) { return "the library cannot be loaded"; }
static void *find_symbol(void *lib, const char *name) { return (void *)GetProcAddress((HMODULE)lib, name); }
#else
#include <dlfcn.h>
#if defined(__APPLE__)
// dlopen does not look into Homebrew's folder of Apple's own processors.
static const char *const names[] = {"libvulkan.1.dylib", "/opt/homebrew/lib/libvulkan.1.dylib", "/usr/local/lib/libvulkan.1.dylib",
	"libvulkan.dylib", "libMoltenVK.dylib", "/opt/homebrew/lib/libMoltenVK.dylib", "/usr/local/lib/libMoltenVK.dylib"};
#else
static const char *const names[] = {"libvulkan.so.1", "libvulkan.so"};
#endif
static void *open_library(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
static void close_library(void *lib) { dlclose(lib); }
static const char *library_error(void) { return dlerror(); }
static void *find_symbol(void *lib, const char *name) { return dlsym(lib, name); }
#endif

struct vkc_functions vkc;
static PFN_vkGetInstanceProcAddr get_proc;

// vkc_load returns vkGetInstanceProcAddr, or NULL with the first name tried.
void *vkc_load(const char **tried) {
	*tried = names[0];
	for (size_t i = 0; get_proc == NULL && i < sizeof names / sizeof names[0]; i++) {
		void *lib = open_library(names[i]);
		if (lib != NULL) get_proc = (PFN_vkGetInstanceProcAddr)find_symbol(lib, "vkGetInstanceProcAddr");
	}
	return (void *)get_proc;
}

// vkc_try_library returns NULL when the library can be loaded, else why not:
// text that is valid until the thread's next call.
const char *vkc_try_library(const char *name) {
	void *lib = open_library(name);
	if (lib == NULL) return library_error();
	close_library(lib);
	return NULL;
}

// layer_version returns a layer's Vulkan version, or 0 where it is not installed.
static uint32_t layer_version(const char *name) {
	PFN_vkEnumerateInstanceLayerProperties list = (PFN_vkEnumerateInstanceLayerProperties)get_proc(NULL, "vkEnumerateInstanceLayerProperties");
	uint32_t n = 0;
	if (list == NULL || list(&n, NULL) != VK_SUCCESS || n == 0) return 0;
	VkLayerProperties *p = calloc(n, sizeof *p);
	uint32_t version = 0;
	if (p != NULL && list(&n, p) >= 0)
		for (uint32_t i = 0; i < n; i++)
			if (strcmp(p[i].layerName, name) == 0) version = p[i].specVersion;
	free(p);
	return version;
}

static int has_instance_extension(const char *layer, const char *name) {
	PFN_vkEnumerateInstanceExtensionProperties list = (PFN_vkEnumerateInstanceExtensionProperties)get_proc(NULL, "vkEnumerateInstanceExtensionProperties");
	uint32_t n = 0;
	if (list == NULL || list(layer, &n, NULL) != VK_SUCCESS || n == 0) return 0;
	VkExtensionProperties *p = calloc(n, sizeof *p);
	int found = 0;
	if (p != NULL && list(layer, &n, p) >= 0)
		for (uint32_t i = 0; i < n; i++) found |= strcmp(p[i].extensionName, name) == 0;
	free(p);
	return found;
}

#define GET(name) vkc.name = (PFN_vk##name)get_proc(instance, "vk" #name)

static void load_functions(VkInstance instance) {
	GET(DestroyInstance); GET(EnumeratePhysicalDevices); GET(EnumerateDeviceExtensionProperties);
	GET(GetPhysicalDeviceProperties); GET(GetPhysicalDeviceProperties2); GET(GetPhysicalDeviceFeatures2);
	GET(GetPhysicalDeviceMemoryProperties); GET(GetPhysicalDeviceQueueFamilyProperties); GET(GetPhysicalDeviceFormatProperties);
	GET(CreateDevice); GET(CreateDescriptorSetLayout); GET(CreatePipelineLayout); GET(CreateDescriptorPool);
	GET(AllocateDescriptorSets); GET(UpdateDescriptorSets); GET(CreateComputePipelines);
	GET(CmdPipelineBarrier); GET(CmdCopyBuffer); GET(QueueSubmit);
	GET(CreateDebugUtilsMessengerEXT); GET(DestroyDebugUtilsMessengerEXT); GET(SetDebugUtilsObjectNameEXT);
	vkc.GetCooperativeMatrices = (vkc_matrix_function)get_proc(instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
	GET(GetPhysicalDeviceSurfaceSupportKHR); GET(GetPhysicalDeviceSurfaceCapabilitiesKHR); GET(GetPhysicalDeviceSurfaceFormatsKHR);
	GET(DestroySurfaceKHR); GET(CreateSwapchainKHR); GET(DestroySwapchainKHR); GET(GetSwapchainImagesKHR);
	GET(AcquireNextImageKHR); GET(QueuePresentKHR); GET(CreateSemaphore); GET(DestroySemaphore); GET(CmdCopyBufferToImage);
	GET(GetPipelineExecutablePropertiesKHR); GET(GetPipelineExecutableStatisticsKHR); GET(GetPipelineExecutableInternalRepresentationsKHR);
	GET(CmdBeginDebugUtilsLabelEXT); GET(CmdEndDebugUtilsLabelEXT);
}

// vkc_create_instance makes the instance with the extensions wanted, at most 8,
// and with the validation layer when asked and installed: *validating says
// whether it is on.
int32_t vkc_create_instance(int validate, uint32_t count, const char *const *wanted, int *validating, void **out) {
	static const char *layer = "VK_LAYER_KHRONOS_validation";
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)get_proc(NULL, "vkCreateInstance");
	PFN_vkEnumerateInstanceVersion version = (PFN_vkEnumerateInstanceVersion)get_proc(NULL, "vkEnumerateInstanceVersion");
	uint32_t api = VK_API_VERSION_1_0;
	if (version != NULL) version(&api);
	if (api > VK_API_VERSION_1_3) api = VK_API_VERSION_1_3;
	VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pApplicationName = "vkeras", .pEngineName = "vkeras", .apiVersion = api};
	VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &app};
	const char *extensions[12], *layers[1];
	if (count > 8) return VK_ERROR_EXTENSION_NOT_PRESENT;
	for (uint32_t i = 0; i < count; i++) extensions[info.enabledExtensionCount++] = wanted[i];
	info.ppEnabledExtensionNames = extensions;
	info.ppEnabledLayerNames = layers;
	if (has_instance_extension(NULL, "VK_KHR_portability_enumeration")) {
		extensions[info.enabledExtensionCount++] = "VK_KHR_portability_enumeration";
		info.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
	}
	const uint32_t layered = layer_version(layer);
	*validating = validate && layered != 0;
	if (*validating) layers[info.enabledLayerCount++] = layer;
	int debug = has_instance_extension(NULL, "VK_EXT_debug_utils") || (*validating && has_instance_extension(layer, "VK_EXT_debug_utils"));
	if (debug) extensions[info.enabledExtensionCount++] = "VK_EXT_debug_utils";
	VkValidationFeatureEnableEXT enables[] = {VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT, VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT};
	VkValidationFeaturesEXT features = {.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT, .enabledValidationFeatureCount = 2, .pEnabledValidationFeatures = enables};
	if (*validating && has_instance_extension(layer, "VK_EXT_validation_features")) {
		extensions[info.enabledExtensionCount++] = "VK_EXT_validation_features";
		info.pNext = &features;
	}
	VkDebugUtilsMessengerCreateInfoEXT messenger = vkc_messenger_info();
	if (*validating && debug) { // chained too: it then hears of what instance creation and destruction find
		messenger.pNext = info.pNext;
		info.pNext = &messenger;
	}
	VkInstance instance = NULL;
	VkResult r = create(&info, NULL, &instance);
	if (r != VK_SUCCESS) return r;
	load_functions(instance);
	// Before 1.3.243 the layer forgets a command buffer's labels without a lock, in a table that
	// all devices share, and corrupts its heap: Vulkan-ValidationLayers issue 5172. Without labels
	// the table stays empty.
	if (*validating && layered < VK_MAKE_API_VERSION(0, 1, 3, 243)) {
		vkc.CmdBeginDebugUtilsLabelEXT = NULL;
		vkc.CmdEndDebugUtilsLabelEXT = NULL;
	}
	if (*validating && debug) vkc_listen(instance);
	*out = instance;
	return VK_SUCCESS;
}

void vkc_destroy_instance(void *instance) {
	vkc_unlisten(instance);
	vkc.DestroyInstance(instance, NULL);
}

int32_t vkc_physical_devices(void *instance, uint32_t *count, void **devices) {
	return vkc.EnumeratePhysicalDevices(instance, count, (VkPhysicalDevice *)devices);
}
