#version 450
#extension GL_GOOGLE_include_directive : require
// Depthwise convolution in fours of output channels, for any window; with ODD also
// where channels do not come in fours or have several kernels each: see
// depthwise_conv2d.comp. Each invocation owns four channels of ACROSS positions
// that lie side by side, for which a weight is read once.
//
// x, r: NHWC. w: (size_y, size_x, fours of outputs), and behind it the bias. Each
// work group owns part of an output row; count is the number of rows of all images.
#include "include/window.glsl"
#include "include/divide.glsl"
#include "include/quads.glsl"
#include "include/epilogue.glsl"
layout(local_size_x = 64) in;

layout(constant_id = 1) const bool RESIDUAL = false;
// The places, channels and outputs are in fours or, with ODD, in elements.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at; WINDOW; uint outputs, multiplier; EPILOGUE; } push;

const uint ACROSS = 4;

void main() {
    // A push constant read inside a loop is gathered lane by lane each time.
    const uint height = push.height, width = push.width, channels = push.channels, out_width = push.out_width, x_at = push.x_at;
    const uint size_y = push.size_y, size_x = push.size_x, stride_x = push.stride_x, step_y = push.dilation_y, step_x = push.dilation_x;
    const uint line = line_index(), at = gl_GlobalInvocationID.x;
#ifdef ODD
    const uint fours = (push.outputs + 3) / 4;
#else
    const uint fours = push.outputs;
#endif
    if (line >= push.count || at >= (out_width + ACROSS - 1) / ACROSS * fours) return;
    const uint run = divide(at, fours), four = at - run * fours, j = run * ACROSS;
    const uint n = divide(line, push.out_height);
    const uint top = (line - n * push.out_height) * push.stride_y - push.pad_top, left = j * stride_x - push.pad_left; // wrap round outside the input
#ifdef ODD
    // Outputs o to o + 3 read channels from c on, each the one that pick says.
    const uint o = four * 4, valid = min(push.outputs - o, 4), c = o / push.multiplier;
    const uvec4 pick = (o + uvec4(0, 1, 2, 3)) / push.multiplier - c;
    const uint needed = min(channels - c, 4);
#else
    const uint o = four, valid = 4, c = four, needed = 4;
#endif

    vec4 sum[ACROSS];
    const vec4 bias = W4(size_y * size_x * fours + four);
    [[unroll]] for (uint a = 0; a < ACROSS; a++) sum[a] = bias;
    for (uint p = 0; p < size_y; p++) {
        const uint row = top + p * step_y, from = x_at + (n * height + row) * width * channels + c;
        for (uint q = 0; q < size_x; q++) {
            const vec4 k = W4((p * size_x + q) * fours + four);
            [[unroll]] for (uint a = 0; a < ACROSS; a++) {
                const uint column = left + a * stride_x + q * step_x;
                const bool inside = all(bvec2(row < height, column < width)); // not &&, of which compilers may make a branch
                vec4 v = x4(inside ? from + column * channels : x_at, needed);
#ifdef ODD
                v = mix(mix(mix(vec4(v.x), vec4(v.y), equal(pick, uvec4(1))), vec4(v.z), equal(pick, uvec4(2))), vec4(v.w), equal(pick, uvec4(3)));
#endif
                sum[a] += mix(vec4(0), v, bvec4(inside)) * k;
            }
        }
    }
    [[unroll]] for (uint a = 0; a < ACROSS; a++) {
        if (j + a < out_width) {
            const uint to = (line * out_width + j + a) * push.outputs + o;
            vec4 v = sum[a];
            if (RESIDUAL) v += r4(push.r_at + to, valid);
            put4(push.y_at + to, finish(v, push.lowest, push.highest, push.parameter), valid);
        }
    }
}
