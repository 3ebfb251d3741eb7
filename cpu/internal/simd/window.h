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

// Outputs that are computed side by side: enough sums that the next tap's need not
// wait for the last one's.
#define BESIDE 4

// slide computes J neighbouring outputs, or with edge the first n of them, whose
// columns of the window may lie outside of the input: for K vectors of channels from
// the channel begin on, some of a vector, by the taps p of lines. The first output's
// window begins left.
static inline __attribute__((always_inline)) void slide(const int kind, const int edge, const int J, const int K, const int whole, const vk_window *w, const float *x, int64_t at,
	span p, int64_t left, int64_t n, int64_t channel, int64_t some) {
#define LOAD(a) (whole ? vload(a) : vload_some(a, some))
#define EACH_OUTPUT UNROLL for (int j = 0; j < J; j++)
#define EACH_VECTOR UNROLL for (int v = 0; v < K; v++)
	const int64_t c = w->channels, right = w->stride[1] * c;
	vf s[BESIDE][4];
	EACH_OUTPUT EACH_VECTOR s[j][v] = kind == VK_DEPTHWISE ? LOAD(w->shift + channel + v * V) : vset(kind == VK_MAX ? -INFINITY : 0);
	for (int64_t i = p.from; i < p.to; i++) {
		for (int64_t k = 0; k < w->size[1]; k++) {
			const float *in = x + (i * w->dilation[0] * w->width + k * w->dilation[1]) * c + channel;
			const float *weights = w->weights + (i * w->size[1] + k) * c + channel;
			vf f[4];
			if (kind == VK_DEPTHWISE) EACH_VECTOR f[v] = LOAD(weights + v * V);
			EACH_OUTPUT {
				if (edge && (uint64_t)(left + j * w->stride[1] + k * w->dilation[1]) >= (uint64_t)w->width) continue;
				EACH_VECTOR {
					vf t = LOAD(in + j * right + v * V);
					if (kind == VK_DEPTHWISE) s[j][v] = vfma(t, f[v], s[j][v]);
					else if (kind == VK_MAX) s[j][v] = vnan(s[j][v], s[j][v], vmax(s[j][v], t)); // NaN wins on either side
					else s[j][v] = vadd(s[j][v], t);
				}
			}
		}
	}
	vf lowest = vset(w->lowest), highest = vset(w->highest);
	EACH_OUTPUT {
		if (edge && j >= n) break;
		const span q = edge ? inside(left + j * w->stride[1], w->dilation[1], w->size[1], w->width) : (span){0, w->size[1]};
		EACH_VECTOR {
			const int64_t e = at + j * c + channel + v * V;
			vf t = s[j][v];
			if (kind == VK_MEAN) t = vdiv(t, vset((float)((p.to - p.from) * (q.to - q.from))));
			if (w->residual) t = vadd(t, LOAD(w->residual + e));
			t = vmin(highest, vmax(lowest, t));
			if (whole) vstore(w->y + e, t);
			else vstore_some(w->y + e, t, some);
		}
	}
#undef EACH_OUTPUT
#undef EACH_VECTOR
#undef LOAD
}

// all_channels is slide for each vector of channels.
static inline __attribute__((always_inline)) void all_channels(const int kind, const int edge, const int J, const vk_window *w, const float *x, int64_t at, span p, int64_t left, int64_t n) {
	const int64_t c = w->channels;
	int64_t k = 0;
	if (J == 1) for (; k + 4 * V <= c; k += 4 * V) slide(kind, edge, J, 4, 1, w, x, at, p, left, n, k, V);
	for (; k + 2 * V <= c; k += 2 * V) slide(kind, edge, J, 2, 1, w, x, at, p, left, n, k, V);
	for (; k + V <= c; k += V) slide(kind, edge, J, 1, 1, w, x, at, p, left, n, k, V);
	if (k < c) slide(kind, edge, J, 1, 0, w, x, at, p, left, n, k, c - k);
}

// line computes one line of outputs.
static inline __attribute__((always_inline)) void line(const int kind, const vk_window *w, int64_t row) {
	const int64_t c = w->channels, image = row / w->out_height, i = row % w->out_height;
	const int64_t top = i * w->stride[0] - w->before[0], reach = (BESIDE - 1) * w->stride[1] + (w->size[1] - 1) * w->dilation[1];
	const span p = inside(top, w->dilation[0], w->size[0], w->height);
	for (int64_t j = 0; j < w->out_width; j += BESIDE) {
		const int64_t n = w->out_width - j < BESIDE ? w->out_width - j : BESIDE, left = j * w->stride[1] - w->before[1];
		const float *x = w->x + ((image * w->height + top) * w->width + left) * c;
		const int64_t at = (row * w->out_width + j) * c;
		if (n == BESIDE && left >= 0 && left + reach < w->width) all_channels(kind, 0, BESIDE, w, x, at, p, left, n);
		else if (n > 1) all_channels(kind, 1, BESIDE, w, x, at, p, left, n);
		else all_channels(kind, 1, 1, w, x, at, p, left, n);
		activate_at(&w->behind, w->y + at, 1, n * c, n * c);
	}
}

static void window(const vk_window *w) {
	for (int64_t row = w->from_row; row < w->to_row; row++) {
		if (w->kind == VK_DEPTHWISE) line(VK_DEPTHWISE, w, row);
		else if (w->kind == VK_MAX) line(VK_MAX, w, row);
		else line(VK_MEAN, w, row);
	}
}
