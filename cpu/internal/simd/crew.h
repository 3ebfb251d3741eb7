// Steps of calls, and threads that go through them together: package simd fills
// them in (crew_cgo.go).
#ifndef VKERAS_SIMD_CREW_H
#define VKERAS_SIMD_CREW_H

#include "kernels.h"

// The kinds of vk_call.
enum { VK_PRODUCT, VK_WINDOW, VK_REDUCE, VK_MAP, VK_SOFTMAX };

// A call, in a cache line of its own.
typedef struct {
	int64_t kind;
	const void *arguments;
	uint64_t taken; // atomic: by the run of this number
	char rest[40];
} vk_call;

// A step, in a cache line of its own. How many calls are begun and done says how far
// it is; above both numbers stands the run that they are of.
typedef struct {
	int64_t calls;
	vk_call *list;
	uint64_t begun, done; // atomic
	char rest[32];
} vk_step;

typedef struct vk_crew vk_crew;

// vk_crew_make returns a crew of so many threads, NULL where there is no memory for one.
vk_crew *vk_crew_make(const vk_kernels *k, int64_t threads);

// vk_crew_work is the life of a worker, of which the first is 1: it returns when the
// crew is closed.
void vk_crew_work(vk_crew *c, int64_t worker, void *scratch);

// vk_crew_begin begins a run of the steps. The run before must have ended.
void vk_crew_begin(vk_crew *c, vk_step *steps, int64_t count);

// vk_crew_lead takes part in the run, from a step on, and returns count when it has
// ended; or, after some milliseconds, the step that it came to.
int64_t vk_crew_lead(vk_crew *c, int64_t from, void *scratch);

// vk_crew_stop ends a run early, when the calls that are begun have ended.
void vk_crew_stop(vk_crew *c);

// vk_crew_close makes the workers return; vk_crew_free follows when they have.
void vk_crew_close(vk_crew *c);
void vk_crew_free(vk_crew *c);

#endif
