// Kernels for 64-bit Arm processors.
#include "kernels.h"

#if defined(__aarch64__)
#include "x86.h"
#include <arm_neon.h>

#define V 4
#define MOST_VECTORS 4
#define MOST_ROWS 8
#define EACH_MICRO(F) \
	F(1, 1) F(2, 1) F(3, 1) F(4, 1) F(5, 1) F(6, 1) F(7, 1) F(8, 1) \
	F(1, 2) F(2, 2) F(3, 2) F(4, 2) F(5, 2) F(6, 2) F(7, 2) F(8, 2) \
	F(1, 3) F(2, 3) F(3, 3) F(4, 3) F(5, 3) F(6, 3) F(7, 3) F(8, 3) \
	F(1, 4) F(2, 4) F(3, 4) F(4, 4) F(5, 4) F(6, 4)
static const int rows_of[MOST_VECTORS + 1] = {0, 8, 8, 8, 6}; // accumulators, weights and a factor fit 32 registers

typedef float32x4_t vf;
INLINE vf vload(const float *p) { return vld1q_f32(p); }
INLINE vf vload_half(const uint16_t *p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }
INLINE void vstore_half(uint16_t *p, vf v) { vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v))); }
INLINE void vstore(float *p, vf v) { vst1q_f32(p, v); }
INLINE vf vset(float x) { return vdupq_n_f32(x); }
INLINE vf vadd(vf a, vf b) { return vaddq_f32(a, b); }
INLINE vf vsub(vf a, vf b) { return vsubq_f32(a, b); }
INLINE vf vmul(vf a, vf b) { return vmulq_f32(a, b); }
INLINE vf vdiv(vf a, vf b) { return vdivq_f32(a, b); }
INLINE vf vfma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
INLINE vf vmin(vf bound, vf v) { return vminq_f32(bound, v); }
INLINE vf vmax(vf bound, vf v) { return vmaxq_f32(bound, v); }
INLINE vf vless(vf a, vf b, vf yes, vf no) { return vbslq_f32(vcltq_f32(a, b), yes, no); }
INLINE vf vnan(vf a, vf yes, vf no) { return vbslq_f32(vceqq_f32(a, a), no, yes); }
INLINE vf vround(vf a) { return vrndnq_f32(a); }
INLINE vf vpower(vf n) { return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23)); }
INLINE vf vand(vf a, uint32_t bits) { return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a), vdupq_n_u32(bits))); }
INLINE vf vxor(vf a, vf b) { return vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(b))); }

#include "lanes.h"
#include "kernels_of.h"

const vk_kernels vk_neon = KERNELS;
#endif
