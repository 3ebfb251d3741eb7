// exp(x - largest) / sum of exp(x - largest) over each row. It is included once
// for each kind of processor, behind its vectors and functions.h.

static void softmax(const vk_softmax *s) {
	const int64_t n = s->columns, whole = n / V * V;
	for (int64_t r = 0; r < s->rows; r++) {
		const float *x = s->x + r * n;
		float *y = s->y + r * n, lanes[V];
		float largest = x[0], sum = 0;
		for (int64_t i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
		const vf down = vset(-largest);
		vf sums = vset(0);
		for (int64_t i = 0; i < whole; i += V) {
			vf e = exponential(vadd(vload(x + i), down));
			vstore(y + i, e);
			sums = vadd(sums, e);
		}
		vstore(lanes, sums);
		for (int i = 0; i < V; i++) sum += lanes[i];
		if (whole < n) {
			vstore(lanes, exponential(vadd(vload_some(x + whole, n - whole), down)));
			for (int64_t i = whole; i < n; i++) {
				y[i] = lanes[i - whole];
				sum += y[i];
			}
		}
		for (int64_t i = 0; i < n; i++) y[i] /= sum;
	}
}
