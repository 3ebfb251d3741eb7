#version 450
#extension GL_GOOGLE_include_directive : require
// DELIBERATELY WRONG, for the tests of package validate:
// the barriers between storing a slab and multiplying it are missing.
// A copy of shaders/conv2d_tiles.comp with that one mistake.
//
// Convolution for GPUs by tiles: see include/product.glsl for what it computes.
//
// Each work group owns a tile of ROWS x COLUMNS outputs and walks over k in
// slabs of DEPTH, which all of it loads into shared memory; each invocation keeps
// DOWN x ACROSS sums in registers. The next slab is on its way into registers
// while one is multiplied, and so are the values of the next k from shared
// memory, where PIPELINED is 2. Nothing in the loop over slabs branches.
#include "../../../shaders/include/product.glsl"
const uint DOWN_GROUPS = ROWS / DOWN, ACROSS_GROUPS = COLUMNS / ACROSS, THREADS = DOWN_GROUPS * ACROSS_GROUPS;
layout(local_size_x = (ROWS / DOWN) * (COLUMNS / ACROSS)) in;

const uint A_LOADS = ROWS * SLAB_UNITS / THREADS, A_STEP = THREADS / SLAB_UNITS; // rows apart
const uint B_LOADS = COLUMNS / STRIP * SLAB / THREADS;
const uint A_STRIDE = ROWS / 4 + 1, B_STRIDE = COLUMNS / 4; // vec4s of a k; the skew keeps stores off each other's banks
const uint DOWN4 = DOWN / 4, ACROSS4 = ACROSS / 4;
shared vec4 a_tile[DEPTH * A_STRIDE]; // (k, rows)
shared vec4 b_tile[DEPTH * B_STRIDE]; // (k, columns)

// An invocation's fours of columns: j0, and others ACROSS_GROUPS further; of
// float16 two that lie side by side, to be stored as one, which are apart in
// b_tile alone. Where in b_tile a unit of the strips' slabs goes.
#if defined(HALF_TENSORS) && ACROSS == 8
#define PLACE(four) ((four) % 2 * ACROSS_GROUPS + (four) / 2)
#define COLUMN4(j) (j0 * 2 + (j))
#else
#define PLACE(four) (four)
#define COLUMN4(j) (j0 + (j) * ACROSS_GROUPS)
#endif
#define B_TO(unit) ((unit) % SLAB / QUADS * (KS * B_STRIDE) + PLACE((unit) / SLAB * QUADS + (unit) % QUADS))

void main() {
    const uint id = gl_LocalInvocationID.x, row0 = first_row(ROWS), tile = tile_of(COLUMNS), part = part_of(COLUMNS);
    if (row0 >= count) return;
    const uint begin = PARTIAL ? part * depth : 0, end = PARTIAL ? min(begin + depth, slabs) : slabs;

    // This invocation brings one unit of A_LOADS rows. Where all walk alike, the
    // unit's place is the row's, so that the walk stays uniform.
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
#define PUT_A(i, first, v) [[unroll]] for (uint e = 0; e < 4; e++) a_tile[a_to + (first + e) * A_STRIDE + i * (A_STEP / 4)][a_lane] = v[e];
#ifdef HALF_TENSORS
#define STORE_A(i) { \
        vec4 low, high, low_gate, high_gate; \
        unpack(WALK == STRAIGHT ? a[i] : mix(uvec4(0), a[i], bvec4(valid[i])), low, high); \
        if (GATE) { unpack(g[i], low_gate, high_gate); low *= low_gate; high *= high_gate; } \
        PUT_A(i, 0, low) \
        PUT_A(i, 4, high) \
    }
#else
#define STORE_A(i) { \
        vec4 v = GATE ? a[i] * g[i] : a[i]; \
        v = WALK == STRAIGHT ? v : mix(vec4(0), v, bvec4(valid[i])); \
        PUT_A(i, 0, v) \
    }
#endif
#define STORE \
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) STORE_A(i) \
    [[unroll]] for (uint i = 0; i < B_LOADS; i++) [[unroll]] for (uint e = 0; e < KS; e++) \
        b_tile[b_to + B_TO(i * THREADS) + e * B_STRIDE] = column_values(b[i], e);
#define READ(d) \
    [[unroll]] for (uint i = 0; i < DOWN4; i++) rows[(d) % PIPELINED][i] = a_tile[(d) * A_STRIDE + i0 + i * DOWN_GROUPS]; \
    [[unroll]] for (uint j = 0; j < ACROSS4; j++) columns[(d) % PIPELINED][j] = b_tile[(d) * B_STRIDE + j0 + j * ACROSS_GROUPS];

    vec4 sum[DOWN][ACROSS4];
    [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS4; j++) sum[i][j] = vec4(0);
    LOAD
    STORE
    uint left = end - begin; // slabs
    do { // one block: a compiler would move loads behind a branch to where they are used
        const bool last = left == 1; // what it loads, from where it is, nobody uses
        [[unroll]] for (uint i = 0; i < B_LOADS; i++) b_at[i] += last ? 0 : SLAB;
        advance(k, by, last);
        LOAD
        vec4 rows[PIPELINED][DOWN4], columns[PIPELINED][ACROSS4];
        if (PIPELINED == 2) { READ(0) }
        [[unroll]] for (uint d = 0; d < DEPTH; d++) {
            if (d + PIPELINED - 1 < DEPTH) { READ(d + PIPELINED - 1) }
            [[unroll]] for (uint i = 0; i < DOWN; i++) [[unroll]] for (uint j = 0; j < ACROSS4; j++)
                sum[i][j] += rows[d % PIPELINED][i / 4][i % 4] * columns[d % PIPELINED][j];
        }
        barrier(); // all have used the slab
        STORE
        left--;
    } while (left > 0);

    vec4 biases[ACROSS4];
    [[unroll]] for (uint j = 0; j < ACROSS4; j++) biases[j] = bias(min(tile * B_STRIDE + COLUMN4(j), strips() * QUADS - 1));
    [[unroll]] for (uint i = 0; i < DOWN; i++) {
        const uint m = row0 + (i / 4 * DOWN_GROUPS + i0) * 4 + i % 4;
        if (m >= count) break;
#if defined(HALF_TENSORS) && ACROSS == 8
        if (WIDTH == 8 && !PARTIAL) {
            const uint eight = tile * (B_STRIDE / 2) + j0;
            if (eight * 8 < filters) put8(m, eight, sum[i][0], sum[i][1], biases[0], biases[1]);
            continue;
        }
#endif
        [[unroll]] for (uint j = 0; j < ACROSS4; j++) {
            const uint four = tile * B_STRIDE + COLUMN4(j);
            if (four * 4 < filters) put(part, m, four, sum[i][j], biases[j]);
        }
    }
}
