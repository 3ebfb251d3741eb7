// A Vulkan layer for tests. It makes chosen calls fail, and makes devices
// pretend to be lesser ones. Environment, read when an instance is made:
//
//   VKERAS_LAYER_FAULT   N:RESULT: the N-th call that makes something returns
//                        that VkResult; with RESULT -4 (device lost) the N-th
//                        that submits or waits, and all after it
//   VKERAS_LAYER_DEVICE  words of what devices pretend
//   VKERAS_LAYER_REPORT  file that gets, when the instance goes, the number of
//                        calls counted, how many objects were left, and which
//                        function was the first to fail, or -
//
// Before validation its faults look like the driver's to the program alone;
// behind it, next to the driver, validation holds the program to the limits that
// are pretended. Loaders put layers in the order in which they find them.
#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The loader's side of layers (Vulkan-Loader, docs/LoaderLayerInterface.md).
typedef struct Link { struct Link *next; PFN_vkGetInstanceProcAddr instance; PFN_vkVoidFunction physical; } Link;
typedef struct DeviceLink { struct DeviceLink *next; PFN_vkGetInstanceProcAddr instance; PFN_vkGetDeviceProcAddr device; } DeviceLink;
typedef struct { int type; const void *next; int function; Link *link; } InstanceChain;
typedef struct { int type; const void *next; int function; DeviceLink *link; } DeviceChain;
enum { LOADER_INSTANCE = 47, LOADER_DEVICE = 48, LINK_INFO = 0 };

static PFN_vkGetInstanceProcAddr next_instance;
static PFN_vkGetDeviceProcAddr next_device;
static VkInstance instance;
static VkDevice device; // the last: where faults are injected there is one

#define DEVICE_FUNCTIONS(F) \
	F(DestroyDevice) F(CreateBuffer) F(DestroyBuffer) F(CreateBufferView) F(DestroyBufferView) F(CreateShaderModule) F(DestroyShaderModule) \
	F(CreateDescriptorSetLayout) F(DestroyDescriptorSetLayout) F(CreatePipelineLayout) F(DestroyPipelineLayout) F(CreateDescriptorPool) \
	F(DestroyDescriptorPool) F(CreateCommandPool) F(DestroyCommandPool) F(CreateFence) F(DestroyFence) F(CreateQueryPool) F(DestroyQueryPool) \
	F(CreatePipelineCache) F(DestroyPipelineCache) F(GetPipelineCacheData) F(CreateComputePipelines) F(DestroyPipeline) F(AllocateMemory) \
	F(FreeMemory) F(MapMemory) F(BindBufferMemory) F(AllocateDescriptorSets) F(AllocateCommandBuffers) F(BeginCommandBuffer) \
	F(EndCommandBuffer) F(QueueSubmit) F(WaitForFences) F(DeviceWaitIdle) F(GetQueryPoolResults)

// What is behind the layer is looked up when the instance is made: later, the
// loader would answer with the beginning of the chain.
static struct {
	PFN_vkDestroyInstance DestroyInstance;
	PFN_vkEnumeratePhysicalDevices EnumeratePhysicalDevices;
	PFN_vkEnumerateDeviceExtensionProperties EnumerateDeviceExtensionProperties;
	PFN_vkGetPhysicalDeviceProperties GetPhysicalDeviceProperties;
	PFN_vkGetPhysicalDeviceProperties2 GetPhysicalDeviceProperties2;
	PFN_vkGetPhysicalDeviceQueueFamilyProperties GetPhysicalDeviceQueueFamilyProperties;
	PFN_vkGetPhysicalDeviceMemoryProperties GetPhysicalDeviceMemoryProperties;
} next;

// What is behind the layer for devices, all of which have the same driver: looked
// up when one is made, since the last of them may be gone while others are alive.
#define MEMBER(name) PFN_vk##name name;
static struct { DEVICE_FUNCTIONS(MEMBER) } next_d;

static int fault_at, fault_result, calls;
static const char *fired;
static long live;
static char pretence[256];

static void report(void) {
	const char *name = getenv("VKERAS_LAYER_REPORT");
	FILE *f = name != NULL ? fopen(name, "w") : NULL;
	if (f == NULL) return;
	fprintf(f, "%d %ld %s\n", calls, live, fired != NULL ? fired : "-");
	fclose(f);
}

// count returns the VkResult that the call must fail with, or VK_SUCCESS.
static VkResult count(const char *name, int runs) {
	if (runs != (fault_result == VK_ERROR_DEVICE_LOST)) return VK_SUCCESS;
	int n = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
	if (fault_at == 0 || n < fault_at || (n > fault_at && !runs)) return VK_SUCCESS;
	if (fired == NULL) fired = name;
	return fault_result;
}

static int has(const char *word) {
	size_t n = strlen(word);
	for (const char *at = pretence; (at = strstr(at, word)) != NULL; at += n)
		if ((at == pretence || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0)) return 1;
	return 0;
}

#define NEXT(name) (next_d.name)
#define NEXT_I(name) (next.name)

// What a failed call leaves in its outputs is undefined (Vulkan, "Return Codes").
#define POISON(out) memset((void *)(out), 0x5a, sizeof *(out))

#define MAKES(name, made, out, parameters, arguments) \
	static VKAPI_ATTR VkResult VKAPI_CALL layer_##name parameters { \
		VkResult r = count("vk" #name, 0); \
		if (r != VK_SUCCESS) { POISON(out); return r; } \
		r = NEXT(name) arguments; \
		if (r == VK_SUCCESS) __atomic_add_fetch(&live, made, __ATOMIC_SEQ_CST); \
		return r; \
	}
#define CREATES(name, T) \
	MAKES(Create##name, 1, out, (VkDevice d, const Vk##name##CreateInfo *info, const VkAllocationCallbacks *a, T *out), (d, info, a, out))
#define DESTROYS(name, T) \
	static VKAPI_ATTR void VKAPI_CALL layer_##name(VkDevice d, T object, const VkAllocationCallbacks *a) { \
		if (object != VK_NULL_HANDLE) __atomic_sub_fetch(&live, 1, __ATOMIC_SEQ_CST); \
		NEXT(name)(d, object, a); \
	}

CREATES(Buffer, VkBuffer) DESTROYS(DestroyBuffer, VkBuffer)
CREATES(BufferView, VkBufferView) DESTROYS(DestroyBufferView, VkBufferView)
CREATES(ShaderModule, VkShaderModule) DESTROYS(DestroyShaderModule, VkShaderModule)
CREATES(DescriptorSetLayout, VkDescriptorSetLayout) DESTROYS(DestroyDescriptorSetLayout, VkDescriptorSetLayout)
CREATES(PipelineLayout, VkPipelineLayout) DESTROYS(DestroyPipelineLayout, VkPipelineLayout)
CREATES(DescriptorPool, VkDescriptorPool) DESTROYS(DestroyDescriptorPool, VkDescriptorPool)
CREATES(CommandPool, VkCommandPool) DESTROYS(DestroyCommandPool, VkCommandPool)
CREATES(Fence, VkFence) DESTROYS(DestroyFence, VkFence)
CREATES(QueryPool, VkQueryPool) DESTROYS(DestroyQueryPool, VkQueryPool)
CREATES(PipelineCache, VkPipelineCache) DESTROYS(DestroyPipelineCache, VkPipelineCache)
DESTROYS(DestroyPipeline, VkPipeline)
MAKES(AllocateMemory, 1, out, (VkDevice d, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *a, VkDeviceMemory *out), (d, info, a, out))
DESTROYS(FreeMemory, VkDeviceMemory)
MAKES(MapMemory, 0, out, (VkDevice d, VkDeviceMemory m, VkDeviceSize at, VkDeviceSize n, VkMemoryMapFlags flags, void **out), (d, m, at, n, flags, out))
MAKES(AllocateDescriptorSets, 0, out, (VkDevice d, const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *out), (d, info, out))
MAKES(AllocateCommandBuffers, 0, out, (VkDevice d, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *out), (d, info, out))
static char nothing;
MAKES(BindBufferMemory, 0, &nothing, (VkDevice d, VkBuffer b, VkDeviceMemory m, VkDeviceSize at), (d, b, m, at))
MAKES(BeginCommandBuffer, 0, &nothing, (VkCommandBuffer b, const VkCommandBufferBeginInfo *info), (b, info))
MAKES(EndCommandBuffer, 0, &nothing, (VkCommandBuffer b), (b))
MAKES(GetPipelineCacheData, 0, size, (VkDevice d, VkPipelineCache c, size_t *size, void *data), (d, c, size, data))

static VKAPI_ATTR VkResult VKAPI_CALL layer_CreateComputePipelines(VkDevice d, VkPipelineCache c, uint32_t n, const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *a, VkPipeline *out) {
	VkResult r = count("vkCreateComputePipelines", 0);
	if (r != VK_SUCCESS) { memset(out, 0, n * sizeof *out); return r; } // these are defined: VK_NULL_HANDLE
	r = NEXT(CreateComputePipelines)(d, c, n, infos, a, out);
	for (uint32_t i = 0; i < n; i++)
		if (out[i] != VK_NULL_HANDLE) __atomic_add_fetch(&live, 1, __ATOMIC_SEQ_CST);
	return r;
}

// Lost devices have stopped: whatever was submitted is over.
#define RUNS(name, parameters, arguments) \
	static VKAPI_ATTR VkResult VKAPI_CALL layer_##name parameters { \
		VkResult r = count("vk" #name, 1); \
		if (r == VK_SUCCESS) return NEXT(name) arguments; \
		NEXT(DeviceWaitIdle)(device); \
		return r; \
	}
RUNS(QueueSubmit, (VkQueue q, uint32_t n, const VkSubmitInfo *s, VkFence f), (q, n, s, f))
RUNS(WaitForFences, (VkDevice d, uint32_t n, const VkFence *f, VkBool32 all, uint64_t t), (d, n, f, all, t))
RUNS(DeviceWaitIdle, (VkDevice d), (d))
RUNS(GetQueryPoolResults, (VkDevice d, VkQueryPool p, uint32_t at, uint32_t n, size_t bytes, void *data, VkDeviceSize stride, VkQueryResultFlags flags), (d, p, at, n, bytes, data, stride, flags))

// lesser lowers limits to what every device guarantees (Vulkan, "Required Limits").
static void lesser(VkPhysicalDeviceProperties *p) {
	if (has("discrete")) p->deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
	if (!has("minimal")) return;
	VkPhysicalDeviceLimits *l = &p->limits;
	l->maxComputeWorkGroupInvocations = 128;
	l->maxComputeWorkGroupSize[0] = l->maxComputeWorkGroupSize[1] = 128;
	l->maxComputeWorkGroupSize[2] = 64;
	for (int i = 0; i < 3; i++) l->maxComputeWorkGroupCount[i] = 65535;
	l->maxComputeSharedMemorySize = 16384;
	l->maxPerStageDescriptorStorageBuffers = 4;
	l->maxPerStageDescriptorStorageImages = 4;
	l->maxPerStageResources = 128;
	l->maxBoundDescriptorSets = 4;
	l->maxStorageBufferRange = 1u << 27;
	l->maxTexelBufferElements = 1u << 16;
	l->maxPushConstantsSize = 128;
	l->maxMemoryAllocationCount = 4096;
	l->minStorageBufferOffsetAlignment = l->minTexelBufferOffsetAlignment = l->nonCoherentAtomSize = 256;
	l->timestampComputeAndGraphics = VK_FALSE;
}

// subgroup returns the size of subgroups that is pretended, 0 for the true one.
static uint32_t subgroup(void) {
	char word[16];
	for (uint32_t size = 1; size <= 128; size *= 2) {
		snprintf(word, sizeof word, "subgroup%u", size);
		if (has(word)) return size;
	}
	return 0;
}

// pretended_pci reports whether devices pretend to be at the PCI address that a
// word pci=DDDD:BB:DD.F names, and puts it where it is asked for.
static int pretended_pci(VkPhysicalDevicePCIBusInfoPropertiesEXT *p) {
	const char *at = strstr(pretence, "pci=");
	VkPhysicalDevicePCIBusInfoPropertiesEXT here = {0};
	if (at == NULL || sscanf(at, "pci=%x:%x:%x.%x", &here.pciDomain, &here.pciBus, &here.pciDevice, &here.pciFunction) != 4) return 0;
	if (p != NULL) {
		here.sType = p->sType;
		here.pNext = p->pNext;
		*p = here;
	}
	return 1;
}

static VKAPI_ATTR void VKAPI_CALL layer_GetPhysicalDeviceProperties(VkPhysicalDevice d, VkPhysicalDeviceProperties *p) {
	NEXT_I(GetPhysicalDeviceProperties)(d, p);
	lesser(p);
}

static VKAPI_ATTR void VKAPI_CALL layer_GetPhysicalDeviceProperties2(VkPhysicalDevice d, VkPhysicalDeviceProperties2 *p) {
	NEXT_I(GetPhysicalDeviceProperties2)(d, p);
	lesser(&p->properties);
	uint32_t size = subgroup();
	for (VkBaseOutStructure *s = p->pNext; s != NULL; s = s->pNext) {
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT) pretended_pci((VkPhysicalDevicePCIBusInfoPropertiesEXT *)s);
		if (size == 0) continue;
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES) ((VkPhysicalDeviceSubgroupProperties *)s)->subgroupSize = size;
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES) {
			VkPhysicalDeviceSubgroupSizeControlProperties *c = (void *)s;
			c->minSubgroupSize = c->maxSubgroupSize = size;
			c->requiredSubgroupSizeStages = 0;
		}
	}
}

static VKAPI_ATTR void VKAPI_CALL layer_GetPhysicalDeviceQueueFamilyProperties(VkPhysicalDevice d, uint32_t *n, VkQueueFamilyProperties *p) {
	NEXT_I(GetPhysicalDeviceQueueFamilyProperties)(d, n, p);
	for (uint32_t i = 0; p != NULL && i < *n; i++) {
		if (has("minimal")) p[i].timestampValidBits = 0;
		if (has("graphics")) p[i].queueFlags &= ~VK_QUEUE_COMPUTE_BIT;
	}
}

static VKAPI_ATTR void VKAPI_CALL layer_GetPhysicalDeviceMemoryProperties(VkPhysicalDevice d, VkPhysicalDeviceMemoryProperties *p) {
	NEXT_I(GetPhysicalDeviceMemoryProperties)(d, p);
	if (has("forgetful")) p->memoryTypeCount = 0;
	for (uint32_t i = 0; i < p->memoryTypeCount; i++)
		if (has("aloof")) p->memoryTypes[i].propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
	if (has("tiny"))
		for (uint32_t i = 0; i < p->memoryHeapCount; i++) p->memoryHeaps[i].size = 4096;
}

static const VkExtensionProperties portability = {"VK_KHR_portability_subset", 1}, pci = {"VK_EXT_pci_bus_info", 2};

static VKAPI_ATTR VkResult VKAPI_CALL layer_EnumerateDeviceExtensionProperties(VkPhysicalDevice d, const char *layer, uint32_t *n, VkExtensionProperties *p) {
	VkExtensionProperties more[2];
	uint32_t count = 0;
	if (has("portability")) more[count++] = portability;
	if (pretended_pci(NULL)) more[count++] = pci;
	if (layer != NULL || count == 0) return NEXT_I(EnumerateDeviceExtensionProperties)(d, layer, n, p);
	uint32_t room = *n;
	if (p == NULL) {
		VkResult r = NEXT_I(EnumerateDeviceExtensionProperties)(d, NULL, n, NULL);
		*n += count;
		return r;
	}
	if (room < count) return VK_INCOMPLETE;
	*n = room - count;
	VkResult r = NEXT_I(EnumerateDeviceExtensionProperties)(d, NULL, n, p);
	for (uint32_t i = 0; i < count; i++) p[(*n)++] = more[i];
	return r;
}

static VKAPI_ATTR VkResult VKAPI_CALL layer_EnumeratePhysicalDevices(VkInstance i, uint32_t *n, VkPhysicalDevice *p) {
	VkResult r = count("vkEnumeratePhysicalDevices", 0);
	if (r != VK_SUCCESS) { POISON(n); return r; }
	return NEXT_I(EnumeratePhysicalDevices)(i, n, p);
}

static VKAPI_ATTR VkResult VKAPI_CALL layer_CreateDevice(VkPhysicalDevice d, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *a, VkDevice *out) {
	DeviceChain *chain = (DeviceChain *)info->pNext;
	while (chain != NULL && (chain->type != LOADER_DEVICE || chain->function != LINK_INFO)) chain = (DeviceChain *)chain->next;
	if (chain == NULL) return VK_ERROR_INITIALIZATION_FAILED;
	VkResult r = count("vkCreateDevice", 0);
	if (r != VK_SUCCESS) { POISON(out); return r; }
	PFN_vkGetInstanceProcAddr up = chain->link->instance;
	PFN_vkGetDeviceProcAddr down = chain->link->device;
	chain->link = chain->link->next;
	VkDeviceCreateInfo mine = *info;
	const char *extensions[32];
	mine.enabledExtensionCount = 0;
	mine.ppEnabledExtensionNames = extensions;
	int subset = 0;
	for (uint32_t i = 0; i < info->enabledExtensionCount && mine.enabledExtensionCount < 32; i++) {
		int pretended = has("portability") && strcmp(info->ppEnabledExtensionNames[i], portability.extensionName) == 0;
		subset |= pretended;
		if (!pretended) extensions[mine.enabledExtensionCount++] = info->ppEnabledExtensionNames[i];
	}
	// Who has the extension must be given it (VUID-VkDeviceCreateInfo-pProperties-04451).
	if (has("portability") && !subset) return VK_ERROR_INITIALIZATION_FAILED;
	r = ((PFN_vkCreateDevice)up(instance, "vkCreateDevice"))(d, &mine, a, out);
	if (r != VK_SUCCESS) return r;
	live++;
	next_device = down;
#define GET_D(name) next_d.name = (PFN_vk##name)down(*out, "vk" #name);
	DEVICE_FUNCTIONS(GET_D)
	device = *out;
	return r;
}

static VKAPI_ATTR void VKAPI_CALL layer_DestroyDevice(VkDevice d, const VkAllocationCallbacks *a) {
	if (d != VK_NULL_HANDLE) live--;
	NEXT(DestroyDevice)(d, a);
}

static VKAPI_ATTR VkResult VKAPI_CALL layer_CreateInstance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *a, VkInstance *out) {
	InstanceChain *chain = (InstanceChain *)info->pNext;
	while (chain != NULL && (chain->type != LOADER_INSTANCE || chain->function != LINK_INFO)) chain = (InstanceChain *)chain->next;
	if (chain == NULL) return VK_ERROR_INITIALIZATION_FAILED;
	const char *fault = getenv("VKERAS_LAYER_FAULT"), *words = getenv("VKERAS_LAYER_DEVICE");
	calls = fault_at = fault_result = 0;
	fired = NULL;
	live = 0;
	if (fault != NULL) sscanf(fault, "%d:%d", &fault_at, &fault_result);
	snprintf(pretence, sizeof pretence, "%s", words != NULL ? words : "");
	VkResult r = count("vkCreateInstance", 0);
	if (r != VK_SUCCESS) { POISON(out); report(); return r; }
	next_instance = chain->link->instance;
	chain->link = chain->link->next;
	r = ((PFN_vkCreateInstance)next_instance(NULL, "vkCreateInstance"))(info, a, out);
	if (r != VK_SUCCESS) return r;
	instance = *out;
#define GET(name) next.name = (PFN_vk##name)next_instance(instance, "vk" #name)
	GET(DestroyInstance); GET(EnumeratePhysicalDevices); GET(EnumerateDeviceExtensionProperties); GET(GetPhysicalDeviceProperties);
	GET(GetPhysicalDeviceProperties2); GET(GetPhysicalDeviceQueueFamilyProperties); GET(GetPhysicalDeviceMemoryProperties);
	return r;
}

static VKAPI_ATTR void VKAPI_CALL layer_DestroyInstance(VkInstance i, const VkAllocationCallbacks *a) {
	NEXT_I(DestroyInstance)(i, a);
	report();
}

#define LAYER(name) {"vk" #name, (PFN_vkVoidFunction)layer_##name}
static const struct { const char *name; PFN_vkVoidFunction function; } of_instance[] = {
	LAYER(CreateInstance), LAYER(DestroyInstance), LAYER(EnumeratePhysicalDevices), LAYER(EnumerateDeviceExtensionProperties), LAYER(CreateDevice),
	LAYER(GetPhysicalDeviceProperties), LAYER(GetPhysicalDeviceProperties2), LAYER(GetPhysicalDeviceQueueFamilyProperties), LAYER(GetPhysicalDeviceMemoryProperties),
}, of_device[] = {
#define LAYER_D(name) LAYER(name),
	DEVICE_FUNCTIONS(LAYER_D)
};
enum { OF_INSTANCE = sizeof of_instance / sizeof *of_instance, OF_DEVICE = sizeof of_device / sizeof *of_device };

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetDeviceProcAddr(VkDevice d, const char *name) {
	if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)vkGetDeviceProcAddr;
	for (int i = 0; i < OF_DEVICE; i++)
		if (strcmp(name, of_device[i].name) == 0) return of_device[i].function;
	return next_device(d, name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance i, const char *name) {
	if (strcmp(name, "vkGetInstanceProcAddr") == 0) return (PFN_vkVoidFunction)vkGetInstanceProcAddr;
	if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)vkGetDeviceProcAddr;
	for (int k = 0; k < OF_INSTANCE; k++)
		if (strcmp(name, of_instance[k].name) == 0) return of_instance[k].function;
	for (int k = 0; k < OF_DEVICE; k++)
		if (strcmp(name, of_device[k].name) == 0) return of_device[k].function;
	return i != NULL ? next_instance(i, name) : NULL;
}
