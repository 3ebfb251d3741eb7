#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
// Convolution for GPUs: an implicit matrix product (no im2col in memory)
//   y[m, o] = clamp(b[o] + sum over k of A[m, k] B[k, o] + r[m, o])
// whose rows m are the output positions of all images and whose k runs over
// taps and input channels.
//
// Each work group owns a tile of ROWS x COLUMNS outputs and walks over k in
// slabs of DEPTH, which all of it loads into shared memory; each invocation
// keeps SIDE x SIDE sums in registers. The next slab is on its way while one
// is multiplied.
//
// Where the tiles are too few to fill the device, k is cut into `splits` parts of
// `depth` ks (split-K), each a work group's: their sums go to y as float32,
// (splits, count, filters), for conv2d_sums to add.
//
// x, r: NHWC. w: the kernel as (k, filters), row-major, and behind it the bias
// where has_bias is 1. count: output positions; `filters` of out_channels are
// computed, from `first` on.
#include "include/bindings.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
#include "include/window.glsl"
#include "include/splits.glsl"
layout(local_size_x = (ROWS / SIDE) * (COLUMNS / SIDE)) in;

layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; SPLITS; };

const uint THREADS = (ROWS / SIDE) * (COLUMNS / SIDE);
const uint A_LOADS = ROWS * DEPTH / THREADS, B_LOADS = DEPTH * COLUMNS / THREADS;
const uint A_STEP = THREADS / DEPTH, B_STEP = THREADS / COLUMNS; // rows apart of an invocation's loads
shared float a_tile[DEPTH][ROWS + 4];  // the skew keeps stores off each other's banks
shared float b_tile[DEPTH][COLUMNS + 4];

void main() {
    const uint id = gl_LocalInvocationID.x;
    const uint row0 = (gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * ROWS, column0 = TILE(filters) * COLUMNS;
    if (row0 >= count) return;

    // This invocation loads one k of A_LOADS rows, and one column of B_LOADS ks.
    const uint a_k = id % DEPTH, a_row = id / DEPTH, b_column = id % COLUMNS, b_k = id / COLUMNS;
    uint image[A_LOADS], top[A_LOADS], left[A_LOADS];
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) {
        uint m = min(row0 + a_row + i * A_STEP, count - 1);
        image[i] = x_at + m / out_width / out_height * height * width * channels;
        top[i] = m / out_width % out_height * stride_y - pad_top;
        left[i] = m % out_width * stride_x - pad_left;
    }

    const uint i0 = id / (COLUMNS / SIDE) * SIDE, j0 = id % (COLUMNS / SIDE);
    const uint ks = size_y * size_x * channels, begin = PART(filters) * depth, end = min(begin + depth, ks);
    float a[A_LOADS], b[B_LOADS];
    float sum[SIDE][SIDE];
    [[unroll]] for (uint i = 0; i < SIDE; i++) [[unroll]] for (uint j = 0; j < SIDE; j++) sum[i][j] = 0.0;

    for (uint slab = begin; slab < end + DEPTH; slab += DEPTH) {
        if (slab > begin) { // multiply what was loaded a turn ago
            barrier(); // all have used the slab before
            [[unroll]] for (uint i = 0; i < A_LOADS; i++) a_tile[a_k][a_row + i * A_STEP] = a[i];
            [[unroll]] for (uint i = 0; i < B_LOADS; i++) b_tile[b_k + i * B_STEP][b_column] = b[i];
            barrier();
        }
        const uint k = slab + a_k, c = k % channels, q = k / channels % size_x, p = k / channels / size_x;
        [[unroll]] for (uint i = 0; i < A_LOADS; i++) {
            uint row = top[i] + p * dilation_y, column = left[i] + q * dilation_x; // wrap round outside the input
            bool inside = k < end && row < height && column < width;
            a[i] = inside ? X(image[i] + (row * width + column) * channels + c) : 0.0;
        }
        [[unroll]] for (uint i = 0; i < B_LOADS; i++) {
            uint kb = slab + b_k + i * B_STEP, o = column0 + b_column;
            b[i] = kb < end && o < filters ? weight(kb * filters + o) : 0.0;
        }
        if (slab == begin) continue;
        for (uint d = 0; d < DEPTH; d++) {
            float left_values[SIDE], right_values[SIDE];
            [[unroll]] for (uint i = 0; i < SIDE; i++) left_values[i] = a_tile[d][i0 + i];
            [[unroll]] for (uint j = 0; j < SIDE; j++) right_values[j] = b_tile[d][j0 + j * (COLUMNS / SIDE)];
            [[unroll]] for (uint i = 0; i < SIDE; i++) [[unroll]] for (uint j = 0; j < SIDE; j++) sum[i][j] += left_values[i] * right_values[j];
        }
    }

    [[unroll]] for (uint i = 0; i < SIDE; i++) [[unroll]] for (uint j = 0; j < SIDE; j++) {
        uint m = row0 + i0 + i, o = column0 + j0 + j * (COLUMNS / SIDE);
        if (m >= count || o >= filters) continue;
        float v = sum[i][j];
        if (splits > 1) {
            partial[y_at + (PART(filters) * count + m) * filters + o] = v;
            continue;
        }
        if (has_bias != 0) v += bias(ks * filters, o);
        uint to = m * out_channels + first + o;
        PUT(y_at + to, FINISH(v, to));
    }
}
