// The C side of package vkc. Handles are void*: only vkc.c sees Vulkan's types.
#ifndef VKC_H
#define VKC_H
#include <stdint.h>

enum { VKC_MAX_TYPES = 32, VKC_MAX_HEAPS = 16, VKC_MAX_FAMILIES = 16 };

// What a physical device is and can do, flattened.
typedef struct {
	char name[256], driver_name[256], driver_info[256];
	uint32_t api_version, driver_version, vendor_id, device_id, type, driver_id;
	uint32_t pci_told, pci_domain, pci_bus, pci_device, pci_function; // VK_EXT_pci_bus_info
	uint8_t device_uuid[16], driver_uuid[16], cache_uuid[16];
	uint32_t max_storage_range, max_texel_elements, max_push_bytes, max_shared_bytes;
	uint32_t max_group_count[3], max_group_invocations, max_group_size[3];
	uint32_t max_bound_storage_buffers, max_allocations;
	uint64_t storage_alignment, texel_alignment, atom_bytes, copy_alignment;
	float timestamp_ns;
	uint32_t subgroup_size, subgroup_min, subgroup_max, subgroup_stages, subgroup_operations;
	uint32_t cores; // streaming multiprocessors, compute units; 0: not told
	uint32_t size_control, full_subgroups, storage16, float16, portability, coopmat;
	uint32_t coopmat16; // and with 16x16x16, float16 operands and float32 sums by subgroups of 32
	uint32_t rgba32f_texels; // storage texel buffers of VK_FORMAT_R32G32B32A32_SFLOAT
	uint32_t rgba16f_texels;
	uint32_t executables; // VK_KHR_pipeline_executable_properties
	uint32_t type_count, type_flags[VKC_MAX_TYPES], type_heap[VKC_MAX_TYPES];
	uint32_t heap_count, heap_flags[VKC_MAX_HEAPS];
	uint64_t heap_bytes[VKC_MAX_HEAPS];
	uint32_t family_count, family_flags[VKC_MAX_FAMILIES], family_queues[VKC_MAX_FAMILIES], family_timestamp_bits[VKC_MAX_FAMILIES];
} vkc_info;

typedef struct {
	void *buffer;    // a storage buffer's range, or
	uint64_t offset, range;
	void *view;      // a storage texel buffer's view
} vkc_descriptor;

typedef struct {
	void *module, *layout;
	const uint32_t *constants; // specialization constants 0, 1, ...
	uint32_t constant_count, subgroup_size; // 0: the device's own
	uint32_t full_subgroups; // 1: required
} vkc_pipeline;

enum { VKC_MAX_EXECUTABLES = 8 };

typedef struct { char name[256], description[256]; uint32_t subgroup_size; } vkc_executable;
typedef struct { char name[256], description[256]; uint32_t format; uint64_t value; } vkc_statistic;
typedef struct { char name[256], description[256]; uint32_t text; void *data; uint64_t bytes; } vkc_representation;

typedef struct { uint64_t src, dst, bytes; } vkc_region;

typedef struct {
	void *handle, *images[16];
	uint32_t count, width, height, blue_first;
} vkc_swapchain;

void *vkc_load(const char **tried);
const char *vkc_try_library(const char *name);
int32_t vkc_create_instance(int validate, uint32_t count, const char *const *wanted, int *validating, void **instance);
void vkc_destroy_instance(void *instance);
int32_t vkc_physical_devices(void *instance, uint32_t *count, void **devices);
void vkc_describe(void *physical, vkc_info *info);
int32_t vkc_create_device(void *physical, const vkc_info *info, uint32_t family, uint32_t queues, int presents, void **device);
int32_t vkc_create_set_layout(void *device, uint32_t texels, uint32_t buffers, void **layout);
int32_t vkc_create_pipeline_layout(void *device, void *set_layout, uint32_t push_bytes, void **layout);
int32_t vkc_create_pool(void *device, uint32_t sets, uint32_t texels, uint32_t buffers, void **pool);
int32_t vkc_allocate_set(void *device, void *pool, void *layout, void **set);
void vkc_write_set(void *device, void *set, uint32_t count, const vkc_descriptor *descriptors);
int32_t vkc_create_pipelines(void *device, void *cache, uint32_t count, const vkc_pipeline *infos, void **pipelines);
int32_t vkc_create_inspected(void *device, const vkc_pipeline *in, void **pipeline);
int32_t vkc_executables(void *device, void *pipeline, uint32_t *count, vkc_executable *out);
int32_t vkc_statistics(void *device, void *pipeline, uint32_t executable, uint32_t *count, vkc_statistic **out);
int32_t vkc_representations(void *device, void *pipeline, uint32_t executable, uint32_t *count, vkc_representation **out);
void vkc_barrier(void *commands, int kind);
void vkc_copy(void *commands, void *src, void *dst, uint32_t count, const vkc_region *regions);
int32_t vkc_submit(void *queue, uint32_t count, void *const *commands, void *fence);
void vkc_name(void *device, int32_t type, void *handle, const char *name);
void vkc_begin_label(void *commands, const char *name);
void vkc_end_label(void *commands);
int vkc_message(char *text, int bytes);
int vkc_presents(void *physical, uint32_t family, uint64_t surface);
void vkc_destroy_surface(void *instance, uint64_t surface);
int32_t vkc_create_swapchain(void *device, void *physical, uint64_t surface, uint32_t width, uint32_t height, void *old, vkc_swapchain *out);
void vkc_destroy_swapchain(void *device, void *swapchain);
int32_t vkc_create_semaphore(void *device, void **semaphore);
void vkc_destroy_semaphore(void *device, void *semaphore);
int32_t vkc_acquire(void *device, void *swapchain, uint64_t nanoseconds, void *semaphore, uint32_t *image);
int32_t vkc_submit_frame(void *queue, void *commands, void *acquired, void *drawn, void *fence);
int32_t vkc_present(void *queue, void *swapchain, uint32_t image, void *drawn);
void vkc_copy_to_image(void *commands, void *buffer, void *image, uint32_t width, uint32_t height);

enum { VKC_COMPUTE_TO_COMPUTE, VKC_TRANSFER_TO_COMPUTE, VKC_COMPUTE_TO_TRANSFER, VKC_TO_HOST, VKC_HOST_TO_DEVICE };
#endif
