#version 450
#extension GL_GOOGLE_include_directive : require
// The largest value (MAX) or the mean of the values under a window, in fours of
// channels: see max_pool.comp and avg_pool.comp. Padding never wins and is not
// counted; NaN wins.
//
// x: NHWC. Each work group owns part of an output row, each invocation four
// channels of a position; count is the number of rows of all images.
#include "include/window.glsl"
#include "include/divide.glsl"
#include "include/quads.glsl"
layout(local_size_x = 64) in;

// The places and channels are in fours or, with ODD, in elements.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at; WINDOW; } push;

void main() {
    // A push constant read inside a loop is gathered lane by lane each time.
    const uint height = push.height, width = push.width, channels = push.channels, x_at = push.x_at;
    const uint size_y = push.size_y, size_x = push.size_x, step_y = push.dilation_y, step_x = push.dilation_x;
    const uint line = line_index(), at = gl_GlobalInvocationID.x;
#ifdef ODD
    const uint fours = (channels + 3) / 4;
#else
    const uint fours = channels;
#endif
    if (line >= push.count || at >= push.out_width * fours) return;
    const uint j = divide(at, fours), four = at - j * fours, n = divide(line, push.out_height);
#ifdef ODD
    const uint c = four * 4, valid = min(channels - c, 4);
#else
    const uint c = four, valid = 4;
#endif
    const uint top = (line - n * push.out_height) * push.stride_y - push.pad_top, left = j * push.stride_x - push.pad_left; // wrap round
#ifdef MAX
    vec4 best = vec4(uintBitsToFloat(0xff800000u)); // minus infinity
#else
    vec4 best = vec4(0);
    float counted = 0.0;
#endif
    for (uint p = 0; p < size_y; p++) {
        const uint row = top + p * step_y, from = x_at + (n * height + row) * width * channels + c;
        for (uint q = 0; q < size_x; q++) {
            const uint column = left + q * step_x;
            const bool inside = all(bvec2(row < height, column < width)); // not &&, of which compilers may make a branch
            const vec4 v = x4(inside ? from + column * channels : x_at, valid);
#ifdef MAX
            const uvec4 larger = uvec4(not(lessThanEqual(v, best))) & uvec4(not(isnan(best))) & uvec4(inside);
            best = mix(best, v, bvec4(larger));
#else
            best += mix(vec4(0), v, bvec4(inside));
            counted += inside ? 1.0 : 0.0;
#endif
        }
    }
#ifndef MAX
    best /= counted;
#endif
    put4(push.y_at + (line * push.out_width + j) * channels + c, best, valid);
}
