#version 450
#extension GL_GOOGLE_include_directive : require
// Depthwise convolution in fours of channels, for windows of SIZE x SIZE and
// STRIDE in both directions, without dilation:
//   y[n, i, j, c] = clamp(f(b[c] + sum over p, q of x[n, i s - pad + p, j s - pad + q, c] k[p, q, c] + r[n, i, j, c]))
// Each invocation owns four channels of DOWN x ACROSS positions, so that what lies
// under several of their windows is read once: of 2 x 2, 16 or 25 (stride 2) fours
// for 36 of 3x3.
//
// x, r: NHWC. w: (SIZE, SIZE, channels), and behind it the bias. Each work group
// owns part of DOWN output rows of an image; count is the number of such bands in
// all images.
#include "include/window.glsl"
#include "include/divide.glsl"
#include "include/quads.glsl"
#include "include/epilogue.glsl"
layout(local_size_x = 64) in;

layout(constant_id = 1) const bool RESIDUAL = false;
// The places and channels are in fours.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at; WINDOW; uint outputs, multiplier; EPILOGUE; } push;

const uint ROWS = (DOWN - 1) * STRIDE + SIZE, COLUMNS = (ACROSS - 1) * STRIDE + SIZE; // that are read

void main() {
    // A push constant read inside a loop is gathered lane by lane each time.
    const uint height = push.height, width = push.width, channels = push.channels, x_at = push.x_at;
    const uint out_height = push.out_height, out_width = push.out_width;
    const uint line = line_index(), at = gl_GlobalInvocationID.x;
    if (line >= push.count || at >= (out_width + ACROSS - 1) / ACROSS * channels) return;
    const uint run = divide(at, channels), c = at - run * channels, j = run * ACROSS;
    const uint bands = (out_height + DOWN - 1) / DOWN, n = divide(line, bands), i = (line - n * bands) * DOWN;
    const uint top = i * STRIDE - push.pad_top, left = j * STRIDE - push.pad_left; // wrap round outside the input

    vec4 sum[DOWN * ACROSS], k[SIZE * SIZE];
    const vec4 bias = W4(SIZE * SIZE * channels + c);
    [[unroll]] for (uint o = 0; o < DOWN * ACROSS; o++) sum[o] = bias;
    [[unroll]] for (uint p = 0; p < ROWS; p++) {
        if (p < SIZE) [[unroll]] for (uint q = 0; q < SIZE; q++) k[p * SIZE + q] = W4((p * SIZE + q) * channels + c);
        const uint row = top + p;
        uint from = x_at + ((n * height + row) * width + left) * channels + c;
        [[unroll]] for (uint q = 0; q < COLUMNS; q++) {
            const bool inside = all(bvec2(row < height, left + q < width)); // not &&, of which compilers may make a branch
            const vec4 v = mix(vec4(0), x4(inside ? from : x_at, 4), bvec4(inside));
            from += channels;
            [[unroll]] for (uint d = 0; d < DOWN; d++) [[unroll]] for (uint a = 0; a < ACROSS; a++) {
                if (p >= d * STRIDE && p < d * STRIDE + SIZE && q >= a * STRIDE && q < a * STRIDE + SIZE)
                    sum[d * ACROSS + a] += v * k[(p - d * STRIDE) * SIZE + q - a * STRIDE];
            }
        }
    }
    [[unroll]] for (uint d = 0; d < DOWN; d++) [[unroll]] for (uint a = 0; a < ACROSS; a++) {
        if (i + d < out_height && j + a < out_width) {
            const uint to = ((n * out_height + i + d) * out_width + j + a) * channels + c;
            vec4 v = sum[d * ACROSS + a];
            if (RESIDUAL) v += r4(push.r_at + to, 4);
            put4(push.y_at + to, finish(v, push.lowest, push.highest, push.parameter), 4);
        }
    }
}
