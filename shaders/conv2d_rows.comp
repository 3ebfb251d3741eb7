#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
// Convolution for GPUs where the output has few positions and the weights are
// all the work: the matrix product of conv2d_tiles, for rows m that fit one
// tile.
//
// Each work group owns COLUMNS output channels of up to ROWS positions. Its
// invocations share the sums over k in SLICES parts, which are added in a fixed
// order at the end; every weight is read once. Slabs of DEPTH ks of the rows go
// through shared memory, from where all columns read them.
//
// Bindings, push constants and parts of k are those of conv2d_tiles.
#include "include/bindings.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
#include "include/window.glsl"
#include "include/splits.glsl"
layout(local_size_x = COLUMNS * SLICES) in;

layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; SPLITS; };

const uint THREADS = COLUMNS * SLICES;
shared float rows[DEPTH][ROWS];
shared float shares[SLICES][ROWS][COLUMNS];

void main() {
    const uint id = gl_LocalInvocationID.x, slice = id / COLUMNS, j = id % COLUMNS;
    const uint row0 = (gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * ROWS, o = TILE(filters) * COLUMNS + j;
    if (row0 >= count) return;
    const uint ks = size_y * size_x * channels, begin = PART(filters) * depth, last = min(begin + depth, ks);
    float sum[ROWS];
    [[unroll]] for (uint m = 0; m < ROWS; m++) sum[m] = 0.0;

    for (uint slab = begin; slab < last; slab += DEPTH) {
        barrier(); // all have used the slab before
        for (uint e = id; e < DEPTH * ROWS; e += THREADS) {
            uint d = e % DEPTH, m = row0 + e / DEPTH, k = slab + d;
            uint c = k % channels, q = k / channels % size_x, p = k / channels / size_x;
            uint row = m / out_width % out_height * stride_y - pad_top + p * dilation_y; // wraps round outside the input
            uint column = m % out_width * stride_x - pad_left + q * dilation_x;
            bool inside = m < count && k < last && row < height && column < width;
            rows[d][e / DEPTH] = inside ? X(x_at + ((m / out_width / out_height * height + row) * width + column) * channels + c) : 0.0;
        }
        barrier();
        const uint end = min(DEPTH, last - slab);
        if (o < filters) for (uint d = slice; d < end; d += SLICES) {
            float weight = weight((slab + d) * filters + o);
            [[unroll]] for (uint m = 0; m < ROWS; m++) sum[m] += rows[d][m] * weight;
        }
    }
    [[unroll]] for (uint m = 0; m < ROWS; m++) shares[slice][m][j] = sum[m];
    barrier();

    if (o >= filters) return;
    for (uint m = slice; m < ROWS; m += SLICES) {
        if (row0 + m >= count) return;
        float v = 0.0;
        [[unroll]] for (uint s = 0; s < SLICES; s++) v += shares[s][m][j];
        if (splits > 1) {
            partial[y_at + (PART(filters) * count + row0 + m) * filters + o] = v;
            continue;
        }
        if (has_bias != 0) v += bias(ks * filters, o);
        uint to = (row0 + m) * out_channels + first + o;
        PUT(y_at + to, FINISH(v, to));
    }
}
