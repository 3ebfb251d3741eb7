// Steps of calls, and threads that go through them together: package simd fills
// them in (crew_cgo.go).
#ifndef VKERAS_SIMD_CREW_H
#define VKERAS_SIMD_CREW_H

#include "kernels.h"

// The kinds of vk_call.
enum { VK_PRODUCT, VK_WINDOW, VK_REDUCE, VK_MAP, VK_SOFTMAX };

typedef struct {
	int64_t kind;
	const void *arguments;
} vk_call;

// How many of a thread's own calls of a step are begun, by whomever, in a cache line
// of its own; above the number stands the run that it is of.
typedef struct {
	uint64_t begun; // atomic
	char rest[56];
} vk_lane;

// A step, in a cache line of its own, with a lane for each thread. How many calls are
// done says how far it is; above the number stands the run that it is of.
typedef struct {
	int64_t calls;
	const vk_call *list;
	vk_lane *lanes;
	uint64_t done; // atomic
	uint64_t last; // run
	char rest[24];
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
