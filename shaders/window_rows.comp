#version 450
#extension GL_GOOGLE_include_directive : require
// The taps of a window's rows side by side, for a convolution of few channels: a
// window of (size_y, size) over c channels becomes one of (size_y, 1) over size c
// channels, filled up with zeros to so many quads.
//   y[n, i, j, q channels + c] = x[n, i, j s - pad + q, c], 0 outside the input
// x: NHWC, of any number of channels, read four numbers at a time: what lies side
// by side there, stays so. y: (rows, out_width, quads). Each work group owns part
// of a row, each invocation four channels of a position; count is the number of
// rows.
#include "include/divide.glsl"
#include "include/texels.glsl"
layout(local_size_x = 64) in;

layout(binding = 0, TENSOR) uniform readonly imageBuffer x;
layout(std430, binding = 1) writeonly buffer Y { VEC4 y[]; };

// x_at, width and the rest are in elements, y_at and quads in vec4.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at, width, channels, out_width, quads, size, stride, left; } push;

void main() {
    const uint line = gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y, at = gl_GlobalInvocationID.x;
    if (line >= push.count || at >= push.out_width * push.quads) return;
    const uint j = divide(at, push.quads), first = (at - j * push.quads) * 4;
    const int length = int(push.width * push.channels), begin = int((j * push.stride - push.left) * push.channels + first);
    const int from = int(push.x_at + line * push.width * push.channels) + begin;
    const vec4 a = imageLoad(x, clamp(from >> 2, 0, imageSize(x) - 1)), b = imageLoad(x, min((from >> 2) + 1, imageSize(x) - 1));
    const int shift = from & 3;
    vec4 v = mix(a, vec4(a.yzw, b.x), bvec4(shift == 1));
    v = mix(v, vec4(a.zw, b.xy), bvec4(shift == 2));
    v = mix(v, vec4(a.w, b.xyz), bvec4(shift == 3));
    const ivec4 e = ivec4(0, 1, 2, 3);
    const uvec4 inside = uvec4(greaterThanEqual(begin + e, ivec4(0))) & uvec4(lessThan(begin + e, ivec4(length)))
        & uvec4(lessThan(int(first) + e, ivec4(int(push.size * push.channels))));
    v = mix(vec4(0), v, bvec4(inside));
    y[push.y_at + line * push.out_width * push.quads + at] = STORED(v);
}
