#version 450
#extension GL_GOOGLE_include_directive : require
// The largest value under a window, channel by channel, four channels at a time,
// for devices that are CPUs; padding never wins, NaN does.
// x: NHWC with channels in fours. Each work group owns part of an output row,
// each invocation four channels of a position; count is the number of rows.
#include "include/window.glsl"
#include "include/divide.glsl"
#include "include/texels.glsl"
layout(local_size_x = 64) in;

layout(binding = 0, TENSOR) uniform readonly imageBuffer x;
layout(std430, binding = 1) writeonly buffer Y { VEC4 y[]; };

// x_at, y_at and channels are in vec4.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at; WINDOW; } push;

void main() {
    // A push constant read inside a loop is gathered lane by lane each time.
    const uint height = push.height, width = push.width, size_y = push.size_y, size_x = push.size_x, channels = push.channels;
    const uint step_y = push.dilation_y, step_x = push.dilation_x;
    const uint line = gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y, at = gl_GlobalInvocationID.x;
    if (line >= push.count || at >= push.out_width * channels) return;
    const uint j = divide(at, channels), n = divide(line, push.out_height);
    const uint top = (line - n * push.out_height) * push.stride_y - push.pad_top, left = j * push.stride_x - push.pad_left;
    const uint image = n * height, from = push.x_at + at - j * channels;
    vec4 best = vec4(uintBitsToFloat(0xff800000u)); // minus infinity
    for (uint p = 0; p < size_y; p++) {
        const uint row = top + p * step_y; // wraps round outside the input
        for (uint q = 0; q < size_x; q++) {
            const uint column = left + q * step_x;
            if (row < height && column < width) {
                const vec4 v = imageLoad(x, int(from + ((image + row) * width + column) * channels));
                const uvec4 larger = uvec4(not(lessThanEqual(v, best))) & uvec4(not(isnan(best)));
                best = mix(best, v, bvec4(larger));
            }
        }
    }
    y[push.y_at + line * push.out_width * channels + at] = STORED(best);
}
