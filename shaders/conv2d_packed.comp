#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
// Convolution for GPUs that multiply two float16 at a time, by tiles as
// conv2d_tiles: see there and include/product.glsl.
//
// CHUNK products are summed in float16, which rounds each partial sum to 11
// binary digits, then added to float32 sums. With products of either sign the
// error so made is CHUNK / 2 roundings of 2^-11 relative, spread over the sum:
// docs/kernels.md has the bound and the tests hold it.
#include "include/product.glsl"
const uint DOWN_GROUPS = ROWS / DOWN, ACROSS_GROUPS = COLUMNS / ACROSS, THREADS = DOWN_GROUPS * ACROSS_GROUPS;
layout(local_size_x = (ROWS / DOWN) * (COLUMNS / ACROSS)) in;

const uint A_LOADS = ROWS * SLAB_UNITS / THREADS, A_STEP = THREADS / SLAB_UNITS; // rows apart
const uint B_LOADS = COLUMNS / STRIP * SLAB / THREADS;
const uint A_STRIDE = ROWS / 4 + 2, B_STRIDE = COLUMNS / 4; // f16vec4s of a k; the skew keeps stores off each other's banks
const uint DOWN4 = DOWN / 4, ACROSS4 = ACROSS / 4;
shared f16vec4 a_tile[DEPTH * A_STRIDE]; // (k, rows)
shared f16vec4 b_tile[DEPTH * B_STRIDE]; // (k, columns)
#define B_TO(unit) ((unit) % SLAB / QUADS * (KS * B_STRIDE) + (unit) / SLAB * QUADS + (unit) % QUADS)

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
    uint b_at[B_LOADS];
    [[unroll]] for (uint i = 0; i < B_LOADS; i++) {
        uint unit = id + i * THREADS, strip_at = min(tile * (COLUMNS / STRIP) + unit / SLAB, strips() - 1);
        b_at[i] = strip_at * strip + begin * SLAB + unit % SLAB;
    }
    const uint a_to = a_unit * (CHANNELS * A_STRIDE) + a_row / 4, a_lane = a_row % 4, b_to = B_TO(id);
    const uint i0 = id / ACROSS_GROUPS, j0 = id % ACROSS_GROUPS;

    UNIT a[A_LOADS], g[A_LOADS];
    WEIGHTS b[B_LOADS];
    bool valid[A_LOADS];
#define LOAD \
    [[unroll]] for (uint i = 0; i < B_LOADS; i++) b[i] = w[b_at[i]]; \
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) { \
        valid[i] = WALK == STRAIGHT || inside(from[i], k, a_unit); \
        a[i] = x[valid[i] ? from[i].at + k.offset : x_at]; \
        if (GATE) g[i] = x[valid[i] ? from[i].gate + k.channel : x_at]; \
    }
#define STORE \
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) { \
        const uvec4 v = WALK == STRAIGHT ? a[i] : mix(uvec4(0), a[i], bvec4(valid[i])); \
        [[unroll]] for (uint e = 0; e < 4; e++) { \
            f16vec2 two = unpackFloat2x16(v[e]); \
            if (GATE) two *= unpackFloat2x16(g[i][e]); \
            a_tile[a_to + (2 * e) * A_STRIDE + i * (A_STEP / 4)][a_lane] = two.x; \
            a_tile[a_to + (2 * e + 1) * A_STRIDE + i * (A_STEP / 4)][a_lane] = two.y; \
        } \
    } \
    [[unroll]] for (uint i = 0; i < B_LOADS; i++) { \
        const f16vec2 p = unpackFloat2x16(b[i].x), q = unpackFloat2x16(b[i].y), r = unpackFloat2x16(b[i].z), s = unpackFloat2x16(b[i].w); \
        b_tile[b_to + B_TO(i * THREADS)] = f16vec4(p.x, q.x, r.x, s.x); \
        b_tile[b_to + B_TO(i * THREADS) + B_STRIDE] = f16vec4(p.y, q.y, r.y, s.y); \
    }
#define READ(d) \
    [[unroll]] for (uint i = 0; i < DOWN4; i++) rows[(d) % PIPELINED][i] = a_tile[(d) * A_STRIDE + i0 * DOWN4 + i]; \
    [[unroll]] for (uint j = 0; j < ACROSS4; j++) columns[(d) % PIPELINED][j] = b_tile[(d) * B_STRIDE + j0 * ACROSS4 + j];

    vec2 sum[DOWN][ACROSS / 2];
    [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS / 2; j++) sum[i][j] = vec2(0);
    LOAD
    STORE
    barrier();
    uint left = end - begin; // slabs
    do { // one block: a compiler would move loads behind a branch to where they are used
        const bool last = left == 1; // what it loads, from where it is, nobody uses
        [[unroll]] for (uint i = 0; i < B_LOADS; i++) b_at[i] += last ? 0 : SLAB;
        advance(k, by, last);
        LOAD
        f16vec4 rows[PIPELINED][DOWN4], columns[PIPELINED][ACROSS4];
        f16vec2 few[DOWN][ACROSS / 2];
        if (PIPELINED == 2) { READ(0) }
        [[unroll]] for (uint d = 0; d < DEPTH; d++) {
            if (d + PIPELINED - 1 < DEPTH) { READ(d + PIPELINED - 1) }
            [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS / 2; j++) {
                const f16vec2 row = f16vec2(rows[d % PIPELINED][i / 4][i % 4]);
                const f16vec2 two = j % 2 == 0 ? columns[d % PIPELINED][j / 2].xy : columns[d % PIPELINED][j / 2].zw;
                few[i][j] = d % CHUNK == 0 ? row * two : fma(row, two, few[i][j]);
                if (d % CHUNK == CHUNK - 1) sum[i][j] += vec2(few[i][j]);
            }
        }
        barrier(); // all have used the slab
        STORE
        barrier();
        left--;
    } while (left > 0);

    vec4 biases[ACROSS4];
    [[unroll]] for (uint j = 0; j < ACROSS4; j++) biases[j] = bias(min(tile * B_STRIDE + j0 * ACROSS4 + j, strips() * QUADS - 1));
    [[unroll]] for (uint i = 0; i < DOWN; i++) {
        const uint m = row0 + i0 * DOWN + i;
        if (m >= count) break;
        if (WIDTH == 8 && !PARTIAL && ACROSS == 8) {
            const uint eight = tile * (B_STRIDE / 2) + j0;
            if (eight * 8 < filters) put8(m, eight, vec4(sum[i][0], sum[i][1]), vec4(sum[i][2], sum[i][3]), biases[0], biases[1]);
            continue;
        }
        [[unroll]] for (uint j = 0; j < ACROSS4; j++) {
            const uint four = tile * B_STRIDE + j0 * ACROSS4 + j;
            if (four * 4 < filters) put(part, m, four, vec4(sum[i][2 * j], sum[i][2 * j + 1]), biases[j]);
        }
    }
}
