// The mean or the largest of each channel over all positions of one image. It is
// included once for each kind of processor, behind its vectors.

// Positions that are summed by themselves before their sum joins the others':
// float32 then loses little over many positions.
#define RUN 64

static inline __attribute__((always_inline)) void columns(const int kind, const int whole, const vk_reduce *r, int64_t channel, int64_t some) {
	const int64_t c = r->channels;
	vf total = vset(kind == VK_MAX ? -INFINITY : 0);
	for (int64_t from = 0; from < r->positions; from += RUN) {
		const int64_t to = from + RUN < r->positions ? from + RUN : r->positions;
		vf s = vset(kind == VK_MAX ? -INFINITY : 0);
		for (int64_t i = from; i < to; i++) {
			vf v = whole ? vload(r->x + i * c + channel) : vload_some(r->x + i * c + channel, some);
			s = kind == VK_MAX ? vnan(s, s, vmax(s, v)) : vadd(s, v);
		}
		total = kind == VK_MAX ? vnan(total, total, vmax(total, s)) : vadd(total, s);
	}
	if (kind == VK_MEAN) total = vdiv(total, vset((float)r->positions));
	if (whole) vstore(r->y + channel, total);
	else vstore_some(r->y + channel, total, some);
}

static void reduce(const vk_reduce *r) {
	for (int64_t c = r->from_channel; c < r->to_channel; c += V) {
		const int64_t left = r->to_channel - c;
		if (r->kind == VK_MAX) {
			if (left >= V) columns(VK_MAX, 1, r, c, V);
			else columns(VK_MAX, 0, r, c, left);
		} else {
			if (left >= V) columns(VK_MEAN, 1, r, c, V);
			else columns(VK_MEAN, 0, r, c, left);
		}
	}
}
