// The matrix product of a convolution or dense layer, for one tile of output
// rows (positions of all images) and strips of filters. It is included once for
// each kind of processor, behind its vectors (avx2.c, ...).
//
// It is an indirect product (Dukhan 2019, "The Indirect Convolution Algorithm"):
// no patches of the input are copied. A block of rows has, for each tap of the
// window, one pointer a row to the depth floats that the tap falls on, or to
// zeros where it falls on padding; taps on which the whole block is padding are
// left out. Where the window's taps on a line follow one another in memory, the
// line is one tap. The weights of a strip follow one another in the order in
// which they are used: (taps, depth, columns of the strip).
//
// Sums begin with the shift and are formed in the order of taps and depth, in
// parts short enough for their weights to stay in the second cache; each part is
// summed by itself, which loses less than one long sum, and joins the others in
// scratch, so that every output is written once. Every output's sum has one order,
// however the work is cut into tiles and blocks. An activation follows strip by
// strip, while its rows lie in the first cache.



// Floats of a sum's part, rows of a chunk, taps of a part.
#define PART 512
#define CHUNK 96
#define MOST_TAPS 64

// A block's taps: for each, where in a strip its weights begin, in rows of
// columns, and a pointer a row.
typedef struct {
	int64_t weights;
	const float *rows[MOST_ROWS];
} tap;

typedef struct {
	int64_t taps, depth; // of each tap
	const tap *list;
} block;

// The part of sums that is being formed: taps from..to, and of a tap's depth the
// floats begin..end.
typedef struct {
	int64_t from, to, begin, end;
	int last;
} part;

// Bytes of scratch: the sums of a chunk for one strip, the chunk's blocks and
// their taps.
#define SCRATCH (CHUNK * MOST_VECTORS * V * 4 + CHUNK * sizeof(block) + CHUNK * MOST_TAPS * sizeof(tap))

// micro adds a part to the sums of R rows by N vectors of columns, and meanwhile
// fetches what comes from ahead on into the caches, stride bytes a step.
static inline __attribute__((always_inline)) void micro(const int R, const int N, const int half, const vk_product *p, const block *b, const char *weights,
	const char *ahead, int64_t stride, const float *shift, float *sums, int64_t sums_step, int first, int last, const float *residual, float *y, int64_t columns) {
	vf s[MOST_ROWS][MOST_VECTORS];
	if (first) {
		UNROLL for (int j = 0; j < N; j++) {
			vf v = vload(shift + j * V);
			UNROLL for (int r = 0; r < R; r++) s[r][j] = v;
		}
	} else {
		UNROLL for (int r = 0; r < R; r++) UNROLL for (int j = 0; j < N; j++) s[r][j] = vset(0);
	}
	const int64_t depth = b->depth;
	for (const tap *t = b->list, *end = t + b->taps; t < end; t++) {
		const char *w = weights + t->weights * (N * V * (half ? 2 : 4));
		const float *x[MOST_ROWS];
		UNROLL for (int r = 0; r < R; r++) x[r] = t->rows[r];
		for (int64_t k = 0; k < depth; k++) {
			vf c[MOST_VECTORS];
			UNROLL for (int j = 0; j < N; j++) c[j] = half ? vload_half((const uint16_t *)w + j * V) : vload((const float *)w + j * V);
			w += N * V * (half ? 2 : 4);
			__builtin_prefetch(ahead);
			ahead += stride;
			UNROLL for (int r = 0; r < R; r++) {
				vf v = vset(x[r][k]);
				UNROLL for (int j = 0; j < N; j++) s[r][j] = vfma(v, c[j], s[r][j]);
			}
		}
	}
	if (!first) UNROLL for (int r = 0; r < R; r++) UNROLL for (int j = 0; j < N; j++) s[r][j] = vadd(s[r][j], vload(sums + r * sums_step + j * V));
	if (!last) {
		UNROLL for (int r = 0; r < R; r++) UNROLL for (int j = 0; j < N; j++) vstore(sums + r * sums_step + j * V, s[r][j]);
		return;
	}
	vf lowest = vset(p->lowest), highest = vset(p->highest);
	UNROLL for (int r = 0; r < R; r++) UNROLL for (int j = 0; j < N; j++) {
		const int64_t at = r * p->y_step + j * V, left = columns - j * V;
		vf v = s[r][j];
		if (left >= V) {
			if (residual) v = vadd(v, vload(residual + at));
			vstore(y + at, vmin(highest, vmax(lowest, v)));
		} else {
			if (residual) v = vadd(v, vload_some(residual + at, left));
			vstore_some(y + at, vmin(highest, vmax(lowest, v)), left);
		}
	}
}

#define MICRO_PARAMETERS const vk_product *p, const block *b, const char *weights, const char *ahead, int64_t stride, const float *shift, float *sums, int64_t sums_step, int first, int last, const float *residual, float *y, int64_t columns
typedef void micro_kernel(MICRO_PARAMETERS);

// One function for each number of rows and vectors, for float and half weights.
#define MICRO(R, N) \
	static void micro_##R##_##N(MICRO_PARAMETERS) { micro(R, N, 0, p, b, weights, ahead, stride, shift, sums, sums_step, first, last, residual, y, columns); } \
	static void micro_half_##R##_##N(MICRO_PARAMETERS) { micro(R, N, 1, p, b, weights, ahead, stride, shift, sums, sums_step, first, last, residual, y, columns); }
EACH_MICRO(MICRO)
#undef MICRO
#define MICRO(R, N) [0][N][R] = micro_##R##_##N, [1][N][R] = micro_half_##R##_##N,
static micro_kernel *const micros[2][MOST_VECTORS + 1][MOST_ROWS + 1] = {EACH_MICRO(MICRO)};
#undef MICRO

// strip_begin returns the first vector of a strip: the filters' vectors are
// spread evenly over as few strips as hold them.
static inline int64_t strip_begin(int64_t strip, int64_t strips, int64_t vectors) { return strip * vectors / strips; }

// place is where a row's output lies.
typedef struct {
	int64_t image, line, column;
} place;

static place place_of(const vk_product *p, int64_t row) {
	const int64_t line = row / p->out_width;
	return (place){line / p->out_height, line % p->out_height, row % p->out_width};
}

// follow fills a block where rows are those of the input as they come.
static void follow(const vk_product *p, const part *w, int64_t row, int64_t n, tap *list, block *b) {
	*b = (block){1, w->end - w->begin, list};
	for (int64_t r = 0; r < n; r++) list->rows[r] = p->x + (row + r) * p->x_step + w->begin;
	list->weights = w->begin;
}

// gather fills a block: the taps of a part that n rows from a place on need. It moves
// the place on to the row behind.
static void gather(const vk_product *p, const part *w, place *at, int64_t n, tap *list, block *b) {
	b->list = list;
	b->depth = w->end - w->begin;
	const float *image[MOST_ROWS];
	int64_t top[MOST_ROWS], left[MOST_ROWS];
	int across = 1, down = 1; // are all taps of all rows between the left and right edges, between top and bottom?
	const int64_t size = p->height * p->width * p->x_step, reach[2] = {(p->size[0] - 1) * p->dilation[0], (p->size[1] - 1) * p->dilation[1]};
	for (int64_t r = 0; r < n; r++) {
		image[r] = p->x + at->image * size;
		top[r] = at->line * p->stride[0] - p->before[0];
		left[r] = at->column * p->stride[1] - p->before[1];
		down &= top[r] >= 0 && top[r] + reach[0] < p->height;
		across &= left[r] >= 0 && left[r] + reach[1] < p->width;
		if (++at->column == p->out_width) {
			at->column = 0;
			if (++at->line == p->out_height) at->line = 0, at->image++;
		}
	}
	const int lines = across && w->end - w->begin == p->depth && p->dilation[1] == 1 && p->x_step == p->depth && w->from % p->size[1] == 0 && w->to % p->size[1] == 0;
	const int64_t step = lines ? p->size[1] : 1;
	if (lines) b->depth = step * p->depth;
	if (across && down) {
		for (int64_t r = 0; r < n; r++) image[r] += (top[r] * p->width + left[r]) * p->x_step + w->begin;
		int64_t i = w->from / p->size[1], j = w->from % p->size[1];
		for (int64_t t = w->from; t < w->to; t += step, list++) {
			const int64_t behind = (i * p->dilation[0] * p->width + j * p->dilation[1]) * p->x_step;
			for (int64_t r = 0; r < n; r++) list->rows[r] = image[r] + behind;
			list->weights = t * p->depth + w->begin;
			if ((j += step) == p->size[1]) j = 0, i++;
		}
		b->taps = list - b->list;
		return;
	}
	for (int64_t t = w->from; t < w->to; t += step) {
		const int64_t below = t / p->size[1] * p->dilation[0], right = t % p->size[1] * p->dilation[1];
		int any = 0;
		for (int64_t r = 0; r < n; r++) {
			const int64_t i = top[r] + below, j = left[r] + right;
			const int in = i >= 0 && i < p->height && j >= 0 && j < p->width;
			list->rows[r] = in ? image[r] + (i * p->width + j) * p->x_step + w->begin : p->zeros;
			any |= in;
		}
		if (any) {
			list->weights = t * p->depth + w->begin;
			list++;
		}
	}
	b->taps = list - b->list;
}

// next moves on to the next part of the sums; false behind the last.
static int next(const vk_product *p, part *w, int64_t taps) {
	if (w->last) return 0;
	if (p->depth > PART) { // a piece of one tap, the pieces being nearly even
		const int64_t pieces = (p->depth + PART - 1) / PART, piece = (p->depth + pieces - 1) / pieces;
		w->begin = w->end;
		if (w->begin >= p->depth || w->to == 0) w->from = w->to, w->to++, w->begin = 0;
		w->end = w->begin + piece < p->depth ? w->begin + piece : p->depth;
		w->last = w->to == taps && w->end == p->depth;
		return 1;
	}
	int64_t most = PART / p->depth < MOST_TAPS ? PART / p->depth : MOST_TAPS;
	if (most >= taps || taps * p->depth <= PART + PART / 4) most = taps < MOST_TAPS ? taps : MOST_TAPS;
	if (most > p->size[1]) most -= most % p->size[1]; // whole lines
	w->from = w->to, w->to = w->from + most < taps ? w->from + most : taps;
	w->begin = 0, w->end = p->depth;
	w->last = w->to == taps;
	return 1;
}

static void product(const vk_product *p) {
	const int64_t vectors = (p->filters + V - 1) / V, strips = (vectors + MOST_VECTORS - 1) / MOST_VECTORS, taps = p->size[0] * p->size[1];
	const int64_t bytes = p->half ? 2 : 4;
	// Blocks of one row where a weight is not finite: a tap on padding, which
	// does not count, must not multiply zero by it.
	const int64_t most = p->alone ? 1 : MOST_ROWS;
	const int in_turn = taps == 1 && p->stride[0] == 1 && p->stride[1] == 1 && p->before[0] == 0 && p->before[1] == 0 && p->out_height == p->height && p->out_width == p->width;
	float *sums = p->scratch;
	block *blocks = (block *)(sums + CHUNK * MOST_VECTORS * V);
	tap *taps_of = (tap *)(blocks + CHUNK);
	for (int64_t chunk = p->from_row; chunk < p->to_row; chunk += CHUNK) {
		const int64_t rows = p->to_row - chunk < CHUNK ? p->to_row - chunk : CHUNK;
		const place begin = place_of(p, chunk);
		part only = {0};
		next(p, &only, taps);
		int64_t gathered = 0; // the rows of a block for which blocks are filled already, when there is one part
		for (int64_t strip = p->from_strip; strip < p->to_strip; strip++) {
			const int64_t v0 = strip_begin(strip, strips, vectors), n = strip_begin(strip + 1, strips, vectors) - v0;
			const char *weights = (const char *)p->weights + v0 * V * taps * p->depth * bytes;
			const int64_t widest = most < rows_of[n] ? most : rows_of[n];
			const int64_t count = (rows + widest - 1) / widest; // blocks, as even as can be
			const int64_t even = rows / count, longer = rows % count; // the first blocks have a row more
			part w = {0};
			int first = 1;
			while (next(p, &w, taps)) {
				// Behind the part's weights lie the next part's: the blocks share in
				// fetching them, so that memory works while the processor multiplies.
				const int64_t length = (w.to - w.from) * (w.end - w.begin), stride = n * V * bytes / count;
				const char *ahead = weights + ((w.to - 1) * p->depth + w.end) * n * V * bytes;
				place to = begin;
				for (int64_t i = 0, r0 = 0; i < count; i++) {
					const int64_t some = even + (i < longer);
					if (gathered != count) {
						if (in_turn) follow(p, &w, chunk + r0, some, taps_of + i * MOST_TAPS, blocks + i);
						else gather(p, &w, &to, some, taps_of + i * MOST_TAPS, blocks + i);
					}
					const int64_t at = (chunk + r0) * p->y_step + v0 * V;
					micros[p->half][n][some](p, blocks + i, weights, ahead + i * length * stride, stride, p->shift + v0 * V, sums + r0 * MOST_VECTORS * V, MOST_VECTORS * V,
						first, w.last, p->residual ? p->residual + at : NULL, p->y + at, p->filters - v0 * V);
					r0 += some;
				}
				if (w.last) activate_at(&p->behind, p->y + chunk * p->y_step + v0 * V, rows, p->filters - v0 * V < n * V ? p->filters - v0 * V : n * V, p->y_step);
				first = 0;
				if (only.last) gathered = count;
			}
		}
	}
}
