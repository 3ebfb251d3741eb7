#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
// Convolution for devices that are CPUs (llvmpipe): an implicit matrix product
//   y[m, o] = clamp(f(b[o] + sum over k of A[m, k] g[k] B[k, o] + r[m, o]))
// whose rows m are the output positions of all images, and whose k runs over
// taps and input channels.
//
// Each lane fetches the vec4 (four input channels) of another row, so that one
// fetch brings LANES rows; subgroupShuffle with a constant lane then spreads
// every value to all lanes, each of which owns four output channels of every
// row. On llvmpipe that shuffle is one instruction, a texel fetch is eight
// vector loads and a transpose, and a storage-buffer load is a loop over the
// lanes: hence operands as texel buffers, and no shared memory.
//
// x, r: NHWC with channels in fours, as those of g. w: the kernel in strips, one for each
// work group's GROUP vec4 of output channels: (strip, k, vec4), with
// the bias as one more k behind the others; missing channels are zeros.
// Variants: LANES (the subgroup size), ROWS of output positions an invocation,
// UNROLL fetches a loop turn, GROUP invocations.
// Each work group owns ROWS positions of one strip. Those of the strips from
// `strips` on compute a second convolution z of the same input, with filters,
// bounds and a place in y of its own.
// With HALF_TENSORS x, r and y are float16, with HALF_WEIGHTS w is, and the bias
// two ks whose sum it is: float16 has 11 digits, two of them nearly 24.
#include "include/window.glsl"
#include "include/texels.glsl"
#include "include/epilogue.glsl"
layout(local_size_x = GROUP) in;

layout(constant_id = 1) const bool RESIDUAL = false;
layout(constant_id = 2) const bool POINTWISE = false; // the window is 1x1 and reads every position: row m is position m
layout(constant_id = 3) const bool GATE = false;      // x is multiplied by g, (images, channels)

#ifdef HALF_WEIGHTS
#define WEIGHT rgba16f
const uint BIASES = 2;
#else
#define WEIGHT rgba32f
const uint BIASES = 1;
#endif
layout(binding = 0, TENSOR) uniform readonly imageBuffer x;
layout(binding = 1, WEIGHT) uniform readonly imageBuffer w;
layout(binding = 2, TENSOR) uniform readonly imageBuffer r;
layout(binding = 3, TENSOR) uniform readonly imageBuffer g;
layout(std430, binding = 4) writeonly buffer Y { VEC4 y[]; };

// count: output positions. x_at, y_at, r_at, g_at, channels and filters are in
// vec4.
layout(push_constant) uniform Push {
    uint count, x_at, y_at, r_at; WINDOW; uint filters, g_at; EPILOGUE;
    uint strips, z_at, z_filters; float z_lowest, z_highest;
} push;

const uint FETCHES = (ROWS + LANES - 1) / LANES;             // fetches that bring all rows
const uint SPREAD = LANES > ROWS ? LANES / ROWS : 1;         // channel quads that one fetch brings

void main() {
    // A push constant read inside a loop is gathered lane by lane each time.
    const uint count = push.count, channels = push.channels, x_at = push.x_at;
    const uint height = push.height, width = push.width, size_y = POINTWISE ? 1 : push.size_y, size_x = POINTWISE ? 1 : push.size_x;
    const uint step_y = push.dilation_y, step_x = push.dilation_x;
    const uint lane = gl_SubgroupInvocationID;
    const uint first = (gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * ROWS;
    if (first >= count) return;

    uint image[FETCHES], top[FETCHES], left[FETCHES], gate[FETCHES]; // where this lane's rows begin
    [[unroll]] for (uint f = 0; f < FETCHES; f++) {
        uint m = min(first + (lane + f * LANES) % ROWS, count - 1);
        image[f] = m;
        if (!POINTWISE || GATE) {
            uint n = m / push.out_width / push.out_height;
            gate[f] = push.g_at + n * channels + (SPREAD > 1 ? lane / ROWS : 0);
            if (!POINTWISE) image[f] = n * height * width;
        }
        top[f] = m / push.out_width % push.out_height * push.stride_y - push.pad_top;
        left[f] = m % push.out_width * push.stride_x - push.pad_left;
    }

    const uint ks = size_y * size_x * channels * 4;
    uint b = gl_WorkGroupID.x * (ks + BIASES) * GROUP + gl_LocalInvocationID.x;
    vec4 sum[ROWS];
    vec4 bias = imageLoad(w, int(b + ks * GROUP));
    if (BIASES == 2) bias += imageLoad(w, int(b + (ks + 1) * GROUP));
    [[unroll]] for (uint m = 0; m < ROWS; m++) sum[m] = bias;

    for (uint p = 0; p < size_y; p++) for (uint q = 0; q < size_x; q++) {
        uint at[FETCHES], step[FETCHES];
        bool inside[FETCHES];
        [[unroll]] for (uint f = 0; f < FETCHES; f++) {
            uint row = top[f] + p * step_y, col = left[f] + q * step_x; // wrap round outside the input
            inside[f] = POINTWISE || row < height && col < width;
            const uint position = POINTWISE ? image[f] : image[f] + row * width + col;
            at[f] = inside[f] ? x_at + position * channels + (SPREAD > 1 ? lane / ROWS : 0) : x_at;
            step[f] = inside[f] ? SPREAD : 0;
        }
        for (uint k = 0; k < channels; k += SPREAD * UNROLL) [[unroll]] for (uint u = 0; u < UNROLL; u++) {
            vec4 a[FETCHES];
            [[unroll]] for (uint f = 0; f < FETCHES; f++) {
                a[f] = mix(vec4(0), imageLoad(x, int(at[f])), bvec4(inside[f]));
                at[f] += step[f];
                if (GATE) {
                    a[f] *= imageLoad(g, int(gate[f]));
                    gate[f] += SPREAD;
                }
            }
            [[unroll]] for (uint s = 0; s < SPREAD; s++) {
                vec4 k0 = imageLoad(w, int(b)), k1 = imageLoad(w, int(b + GROUP));
                vec4 k2 = imageLoad(w, int(b + 2 * GROUP)), k3 = imageLoad(w, int(b + 3 * GROUP));
                b += 4 * GROUP;
                [[unroll]] for (uint m = 0; m < ROWS; m++) {
                    vec4 v = a[m / LANES];
                    const uint from = SPREAD > 1 ? s * ROWS + m : m % LANES;
                    float v0 = subgroupShuffle(v.x, from), v1 = subgroupShuffle(v.y, from);
                    float v2 = subgroupShuffle(v.z, from), v3 = subgroupShuffle(v.w, from);
                    sum[m] += v0 * k0;
                    sum[m] += v1 * k1;
                    sum[m] += v2 * k2;
                    sum[m] += v3 * k3;
                }
            }
        }
    }

    const bool second = gl_WorkGroupID.x >= push.strips;
    const uint column = (gl_WorkGroupID.x - (second ? push.strips : 0)) * GROUP + gl_LocalInvocationID.x;
    const uint filters = second ? push.z_filters : push.filters, y_at = second ? push.z_at : push.y_at;
    const float lowest = second ? push.z_lowest : push.lowest, highest = second ? push.z_highest : push.highest;
    [[unroll]] for (uint m = 0; m < ROWS; m++) {
        if (first + m < count && column < filters) {
            uint to = (first + m) * filters + column;
            vec4 v = sum[m];
            if (RESIDUAL) v += imageLoad(r, int(push.r_at + to));
            y[y_at + to] = STORED(finish(v, lowest, highest, push.parameter));
        }
    }
}
