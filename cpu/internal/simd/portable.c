// Kernels for every processor: vectors of four that the compiler turns into what
// there is (SSE2 on x86-64).
#include "kernels.h"
#include "x86.h"
#include <string.h>

#define V 4
#define MOST_VECTORS 2
#define MOST_ROWS 4
#define EACH_MICRO(F) F(1, 1) F(2, 1) F(3, 1) F(4, 1) F(1, 2) F(2, 2) F(3, 2) F(4, 2)
static const int rows_of[MOST_VECTORS + 1] = {0, 4, 4}; // accumulators, weights and a factor fit 16 registers

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
INLINE vf vload(const float *p) { vf v; memcpy(&v, p, sizeof v); return v; }
INLINE void vstore(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf vset(float x) { return (vf){x, x, x, x}; }
INLINE vf vadd(vf a, vf b) { return a + b; }
INLINE vf vsub(vf a, vf b) { return a - b; }
INLINE vf vmul(vf a, vf b) { return a * b; }
INLINE vf vdiv(vf a, vf b) { return a / b; }
INLINE vf vfma(vf a, vf b, vf c) { return a * b + c; }
INLINE vf vselect(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
INLINE vf vless(vf a, vf b, vf yes, vf no) { return vselect(a < b, yes, no); }
INLINE vf vnan(vf a, vf yes, vf no) { return vselect(a == a, no, yes); }
INLINE vf vmin(vf bound, vf v) { return vselect(bound < v, bound, v); }
INLINE vf vmax(vf bound, vf v) { return vselect(bound > v, bound, v); }
INLINE vf vround(vf a) { return (a + vset(12582912)) - vset(12582912); } // 1.5 * 2^23: what is left has no digits behind the point
INLINE vf vpower(vf n) { return (vf)(((vi)(n + vset(12582912 + 127)) - (vi)vset(12582912)) << 23); }
INLINE vf vand(vf a, uint32_t bits) { int32_t b = (int32_t)bits; return (vf)((vi)a & (vi){b, b, b, b}); }
INLINE vf vxor(vf a, vf b) { return (vf)((vi)a ^ (vi)b); }

// A float16's exponent is moved to where float32 has it, and its bias is made
// good by a product with 2^112, which is right for small numbers too. Then
// infinities and NaN, which now are numbers of 65536 and more, are told apart.
INLINE vf vload_half(const uint16_t *p) {
	vi h = {p[0], p[1], p[2], p[3]};
	vf size = (vf)((h & 0x7fff) << 13) * vset(0x1p112f);
	vf special = (vf)((vi)size | 0x7f800000);
	return (vf)((vi)vselect(size >= vset(65536), special, size) | ((h & 0x8000) << 16));
}

// vstore_half rounds to the nearest float16, ties to even, one by one.
INLINE void vstore_half(uint16_t *p, vf v) {
	for (int i = 0; i < V; i++) {
		uint32_t u;
		float lane = v[i];
		memcpy(&u, &lane, sizeof u);
		const uint32_t sign = u >> 16 & 0x8000, size = u & 0x7fffffff;
		if (size > 0x7f800000) p[i] = (uint16_t)(sign | 0x7e00 | (size >> 13 & 0x1ff));
		else if (size >= 0x477ff000) p[i] = (uint16_t)(sign | 0x7c00);
		else if (size < 0x38800000) { // below 2^-14: a sum with 0.5 leaves multiples of 2^-24
			float f;
			memcpy(&f, &size, sizeof f);
			f += 0.5f;
			uint32_t bits;
			memcpy(&bits, &f, sizeof bits);
			p[i] = (uint16_t)(sign | (bits - 0x3f000000));
		} else p[i] = (uint16_t)(sign | ((size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13));
	}
}

#include "lanes.h"
#include "kernels_of.h"

const vk_kernels vk_portable = KERNELS;
