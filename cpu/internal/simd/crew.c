// Whoever runs a sequence leads; workers join when they see that there is a run, and
// are not waited for unless they are in a call. All threads go from step to step,
// take calls until there are none, and begin the next step when all calls are done.
// What they tell one another by is little, and in cache lines that few write: a line
// that another core has takes as long to come as a small call to compute.
//
// A worker may wake late, when its run has ended or another has begun. So numbers of
// progress have the run in front, and whatever belongs to another run is left alone.
#include "crew.h"
#include <stdlib.h>

#if defined(_WIN32)
#include <windows.h>
typedef SRWLOCK mutex;
typedef CONDITION_VARIABLE condition;
static void make(mutex *m, condition *c) { InitializeSRWLock(m), InitializeConditionVariable(c); }
static void lock(mutex *m) { AcquireSRWLockExclusive(m); }
static void unlock(mutex *m) { ReleaseSRWLockExclusive(m); }
static void sleep_on(condition *c, mutex *m) { SleepConditionVariableSRW(c, m, INFINITE, 0); }
static void wake_all(condition *c) { WakeAllConditionVariable(c); }
static void unmake(mutex *m, condition *c) { (void)m, (void)c; }
static void give_way(void) { SwitchToThread(); }
static void rest(void) { Sleep(1); }
static int64_t now(void) { // nanoseconds
	LARGE_INTEGER t, second;
	QueryPerformanceCounter(&t), QueryPerformanceFrequency(&second);
	return (int64_t)((double)t.QuadPart / (double)second.QuadPart * 1e9);
}
#else
#include <pthread.h>
#include <sched.h>
#include <time.h>
typedef pthread_mutex_t mutex;
typedef pthread_cond_t condition;
static void make(mutex *m, condition *c) { pthread_mutex_init(m, NULL), pthread_cond_init(c, NULL); }
static void lock(mutex *m) { pthread_mutex_lock(m); }
static void unlock(mutex *m) { pthread_mutex_unlock(m); }
static void sleep_on(condition *c, mutex *m) { pthread_cond_wait(c, m); }
static void wake_all(condition *c) { pthread_cond_broadcast(c); }
static void unmake(mutex *m, condition *c) { pthread_mutex_destroy(m), pthread_cond_destroy(c); }
static void give_way(void) { sched_yield(); }
static void rest(void) {
	const struct timespec some = {0, 50000};
	nanosleep(&some, NULL);
}
static int64_t now(void) { // nanoseconds
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
#endif

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

#define GET(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define SET(p, v) __atomic_store_n(p, v, __ATOMIC_SEQ_CST)

#define LOOKS 4000 // before a thread gives way or sleeps

struct vk_crew {
	const vk_kernels *kernels;
	int64_t threads;
	mutex mu;
	condition woken;
	int sleepers; // under mu
	int closed;   // atomic
	// The run: its number, odd while what follows is being written; its steps.
	uint64_t run; // atomic
	vk_step *steps;
	int64_t count;
};

// A number of progress: the run's lower half, and a count.
#define OF(run, count) ((uint64_t)(uint32_t)(run) << 32 | (uint32_t)(count))
#define ENDED 0x80000000u // of begun: no more calls, whatever the number

vk_crew *vk_crew_make(const vk_kernels *k, int64_t threads) {
	vk_crew *c = calloc(1, sizeof *c);
	if (c == NULL) return NULL;
	c->kernels = k;
	c->threads = threads;
	make(&c->mu, &c->woken);
	return c;
}

void vk_crew_free(vk_crew *c) {
	unmake(&c->mu, &c->woken);
	free(c);
}

static void call(const vk_kernels *k, const vk_call *c, void *scratch) {
	switch (c->kind) {
	case VK_PRODUCT: {
		vk_product a = *(const vk_product *)c->arguments;
		a.scratch = scratch;
		k->product(&a);
		break;
	}
	case VK_WINDOW: k->window(c->arguments); break;
	case VK_REDUCE: k->reduce(c->arguments); break;
	case VK_MAP: k->map(c->arguments); break;
	case VK_SOFTMAX: k->softmax(c->arguments); break;
	}
}

// begin returns the next of a lane's calls, or -1 where there is none, or the run has
// been left behind.
static int64_t begin(vk_lane *l, int64_t own, uint64_t run) {
	for (uint64_t begun = GET(&l->begun);;) {
		const int32_t age = (int32_t)((uint32_t)run - (uint32_t)(begun >> 32));
		const uint32_t n = age == 0 ? (uint32_t)begun : 0; // of an older run: nobody has been here in this one
		if (age < 0 || n >= own) return -1;
		if (__atomic_compare_exchange_n(&l->begun, &begun, OF(run, n + 1), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return n;
	}
}

// share does calls of a step until there are none: first a thread's own, which are
// the same part of every step, so that it finds what it has written itself in its own
// cache; then what the others have left.
static void share(const vk_crew *c, vk_step *s, uint64_t run, int64_t worker, void *scratch) {
	int64_t done = 0;
	for (int64_t i = 0; i < c->threads; i++) {
		const int64_t lane = (worker + i) % c->threads, from = lane * s->calls / c->threads, own = (lane + 1) * s->calls / c->threads - from;
		for (int64_t n; own > 0 && (n = begin(s->lanes + lane, own, run)) >= 0; done++) call(c->kernels, s->list + from + n, scratch);
	}
	if (done) __atomic_fetch_add(&s->done, done, __ATOMIC_SEQ_CST);
}

// hold passes a while of waiting, at first for about as long as a call takes, then
// giving way to who wants this core, then sleeping: the thread that is waited for may
// have lost its own core, and gets this one.
static void hold(int turn) {
	if (turn < LOOKS) PAUSE();
	else if (turn < LOOKS + 100) give_way();
	else rest();
}

// reached waits until so many calls of a step are done, for who leads.
static void reached(const vk_step *s, int64_t calls) {
	for (int i = 0; (uint32_t)GET(&s->done) < calls; i++) hold(i);
}

// follow waits until a step has been done, for a worker; false: the run was ended, or
// is another.
static int follow(const vk_step *s, uint64_t run, int64_t worker) {
	for (int i = 0;; i++) {
		const uint64_t done = GET(&s->done);
		if (done >> 32 != (uint32_t)run) return 0;
		if ((uint32_t)done >= s->calls) return 1;
		if (GET(&s->lanes[worker].begun) == OF(run, ENDED)) return 0;
		hold(i);
	}
}

void vk_crew_work(vk_crew *c, int64_t worker, void *scratch) {
	for (uint64_t last = 0;;) {
		uint64_t run = GET(&c->run);
		for (int i = 0; i < LOOKS && (run == last || run & 1) && !GET(&c->closed); i++) {
			PAUSE();
			run = GET(&c->run);
		}
		if (run == last || run & 1) {
			lock(&c->mu);
			while ((run = GET(&c->run)) == last && !GET(&c->closed)) {
				c->sleepers++;
				sleep_on(&c->woken, &c->mu);
				c->sleepers--;
			}
			unlock(&c->mu);
		}
		if (GET(&c->closed)) return;
		vk_step *steps = GET(&c->steps);
		const int64_t count = GET(&c->count);
		if (run & 1 || GET(&c->run) != run) continue; // another has begun meanwhile
		last = run;
		for (int64_t i = 0; i < count; i++) {
			share(c, steps + i, run, worker, scratch);
			if (!follow(steps + i, run, worker)) break;
		}
	}
}

void vk_crew_begin(vk_crew *c, vk_step *steps, int64_t count) {
	const uint64_t run = c->run + 2;
	SET(&c->run, run - 1);
	for (int64_t i = 0; i < count; i++) {
		// Of lanes as old as that the lower half of a run does not tell the age.
		if (run - steps[i].last > 1 << 30)
			for (int64_t l = 0; l < c->threads; l++) SET(&steps[i].lanes[l].begun, OF(run - 2, ENDED));
		steps[i].last = run;
		SET(&steps[i].done, OF(run, 0));
	}
	SET(&c->steps, steps);
	SET(&c->count, count);
	SET(&c->run, run);
	lock(&c->mu);
	if (c->sleepers) wake_all(&c->woken);
	unlock(&c->mu);
}

int64_t vk_crew_lead(vk_crew *c, int64_t from, void *scratch) {
	const int64_t started = now();
	for (int64_t i = from; i < c->count; i++) {
		if (i > from && now() - started > 4000000) return i;
		share(c, c->steps + i, c->run, 0, scratch);
		reached(c->steps + i, c->steps[i].calls);
	}
	return c->count;
}

void vk_crew_stop(vk_crew *c) {
	for (int64_t i = 0; i < c->count; i++) {
		int64_t begun = 0;
		for (int64_t lane = 0; lane < c->threads; lane++) {
			const uint64_t was = __atomic_exchange_n(&c->steps[i].lanes[lane].begun, OF(c->run, ENDED), __ATOMIC_SEQ_CST);
			if (was >> 32 == (uint32_t)c->run) begun += (uint32_t)was;
		}
		reached(c->steps + i, begun);
	}
}

void vk_crew_close(vk_crew *c) {
	lock(&c->mu);
	SET(&c->closed, 1);
	wake_all(&c->woken);
	unlock(&c->mu);
}
