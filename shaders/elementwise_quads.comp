#version 450
#extension GL_GOOGLE_include_directive : require
// Element-wise operations, four elements at a time:
//   OP 0, activation:  y = clamp(f(x))
//   OP 1, add:         y = clamp(f(x + r))
//   OP 2, multiply:    y = clamp(f(x r))
//   OP 3, gate:        y = clamp(f(x r)), r being a factor a channel and image
//   OP 4, affine:      y = clamp(f((x - m) s + t + r)), a constant a channel: batch_norm, rescale and normalize
// Elements lie side by side whatever the shape, so that fours need not be fours
// of channels: of w, the affine constants, the period repeats until it is one of
// fours. The last four may end behind the tensor, in memory that is its own.
//
// w: m, s, t, each of `period` fours. count is the number of fours; image the
// fours of an image.
#include "include/divide.glsl"
#include "include/quads.glsl"
#include "include/epilogue.glsl"
layout(local_size_x = 64) in;

layout(constant_id = 1) const bool RESIDUAL = false;
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at, period, image; EPILOGUE; } push;

void main() {
    const uint at = index();
    if (at >= push.count) return;
    vec4 v = x4(push.x_at + at, 4);
#if OP == 1
    v += r4(push.r_at + at, 4);
#elif OP == 2
    v *= r4(push.r_at + at, 4);
#elif OP == 3
    const uint n = divide(at, push.image);
    v *= r4(push.r_at + n * push.period + at % push.period, 4);
#elif OP == 4
    const uint c = at % push.period;
    v = (v - W4(c)) * W4(push.period + c) + W4(2 * push.period + c);
    if (RESIDUAL) v += r4(push.r_at + at, 4);
#endif
    put4(push.y_at + at, finish(v, push.lowest, push.highest, push.parameter), 4);
}
