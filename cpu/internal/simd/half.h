// Rounds float32 to the nearest float16. It is included where vectors have an
// instruction for it.

static void to_half(const float *x, uint16_t *y, int64_t n) {
	const int64_t whole = n / V * V;
	for (int64_t i = 0; i < whole; i += V) vstore_half(y + i, vload(x + i));
	if (whole < n) {
		uint16_t lanes[V];
		vstore_half(lanes, vload_some(x + whole, n - whole));
		for (int64_t i = whole; i < n; i++) y[i] = lanes[i - whole];
	}
}
