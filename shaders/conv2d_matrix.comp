#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#ifndef EMULATED
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#endif
// Convolution for GPUs with matrix units (VK_KHR_cooperative_matrix): the matrix
// product of conv2d_tiles with float16 operands and float32 sums.
//
// Each work group owns a tile of ROWS x COLUMNS outputs and walks over k in
// slabs of DEPTH, which all of it loads into shared memory, the next one on its
// way while one is multiplied. Its subgroups, DOWN_GROUPS x ACROSS_GROUPS of them
// with 32 invocations each, own equal parts of the tile as fragments of 16x16.
//
// Bindings, push constants and parts of k are those of conv2d_tiles. Needs
// float16 in shared memory and subgroups of 32; tensors are float16.
// With EMULATED the fragments are plain arrays: slow, on every device, and the
// same in all but the matrix operations, so that tests run the rest anywhere.
#include "include/bindings.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
#include "include/window.glsl"
#include "include/splits.glsl"
const uint THREADS = 32 * DOWN_GROUPS * ACROSS_GROUPS;
layout(local_size_x = 32 * DOWN_GROUPS * ACROSS_GROUPS) in;

layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; SPLITS; };

const uint SIDE = 16; // of a fragment
const uint DOWN = ROWS / DOWN_GROUPS / SIDE, ACROSS = COLUMNS / ACROSS_GROUPS / SIDE; // fragments of a subgroup
const uint A_LOADS = ROWS * DEPTH / THREADS, B_LOADS = DEPTH * COLUMNS / THREADS;
const uint A_STEP = THREADS / DEPTH, B_STEP = THREADS / COLUMNS; // rows apart of an invocation's loads
const uint A_STRIDE = DEPTH + 8, B_STRIDE = COLUMNS + 8, RESULT_STRIDE = SIDE + 4; // skewed: off each other's banks
shared float16_t a_tile[ROWS * A_STRIDE];
shared float16_t b_tile[DEPTH * B_STRIDE];
shared float result[DOWN_GROUPS * ACROSS_GROUPS * SIDE * RESULT_STRIDE]; // a fragment of each subgroup

#ifdef EMULATED
#define SUBGROUP (gl_LocalInvocationID.x / 32)
#define LANE (gl_LocalInvocationID.x % 32)
#define FRAGMENT float[8]
#define ZEROS float[8](0, 0, 0, 0, 0, 0, 0, 0)
#else
#define SUBGROUP gl_SubgroupID
#define LANE gl_SubgroupInvocationID
#define FRAGMENT coopmat<float, gl_ScopeSubgroup, 16, 16, gl_MatrixUseAccumulator>
#define ZEROS FRAGMENT(0.0)
#endif

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

    const uint i0 = SUBGROUP / ACROSS_GROUPS * DOWN * SIDE, j0 = SUBGROUP % ACROSS_GROUPS * ACROSS * SIDE; // of the subgroup's part
    const uint ks = size_y * size_x * channels, begin = PART(filters) * depth, end = min(begin + depth, ks);
    float16_t a[A_LOADS], b[B_LOADS];
    FRAGMENT sum[DOWN][ACROSS];
    [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS; j++) sum[i][j] = ZEROS;

    for (uint slab = begin; slab < end + DEPTH; slab += DEPTH) {
        if (slab > begin) { // multiply what was loaded a turn ago
            barrier(); // all have used the slab before
            [[unroll]] for (uint i = 0; i < A_LOADS; i++) a_tile[(a_row + i * A_STEP) * A_STRIDE + a_k] = a[i];
            [[unroll]] for (uint i = 0; i < B_LOADS; i++) b_tile[(b_k + i * B_STEP) * B_STRIDE + b_column] = b[i];
            barrier();
        }
        const uint k = slab + a_k, c = k % channels, q = k / channels % size_x, p = k / channels / size_x;
        [[unroll]] for (uint i = 0; i < A_LOADS; i++) {
            uint row = top[i] + p * dilation_y, column = left[i] + q * dilation_x; // wrap round outside the input
            bool inside = k < end && row < height && column < width;
            a[i] = inside ? x[image[i] + (row * width + column) * channels + c] : float16_t(0.0);
        }
        [[unroll]] for (uint i = 0; i < B_LOADS; i++) {
            uint kb = slab + b_k + i * B_STEP, o = column0 + b_column;
            b[i] = kb < end && o < filters ? float16_t(weight(kb * filters + o)) : float16_t(0.0);
        }
        if (slab == begin) continue;
        for (uint d = 0; d < DEPTH; d += SIDE) {
#ifdef EMULATED
            for (uint i = 0; i < DOWN; i++) for (uint j = 0; j < ACROSS; j++) for (uint e = 0; e < 8; e++) {
                uint at = LANE + 32 * e, from = (i0 + i * SIDE + at / SIDE) * A_STRIDE + d, to = d * B_STRIDE + j0 + j * SIDE + at % SIDE;
                for (uint s = 0; s < SIDE; s++) sum[i][j][e] += float(a_tile[from + s]) * float(b_tile[to + s * B_STRIDE]);
            }
#else
            coopmat<float16_t, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA> left_fragment;
            coopmat<float16_t, gl_ScopeSubgroup, 16, 16, gl_MatrixUseB> right_fragments[ACROSS];
            [[unroll]] for (uint j = 0; j < ACROSS; j++)
                coopMatLoad(right_fragments[j], b_tile, d * B_STRIDE + j0 + j * SIDE, B_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
            [[unroll]] for (uint i = 0; i < DOWN; i++) {
                coopMatLoad(left_fragment, a_tile, (i0 + i * SIDE) * A_STRIDE + d, A_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
                [[unroll]] for (uint j = 0; j < ACROSS; j++) sum[i][j] = coopMatMulAdd(left_fragment, right_fragments[j], sum[i][j]);
            }
#endif
        }
    }

    const uint base = SUBGROUP * SIDE * RESULT_STRIDE;
    [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS; j++) {
        barrier(); // the fragment before has been read
#ifdef EMULATED
        for (uint e = 0; e < 8; e++) result[base + (LANE + 32 * e) / SIDE * RESULT_STRIDE + (LANE + 32 * e) % SIDE] = sum[i][j][e];
#else
        coopMatStore(sum[i][j], result, base, RESULT_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
#endif
        barrier();
        for (uint e = LANE; e < SIDE * SIDE; e += 32) {
            uint m = row0 + i0 + i * SIDE + e / SIDE, o = column0 + j0 + j * SIDE + e % SIDE;
            if (m >= count || o >= filters) continue;
            float v = result[base + e / SIDE * RESULT_STRIDE + e % SIDE];
            if (splits > 1) {
                partial[y_at + (PART(filters) * count + m) * filters + o] = v;
                continue;
            }
            if (has_bias != 0) v += bias(ks * filters, o);
            uint to = m * out_channels + first + o;
            PUT(y_at + to, FINISH(v, to));
        }
    }
}
