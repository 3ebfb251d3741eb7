// Element by element: a copy, sum, product or affine function of the inputs, then
// an activation, then bounds. It is included once for each kind of processor,
// behind its vectors and functions.h.

static inline __attribute__((always_inline)) vf hard_sigmoid(const vk_map *m, vf x) {
	return vmin(vset(1), vmax(vset(0), vfma(x, vset(m->slope), vset(0.5f))));
}

static inline __attribute__((always_inline)) vf apply(const int func, const vk_map *m, vf x) {
	switch (func) {
	case VK_RELU: {
		vf low = m->slope == 0 ? vset(0) : vmul(vset(m->slope), vadd(x, vset(-m->threshold)));
		vf y = vless(vset(m->threshold), x, x, vnan(x, x, low));
		return vmin(vset(m->limit), y);
	}
	case VK_SIGMOID: return sigmoid(x);
	case VK_TANH: return hyperbolic(x);
	case VK_ELU: return vless(vset(0), x, x, vmul(vset(m->alpha), exponential_less_one(vnan(x, x, vmin(vset(0), x)))));
	case VK_SWISH: return vmul(x, sigmoid(x));
	case VK_GELU: return gelu(x);
	case VK_GELU_TANH: return gelu_by_tanh(x);
	case VK_HARD_SIGMOID: return hard_sigmoid(m, x);
	case VK_HARD_SWISH: return vmul(x, hard_sigmoid(m, x));
	case VK_EXPONENTIAL: return exponential(x);
	}
	return x;
}

static inline __attribute__((always_inline)) void some_elements(const int func, const int kind, const int whole, const vk_map *m, const float *x, const float *other,
	float *y, int64_t c, int64_t some) {
#define LOAD(a) (whole ? vload(a) : vload_some(a, some))
	vf v = LOAD(x + c);
	if (kind == VK_ADD) v = vadd(v, LOAD(other + c));
	else if (kind == VK_MULTIPLY) v = vmul(v, LOAD(other + c));
	else if (kind == VK_AFFINE) v = vfma(vsub(v, LOAD(m->center + c)), LOAD(m->scale + c), LOAD(other + c));
	v = vmin(vset(m->highest), vmax(vset(m->lowest), apply(func, m, v)));
	if (whole) vstore(y + c, v);
	else vstore_some(y + c, v, some);
#undef LOAD
}

static inline __attribute__((always_inline)) void elements(const int func, const int kind, const vk_map *m) {
	const int64_t whole = m->columns / V * V;
	for (int64_t r = 0; r < m->rows; r++) {
		const float *x = m->x + r * m->x_step, *other = m->other + r * m->other_step;
		float *y = m->y + r * m->y_step;
		for (int64_t c = 0; c < whole; c += V) some_elements(func, kind, 1, m, x, other, y, c, V);
		if (whole < m->columns) some_elements(func, kind, 0, m, x, other, y, whole, m->columns - whole);
	}
}

// An activation behind anything but a copy is a second pass, over what the first
// has just written: few functions, little lost.
static void activate(const vk_map *m) {
	switch (m->function) {
#define FUNC(f) case f: elements(f, VK_COPY, m); break;
	FUNC(VK_LINEAR) FUNC(VK_RELU) FUNC(VK_SIGMOID) FUNC(VK_TANH) FUNC(VK_ELU) FUNC(VK_SWISH) FUNC(VK_GELU) FUNC(VK_GELU_TANH)
	FUNC(VK_HARD_SIGMOID) FUNC(VK_HARD_SWISH) FUNC(VK_EXPONENTIAL)
#undef FUNC
	}
}

// activate_at applies the activation behind a kernel to rows of y which that has
// just written.
static inline void activate_at(const vk_map *behind, float *y, int64_t rows, int64_t columns, int64_t step) {
	if (behind->function == VK_LINEAR) return;
	vk_map m = *behind;
	m.x = m.y = y, m.rows = rows, m.columns = columns, m.x_step = m.y_step = step;
	activate(&m);
}

static void map(const vk_map *m) {
	switch (m->kind) {
	case VK_COPY: activate(m); return;
	case VK_ADD: elements(VK_LINEAR, VK_ADD, m); break;
	case VK_MULTIPLY: elements(VK_LINEAR, VK_MULTIPLY, m); break;
	case VK_AFFINE: elements(VK_LINEAR, VK_AFFINE, m); break;
	}
}
