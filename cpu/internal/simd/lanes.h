// Parts of a vector, for processors whose vectors have no masks.
INLINE vf vload_some(const float *p, int64_t n) {
	float lanes[V] = {0};
	for (int64_t i = 0; i < n; i++) lanes[i] = p[i];
	return vload(lanes);
}
INLINE void vstore_some(float *p, vf v, int64_t n) {
	float lanes[V];
	vstore(lanes, v);
	for (int64_t i = 0; i < n; i++) p[i] = lanes[i];
}
