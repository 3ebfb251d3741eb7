// A crew at work on plain numbers, for the thread sanitizer: a step adds one to what
// the step before has written.
#include "../crew.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, STEPS = 9, CALLS = 7, RUNS = 2000 };
static int numbers[STEPS + 1][CALLS];

static void add(const vk_map *m) {
	const int step = (int)m->rows, call = (int)m->columns;
	int sum = 0;
	for (int i = 0; i < CALLS; i++) sum += numbers[step][i];
	numbers[step + 1][call] = sum / CALLS + 1;
}

static vk_crew *crew;
static void *work(void *worker) {
	vk_crew_work(crew, (int64_t)(intptr_t)worker, NULL);
	return NULL;
}

int main(void) {
	const vk_kernels kernels = {.map = add};
	crew = vk_crew_make(&kernels, THREADS);
	pthread_t threads[THREADS];
	for (int i = 1; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i);
	static vk_map arguments[STEPS][CALLS];
	static vk_call calls[STEPS][CALLS];
	static vk_step steps[STEPS];
	static vk_lane lanes[STEPS][THREADS];
	for (int i = 0; i < STEPS; i++) {
		steps[i] = (vk_step){.calls = CALLS, .list = calls[i], .lanes = lanes[i]};
		for (int j = 0; j < CALLS; j++) {
			arguments[i][j] = (vk_map){.rows = i, .columns = j};
			calls[i][j] = (vk_call){.kind = VK_MAP, .arguments = &arguments[i][j]};
		}
	}
	int runs = 0;
	for (; runs < RUNS; runs++) {
		for (int j = 0; j < CALLS; j++) numbers[0][j] = runs;
		const int count = runs % 5 == 4 ? 3 : STEPS; // a worker that is late finds other steps
		vk_crew_begin(crew, steps, count);
		if (runs % 7 == 6) {
			vk_crew_stop(crew);
			continue;
		}
		for (int64_t at = 0; at < count;) at = vk_crew_lead(crew, at, NULL);
		for (int j = 0; j < CALLS; j++)
			if (numbers[count][j] != runs + count) return printf("run %d: %d for %d\n", runs, numbers[count][j], runs + count), 1;
	}
	vk_crew_close(crew);
	for (int i = 1; i < THREADS; i++) pthread_join(threads[i], NULL);
	vk_crew_free(crew);
	printf("%d runs\n", runs);
	return 0;
}
