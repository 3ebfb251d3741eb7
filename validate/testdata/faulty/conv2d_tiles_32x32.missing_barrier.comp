#version 450
#extension GL_EXT_control_flow_attributes : require
// DELIBERATELY WRONG, for the tests of package validate:
// the barrier between storing a slab and multiplying it is missing.
// A copy of shaders/conv2d_tiles.comp with that one mistake.
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
// x, r: NHWC. w: the kernel as (k, filters), row-major, and behind it the bias
// where has_bias is 1. count: output positions; `filters` of out_channels are
// computed, from `first` on.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
#define EPILOGUE uint r_on; float lowest, highest

#define FINISH(v, at) finish(v, r_on != 0 ? r[r_at + (at)] : 0.0, lowest, highest)

float finish(float v, float residual, float lowest, float highest) {
    v += residual;
    if (v < lowest) return lowest;
    return v > highest ? highest : v;
}
#define WINDOW \
    uint height, width, channels;   /* of the input */ \
    uint out_height, out_width;     \
    uint size_y, size_x;            /* taps */ \
    uint stride_y, stride_x;        \
    uint dilation_y, dilation_x;    \
    uint pad_top, pad_left
layout(local_size_x = (ROWS / SIDE) * (COLUMNS / SIDE)) in;

layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; };

const uint THREADS = (ROWS / SIDE) * (COLUMNS / SIDE);
const uint A_LOADS = ROWS * DEPTH / THREADS, B_LOADS = DEPTH * COLUMNS / THREADS;
const uint A_STEP = THREADS / DEPTH, B_STEP = THREADS / COLUMNS; // rows apart of an invocation's loads
shared float a_tile[DEPTH][ROWS + 4];  // the skew keeps stores off each other's banks
shared float b_tile[DEPTH][COLUMNS + 4];

void main() {
    const uint id = gl_LocalInvocationID.x;
    const uint row0 = (gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * ROWS, column0 = gl_WorkGroupID.x * COLUMNS;
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
    const uint ks = size_y * size_x * channels;
    float a[A_LOADS], b[B_LOADS];
    float sum[SIDE][SIDE];
    [[unroll]] for (uint i = 0; i < SIDE; i++) [[unroll]] for (uint j = 0; j < SIDE; j++) sum[i][j] = 0.0;

    for (uint slab = 0; slab < ks + DEPTH; slab += DEPTH) {
        if (slab > 0) { // multiply what was loaded a turn ago
            barrier(); // all have used the slab before
            [[unroll]] for (uint i = 0; i < A_LOADS; i++) a_tile[a_k][a_row + i * A_STEP] = a[i];
            [[unroll]] for (uint i = 0; i < B_LOADS; i++) b_tile[b_k + i * B_STEP][b_column] = b[i];
        }
        const uint k = slab + a_k, c = k % channels, q = k / channels % size_x, p = k / channels / size_x;
        [[unroll]] for (uint i = 0; i < A_LOADS; i++) {
            uint row = top[i] + p * dilation_y, column = left[i] + q * dilation_x; // wrap round outside the input
            bool inside = k < ks && row < height && column < width;
            a[i] = inside ? x[image[i] + (row * width + column) * channels + c] : 0.0;
        }
        [[unroll]] for (uint i = 0; i < B_LOADS; i++) {
            uint kb = slab + b_k + i * B_STEP, o = column0 + b_column;
            b[i] = kb < ks && o < filters ? w[kb * filters + o] : 0.0;
        }
        if (slab == 0) continue;
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
        if (has_bias != 0) v += w[ks * filters + o];
        uint to = m * out_channels + first + o;
        y[y_at + to] = FINISH(v, to);
    }
}
