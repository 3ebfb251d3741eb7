#version 450
#extension GL_GOOGLE_include_directive : require
#ifndef EMULATED
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#endif
// Convolution for GPUs with matrix units (VK_KHR_cooperative_matrix), float16
// operands with float32 sums: see include/product.glsl for what it computes.
//
// Each work group owns a tile of ROWS x COLUMNS outputs and walks over k in
// slabs of DEPTH, which all of it loads into shared memory, the next one on its
// way while one is multiplied. Its subgroups, DOWN_GROUPS x ACROSS_GROUPS of them
// with 32 invocations each, own equal parts of the tile as fragments of 16x16.
// In shared memory the ks of a row, and of a column, lie side by side: so an
// invocation's share of a fragment is in whole 16 bytes.
//
// Needs subgroups of 32. With EMULATED the fragments are plain arrays: slow, on
// every device, and the same in all but the matrix operations, so that tests run
// the rest anywhere.
#include "include/product.glsl"
const uint THREADS = 32 * DOWN_GROUPS * ACROSS_GROUPS;
layout(local_size_x = 32 * DOWN_GROUPS * ACROSS_GROUPS) in;

const uint SIDE = 16; // of a fragment
const uint DOWN = ROWS / DOWN_GROUPS / SIDE, ACROSS = COLUMNS / ACROSS_GROUPS / SIDE; // fragments of a subgroup
const uint A_LOADS = ROWS * SLAB_UNITS / THREADS, A_STEP = THREADS / SLAB_UNITS;      // rows apart
const uint STRIDE = DEPTH / 8 + 1, RESULT_STRIDE = SIDE / 4 + 1; // in 16 bytes; skewed: off each other's banks
const uint FOURS = DEPTH / 4; // of ks in a slab: an invocation brings four ks of four columns
shared uvec4 a_tile[ROWS * STRIDE];    // (rows, ks)
shared uvec4 b_tile[COLUMNS * STRIDE]; // (columns, ks)
shared vec4 result[DOWN_GROUPS * ACROSS_GROUPS * SIDE * RESULT_STRIDE]; // a fragment of each subgroup

#ifdef EMULATED
#define SUBGROUP (gl_LocalInvocationID.x / 32)
#define LANE (gl_LocalInvocationID.x % 32)
#define SYNC barrier()
#define FRAGMENT float[8]
#define ZEROS float[8](0, 0, 0, 0, 0, 0, 0, 0)
#else
#define SUBGROUP gl_SubgroupID
#define LANE gl_SubgroupInvocationID
#define SYNC subgroupBarrier()
#define FRAGMENT coopmat<float, gl_ScopeSubgroup, 16, 16, gl_MatrixUseAccumulator>
#define ZEROS FRAGMENT(0.0)
#endif

// The product of two pairs of float16.
uint gated(uint v, uint gate) { return packHalf2x16(unpackHalf2x16(v) * unpackHalf2x16(gate)); }

void main() {
    const uint id = gl_LocalInvocationID.x, row0 = first_row(ROWS), tile = tile_of(COLUMNS), part = part_of(COLUMNS);
    if (row0 >= count) return;
    const uint begin = PARTIAL ? part * depth : 0, end = PARTIAL ? min(begin + depth, slabs) : slabs;

    const uint a_unit = id % SLAB_UNITS, a_row = id / SLAB_UNITS;
    Source from[A_LOADS];
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) {
        from[i] = source(row0 + a_row + i * A_STEP);
        if (WALK != ANY) {
            from[i].at += a_unit;
            from[i].gate += a_unit;
        }
    }
    Walk k = walk_from(begin * SLAB_UNITS + (WALK == ANY ? a_unit : 0));
    const Step by = step_by(SLAB_UNITS);
    const uint a_to = a_row * STRIDE + a_unit;

    const uint b_quad = id % QUADS, b_four = id / QUADS % FOURS, b_strip = id / (QUADS * FOURS);
    uint b_at = min(tile * (COLUMNS / STRIP) + b_strip, strips() - 1) * strip + begin * SLAB + b_four * (4 / KS * QUADS) + b_quad;
    const uint b_to = (b_strip * STRIP + b_quad * 4) * STRIDE + b_four / 2, b_lane = b_four % 2 * 2;

    UNIT a[A_LOADS], g[A_LOADS];
    WEIGHTS b[2];
    bool valid[A_LOADS];
#define LOAD \
    [[unroll]] for (uint i = 0; i < 2; i++) b[i] = w[b_at + i * QUADS]; \
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) { \
        valid[i] = WALK == STRAIGHT || inside(from[i], k, a_unit); \
        a[i] = x[valid[i] ? from[i].at + k.offset : x_at]; \
        if (GATE) g[i] = x[valid[i] ? from[i].gate + k.channel : x_at]; \
    }
#define STORE \
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) { \
        uvec4 v = WALK == STRAIGHT ? a[i] : mix(uvec4(0), a[i], bvec4(valid[i])); \
        if (GATE) [[unroll]] for (uint e = 0; e < 4; e++) v[e] = gated(v[e], g[i][e]); \
        a_tile[a_to + i * (A_STEP * STRIDE)] = v; \
    } \
    [[unroll]] for (uint c = 0; c < 4; c++) [[unroll]] for (uint i = 0; i < 2; i++) b_tile[b_to + c * STRIDE][b_lane + i] = b[i][c];

    const uint i0 = SUBGROUP / ACROSS_GROUPS * DOWN * SIDE, j0 = SUBGROUP % ACROSS_GROUPS * ACROSS * SIDE; // of the subgroup's part
    FRAGMENT sum[DOWN][ACROSS];
    [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS; j++) sum[i][j] = ZEROS;
    LOAD
    STORE
    barrier();
    uint slabs_left = end - begin;
    do { // one block: a compiler would move loads behind a branch to where they are used
        const bool last = slabs_left == 1; // what it loads, from where it is, nobody uses
        b_at += last ? 0 : SLAB;
        advance(k, by, last);
        LOAD
#ifdef EMULATED
        for (uint i = 0; i < DOWN; i++) for (uint j = 0; j < ACROSS; j++) for (uint e = 0; e < 8; e++) {
            const uint at = LANE + 32 * e, row = i0 + i * SIDE + at / SIDE, column = j0 + j * SIDE + at % SIDE;
            for (uint d = 0; d < DEPTH / 8; d++) {
                const uvec4 left = a_tile[row * STRIDE + d], right = b_tile[column * STRIDE + d];
                [[unroll]] for (uint c = 0; c < 4; c++) sum[i][j][e] += dot(unpackHalf2x16(left[c]), unpackHalf2x16(right[c]));
            }
        }
#else
        [[unroll]] for (uint d = 0; d < DEPTH / SIDE; d++) {
            coopmat<float16_t, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA> rows[DOWN];
            coopmat<float16_t, gl_ScopeSubgroup, 16, 16, gl_MatrixUseB> columns[ACROSS];
            [[unroll]] for (uint i = 0; i < DOWN; i++)
                coopMatLoad(rows[i], a_tile, (i0 + i * SIDE) * STRIDE + d * (SIDE / 8), STRIDE, gl_CooperativeMatrixLayoutRowMajor);
            [[unroll]] for (uint j = 0; j < ACROSS; j++)
                coopMatLoad(columns[j], b_tile, (j0 + j * SIDE) * STRIDE + d * (SIDE / 8), STRIDE, gl_CooperativeMatrixLayoutColumnMajor);
            [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS; j++)
                sum[i][j] = coopMatMulAdd(rows[i], columns[j], sum[i][j]);
        }
#endif
        barrier(); // all have used the slab
        STORE
        barrier();
        slabs_left--;
    } while (slabs_left > 0);

    // Which element of a fragment is whose is the device's own affair: so they go
    // through shared memory, and eight columns of a row are an invocation's.
    const uint base = SUBGROUP * SIDE * RESULT_STRIDE, row = LANE / 2, eights = LANE % 2;
    [[unroll]] for (uint j = 0; j < ACROSS; j++) {
        const uint eight = (tile * COLUMNS + j0 + j * SIDE) / 8 + eights;
        const vec4 low_bias = bias(min(2 * eight, strips() * QUADS - 1)), high_bias = bias(min(2 * eight + 1, strips() * QUADS - 1));
        [[unroll]] for (uint i = 0; i < DOWN; i++) {
            SYNC; // the fragment before has been read
#ifdef EMULATED
            for (uint e = 0; e < 8; e++) result[base + (LANE + 32 * e) / SIDE * RESULT_STRIDE + LANE % SIDE / 4][LANE % 4] = sum[i][j][e];
#else
            coopMatStore(sum[i][j], result, base, RESULT_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
#endif
            SYNC;
            const uint m = row0 + i0 + i * SIDE + row, from = base + row * RESULT_STRIDE + eights * 2;
            if (m < count && eight * 8 < filters) {
                if (WIDTH == 8 && !PARTIAL) {
                    put8(m, eight, result[from], result[from + 1], low_bias, high_bias);
                } else {
                    put(part, m, eight * 2, result[from], low_bias);
                    if (eight * 8 + 4 < filters) put(part, m, eight * 2 + 1, result[from + 1], high_bias);
                }
            }
        }
    }
}
