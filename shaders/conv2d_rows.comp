#version 450
#extension GL_GOOGLE_include_directive : require
// Convolution for GPUs where the output has few positions and the weights are
// all the work: see include/product.glsl for what it computes, of rows m that fit
// one tile.
//
// Each work group owns a strip of columns of up to ROWS positions. Its SLICES
// slices of QUADS invocations, each with four columns, share the ks of a slab:
// STEP units of w, which follow one another, are an invocation's. Every weight is
// read once, by one invocation, in loads of 16 bytes, STEP of which are in flight
// before the first is used. Rows go through shared memory, the next slab's on
// their way while one is multiplied. The slices' sums are added in a fixed order
// at the end.
#define DEPTH (SLICES * STEP * KS)
#define WINDOW_ROWS
#include "include/product.glsl"
layout(local_size_x = QUADS * SLICES) in;

const uint THREADS = QUADS * SLICES, ROWS4 = ROWS / 4;
const uint A_LOADS = ROWS * SLAB_UNITS / THREADS, A_STEP = THREADS / SLAB_UNITS; // rows apart
const uint A_SLICE = STEP * KS * ROWS4 + 1;          // vec4s of a slice; the skew keeps slices off each other's banks
const uint OUTPUTS = 4 * QUADS, GROUPS = THREADS / OUTPUTS; // of a round of sums: fours of four rows; who adds one
const uint SHARES = SLICES * OUTPUTS, A_TILE = SLICES * A_SLICE;
shared vec4 memory[SHARES > A_TILE ? SHARES : A_TILE]; // a_tile: (slices, ks, rows) and, later, a round's sums: (slices, rows, columns)

void main() {
    const uint id = gl_LocalInvocationID.x, slice = id / QUADS, j = id % QUADS;
    const uint row0 = first_row(ROWS), tile = tile_of(STRIP), part = part_of(STRIP);
    if (row0 >= count) return;
    const uint begin = PARTIAL ? part * depth : 0, end = PARTIAL ? min(begin + depth, slabs) : slabs;

    const uint a_unit = id % SLAB_UNITS, a_row = id / SLAB_UNITS; // brought by this invocation, of A_LOADS rows
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
    const uint a_slice = a_unit * CHANNELS / (STEP * KS), a_k = a_unit * CHANNELS % (STEP * KS);
    const uint a_to = a_slice * A_SLICE + a_k * ROWS4 + a_row / 4, a_lane = a_row % 4, a_from = slice * (A_SLICE - 1) + slice;

    // Behind the strip's end, where rows are zeros, its last weights are read.
    const uint b_last = (tile + 1) * strip - STEP * QUADS + j;
    uint b_at = min(tile * strip + (begin * SLICES + slice) * (STEP * QUADS) + j, b_last);

    UNIT a[A_LOADS], g[A_LOADS];
    bool valid[A_LOADS];
#define LOAD \
    [[unroll]] for (uint i = 0; i < A_LOADS; i++) { \
        valid[i] = inside(from[i], k, a_unit); \
        a[i] = x[valid[i] ? from[i].at + k.offset : x_at]; \
        if (GATE) g[i] = x[valid[i] ? from[i].gate + k.channel : x_at]; \
    }
#define PUT_A(i, first, v) \
    [[unroll]] for (uint e = 0; e < 4; e++) memory[a_to + (first + e) * ROWS4 + i * A_STEP / 4][a_lane + i * A_STEP % 4] = v[e];
#ifdef HALF_TENSORS
#define STORE_A(i) { \
        vec4 low, high, low_gate, high_gate; \
        unpack(mix(uvec4(0), a[i], bvec4(valid[i])), low, high); \
        if (GATE) { unpack(g[i], low_gate, high_gate); low *= low_gate; high *= high_gate; } \
        PUT_A(i, 0, low) \
        PUT_A(i, 4, high) \
    }
#else
#define STORE_A(i) { vec4 v = mix(vec4(0), GATE ? a[i] * g[i] : a[i], bvec4(valid[i])); PUT_A(i, 0, v) }
#endif
#define STORE [[unroll]] for (uint i = 0; i < A_LOADS; i++) STORE_A(i)

    vec4 sum[ROWS];
    [[unroll]] for (uint m = 0; m < ROWS; m++) sum[m] = vec4(0);
    LOAD
    STORE
    barrier();
    uint left = end - begin; // slabs
    do { // one block: a compiler would move loads behind a branch to where they are used
        const bool last = left == 1; // what it loads, from where it is, nobody uses
        advance(k, by, last);
        LOAD
        WEIGHTS b[STEP];
        [[unroll]] for (uint t = 0; t < STEP; t++) b[t] = w[b_at + t * QUADS];
        b_at = min(b_at + SLICES * STEP * QUADS, b_last);
        [[unroll]] for (uint t = 0; t < STEP; t++) {
            [[unroll]] for (uint e = 0; e < KS; e++) {
                const vec4 columns = column_values(b[t], e);
                [[unroll]] for (uint i = 0; i < ROWS4; i++) {
                    const vec4 rows = memory[a_from + (t * KS + e) * ROWS4 + i];
                    [[unroll]] for (uint m = 0; m < 4; m++) sum[i * 4 + m] += rows[m] * columns;
                }
            }
        }
        barrier(); // all have used the slab
        STORE
        barrier();
        left--;
    } while (left > 0);

    const uint output_at = id % OUTPUTS, group = id / OUTPUTS, four = tile * QUADS + output_at % QUADS;
    const vec4 own_bias = bias(four);
    [[unroll]] for (uint i = 0; i < ROWS4; i++) { // a round: four rows
        [[unroll]] for (uint m = 0; m < 4; m++) memory[slice * OUTPUTS + m * QUADS + j] = sum[i * 4 + m];
        barrier();
        vec4 v = vec4(0);
        [[unroll]] for (uint s = 0; s < SLICES / GROUPS; s++) v += memory[(group * (SLICES / GROUPS) + s) * OUTPUTS + output_at];
        barrier();
        memory[group * OUTPUTS + output_at] = v;
        barrier();
        const uint m = row0 + i * 4 + output_at / QUADS;
        if (group == 0 && m < count && four * 4 < filters) {
            [[unroll]] for (uint s = 1; s < GROUPS; s++) v += memory[s * OUTPUTS + output_at];
            put(part, m, four, v, own_bias);
        }
        barrier();
    }
}
