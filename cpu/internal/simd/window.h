// Depthwise convolution and pooling, for one tile of output lines: windows that
// slide over the channels one by one, a vector of channels at a time. It is
// included once for each kind of processor, behind its vectors.




// The taps of a window that fall inside the input for one output.
typedef struct {
	int64_t from, to;
} span;

static inline span inside(int64_t start, int64_t step, int64_t size, int64_t n) {
	span s = {start < 0 ? (-start + step - 1) / step : 0, start < n ? (n - start + step - 1) / step : 0};
	if (s.to > size) s.to = size;
	return s;
}

// slide computes J neighbouring outputs for K vectors of channels, for the taps p
// and q of lines and columns, from the channel begin on, some of a vector.
static inline __attribute__((always_inline)) void slide(const int kind, const int J, const int K, const int whole, const vk_window *w, const float *x, int64_t at,
	span p, span q, int64_t channel, int64_t some) {
#define LOAD(a) (whole ? vload(a) : vload_some(a, some))
#define EACH_VECTOR UNROLL for (int v = 0; v < K; v++) UNROLL for (int j = 0; j < J; j++)
	const int64_t c = w->channels, right = w->stride[1] * c;
	vf s[4][4];
	EACH_VECTOR s[j][v] = kind == VK_DEPTHWISE ? LOAD(w->shift + channel + v * V) : vset(kind == VK_MAX ? -INFINITY : 0);
	for (int64_t i = p.from; i < p.to; i++) {
		for (int64_t k = q.from; k < q.to; k++) {
			const float *in = x + (i * w->dilation[0] * w->width + k * w->dilation[1]) * c + channel;
			const float *weights = w->weights + (i * w->size[1] + k) * c + channel;
			vf f[4];
			if (kind == VK_DEPTHWISE) UNROLL for (int v = 0; v < K; v++) f[v] = LOAD(weights + v * V);
			EACH_VECTOR {
				vf t = LOAD(in + j * right + v * V);
				if (kind == VK_DEPTHWISE) s[j][v] = vfma(t, f[v], s[j][v]);
				else if (kind == VK_MAX) s[j][v] = vnan(s[j][v], s[j][v], vmax(s[j][v], t)); // NaN wins on either side
				else s[j][v] = vadd(s[j][v], t);
			}
		}
	}
	vf lowest = vset(w->lowest), highest = vset(w->highest);
	EACH_VECTOR {
		const int64_t e = at + j * c + channel + v * V;
		vf t = s[j][v];
		if (kind == VK_MEAN) t = vdiv(t, vset((float)((p.to - p.from) * (q.to - q.from))));
		if (w->residual) t = vadd(t, LOAD(w->residual + e));
		t = vmin(highest, vmax(lowest, t));
		if (whole) vstore(w->y + e, t);
		else vstore_some(w->y + e, t, some);
	}
#undef EACH_VECTOR
#undef LOAD
}

// line computes one line of outputs.
static inline __attribute__((always_inline)) void line(const int kind, const vk_window *w, int64_t row) {
	const int64_t c = w->channels, image = row / w->out_height, i = row % w->out_height;
	const int64_t top = i * w->stride[0] - w->before[0];
	const span p = inside(top, w->dilation[0], w->size[0], w->height);
	for (int64_t j = 0; j < w->out_width;) {
		const int64_t left = j * w->stride[1] - w->before[1], last = left + 3 * w->stride[1] + (w->size[1] - 1) * w->dilation[1];
		const float *x = w->x + ((image * w->height + top) * w->width + left) * c;
		const int64_t at = (row * w->out_width + j) * c, vectors = c / V * V;
		if (left >= 0 && last < w->width && j + 4 <= w->out_width) {
			const span q = {0, w->size[1]};
			for (int64_t k = 0; k < vectors; k += V) slide(kind, 4, 1, 1, w, x, at, p, q, k, V);
			if (vectors < c) slide(kind, 4, 1, 0, w, x, at, p, q, vectors, c - vectors);
			activate_at(&w->behind, w->y + at, 1, 4 * c, 4 * c);
			j += 4;
		} else {
			const span q = inside(left, w->dilation[1], w->size[1], w->width);
			// One output has one chain of sums: some vectors at once hide its latency.
			int64_t k = 0;
			for (; k + 4 * V <= vectors; k += 4 * V) slide(kind, 1, 4, 1, w, x, at, p, q, k, V);
			for (; k < vectors; k += V) slide(kind, 1, 1, 1, w, x, at, p, q, k, V);
			if (vectors < c) slide(kind, 1, 1, 0, w, x, at, p, q, vectors, c - vectors);
			activate_at(&w->behind, w->y + at, 1, c, c);
			j++;
		}
	}
}

static void window(const vk_window *w) {
	for (int64_t row = w->from_row; row < w->to_row; row++) {
		if (w->kind == VK_DEPTHWISE) line(VK_DEPTHWISE, w, row);
		else if (w->kind == VK_MAX) line(VK_MAX, w, row);
		else line(VK_MEAN, w, row);
	}
}
