// Kernels for x86-64 processors with AVX2, FMA and F16C.
#include "kernels.h"

#if defined(__x86_64__)
#include "x86.h"
TARGET("avx2,fma,f16c")
#include <immintrin.h>

#define V 8
#define MOST_VECTORS 2
#define MOST_ROWS 8
#define EACH_MICRO(F) \
	F(1, 1) F(2, 1) F(3, 1) F(4, 1) F(5, 1) F(6, 1) F(7, 1) F(8, 1) \
	F(1, 2) F(2, 2) F(3, 2) F(4, 2) F(5, 2) F(6, 2)
static const int rows_of[MOST_VECTORS + 1] = {0, 8, 6}; // accumulators, weights and a factor fit 16 registers

typedef __m256 vf;
static const int32_t lanes_of[16] = {-1, -1, -1, -1, -1, -1, -1, -1}; // then zeros
INLINE __m256i first_lanes(int64_t n) { return _mm256_loadu_si256((const __m256i *)(lanes_of + 8 - (n < 0 ? 0 : n))); }
INLINE vf vload(const float *p) { return _mm256_loadu_ps(p); }
INLINE vf vload_half(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INLINE void vstore_half(uint16_t *p, vf v) { _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)); }
INLINE void vstore(float *p, vf v) { _mm256_storeu_ps(p, v); }
INLINE vf vload_some(const float *p, int64_t n) { return _mm256_maskload_ps(p, first_lanes(n)); }
INLINE void vstore_some(float *p, vf v, int64_t n) { _mm256_maskstore_ps(p, first_lanes(n), v); }
INLINE vf vset(float x) { return _mm256_set1_ps(x); }
INLINE vf vadd(vf a, vf b) { return _mm256_add_ps(a, b); }
INLINE vf vsub(vf a, vf b) { return _mm256_sub_ps(a, b); }
INLINE vf vmul(vf a, vf b) { return _mm256_mul_ps(a, b); }
INLINE vf vdiv(vf a, vf b) { return _mm256_div_ps(a, b); }
INLINE vf vfma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf vmin(vf bound, vf v) { return _mm256_min_ps(bound, v); }
INLINE vf vmax(vf bound, vf v) { return _mm256_max_ps(bound, v); }
INLINE vf vless(vf a, vf b, vf yes, vf no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
INLINE vf vnan(vf a, vf yes, vf no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, a, _CMP_UNORD_Q)); }
INLINE vf vround(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE vf vpower(vf n) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)); }
INLINE vf vand(vf a, uint32_t bits) { return _mm256_castsi256_ps(_mm256_and_si256(_mm256_castps_si256(a), _mm256_set1_epi32((int)bits))); }
INLINE vf vxor(vf a, vf b) { return _mm256_xor_ps(a, b); }

#include "kernels_of.h"

const vk_kernels vk_avx2 = KERNELS;

#include "end.h"
#endif
