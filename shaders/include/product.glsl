// What the kernels share that compute a convolution on a GPU as an implicit
// matrix product (no im2col in memory): conv2d_tiles, conv2d_packed, conv2d_rows,
// conv2d_matrix and, behind them where sums were cut into parts, conv2d_sums.
//
//   y[m, o] = clamp(f(sum over k of A[m, k] g[c] B[k, o] + b[o] + r[m, o]))
//
// Rows m are the output positions of all images. k runs over the taps and, in
// each, over the input's channels c. Everything is read 16 bytes at a time: x in
// units of CHANNELS channels, of which an input that has others is given more.
//
// w: strips of 32 columns, (strips, ks / KS, 32, KS): KS ks of a column lie side
// by side. Zeros fill the last strip and, behind the last tap, the ks up to
// `slabs` whole slabs. Behind all strips are the biases, float32, (strips, 32),
// zeros where there are none. So no column's bound is tested in the loop over k.
//
// What differs from layer to layer but not within one is a specialization
// constant, so that it costs no instruction: see shaders.Product.
#extension GL_EXT_control_flow_attributes : require
#ifdef HALF_TENSORS
#extension GL_EXT_shader_16bit_storage : require
#define UNIT uvec4
#define CHANNELS 8
#define FOUR uvec2
#define ELEMENT float16_t
#else
#define UNIT vec4
#define CHANNELS 4
#define FOUR vec4
#define ELEMENT float
#endif
#ifdef HALF_WEIGHTS
#define WEIGHTS uvec4
#define KS 2
#else
#define WEIGHTS vec4
#define KS 1
#endif
#include "activation.glsl"

// How a kernel walks over k: by taps and channels of any number, by whole slabs
// of one tap, or straight on, where the window is 1x1 and reads every position.
#define ANY 0
#define EVEN 1
#define STRAIGHT 2
layout(constant_id = 0) const uint WALK = ANY;
layout(constant_id = 1) const bool PARTIAL = false;  // y: the sums of a part of k, float32, for conv2d_sums
layout(constant_id = 2) const bool GATE = false;     // g, (images, channels), lies in x from g_at on
layout(constant_id = 3) const bool RESIDUAL = false; // r is added
layout(constant_id = 4) const uint FUNC = LINEAR;    // f, of activation.glsl
layout(constant_id = 5) const bool BOUNDED = true;   // by lowest and highest
layout(constant_id = 6) const uint WIDTH = 4;        // outputs stored at a time: 1, 4 or, of float16, 8

layout(std430, binding = 0) readonly buffer X { UNIT x[]; };
layout(std430, binding = 1) readonly buffer W { WEIGHTS w[]; };
layout(std430, binding = 2) writeonly buffer Y1 { ELEMENT y1[]; };
layout(std430, binding = 2) writeonly buffer Y4 { FOUR y4[]; };
layout(std430, binding = 2) writeonly buffer Partial { vec4 partial[]; };
layout(std430, binding = 3) readonly buffer R1 { ELEMENT r1[]; };
layout(std430, binding = 3) readonly buffer R4 { FOUR r4[]; };
#ifdef HALF_TENSORS
layout(std430, binding = 2) writeonly buffer Y8 { uvec4 y8[]; };
layout(std430, binding = 3) readonly buffer R8 { uvec4 r8[]; };
#endif

// count: rows. x_at, g_at and units, which are an input position's, are in units;
// y_at, r_at, first and out_row in what is stored at a time, y_at of parts in
// fours of float32. filters are computed, from first on, of the out_row of a position. Each
// work group sums depth of the slabs of k. strip is the units of w of a strip.
// parameter is f's.
layout(push_constant) uniform Push {
    uint count, x_at, y_at, r_at, g_at;
    uint height, width, units;
    uint out_height, out_width;
    uint size_y, size_x;
    uint stride_y, stride_x;
    uint dilation_y, dilation_x;
    uint pad_top, pad_left;
    uint filters, first, out_row;
    uint slabs, depth;
    uint strip;
    float lowest, highest, parameter;
};

#define STRIP 32
#define QUADS (STRIP / 4)                // of a strip's columns: what lies side by side in w
#define SLAB (DEPTH / KS * QUADS)        // units of w that a slab of a strip has
#define SLAB_UNITS (DEPTH / CHANNELS)    // units of x that a slab of a row has

uint tiles(uint columns) { return (filters + columns - 1) / columns; }
uint strips() { return (filters + STRIP - 1) / STRIP; }

// The work group's tile of columns and part of k: x of the grid holds the tiles
// once for each part; y and z the tiles of rows.
uint tile_of(uint columns) { return PARTIAL ? gl_WorkGroupID.x % tiles(columns) : gl_WorkGroupID.x; }
uint part_of(uint columns) { return PARTIAL ? gl_WorkGroupID.x / tiles(columns) : 0; }
uint first_row(uint rows) { return (gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * rows; }

// Source is where a row's window begins in x: at is of its first tap, even where
// that lies outside. Of the window's rows, `rows` from `above` on have a line of
// the input.
struct Source { uint at, top, left, gate, above, rows; };

Source source(uint m) {
    Source s = Source(0, 0, 0, 0, 0, 0);
    m = min(m, count - 1);
    if (WALK == STRAIGHT && !GATE) {
        s.at = x_at + m * units;
        return s;
    }
    uint line = m / out_width, image = line / out_height;
    s.top = line % out_height * stride_y - pad_top; // wraps round outside the input
    s.left = m % out_width * stride_x - pad_left;
    s.at = x_at + ((image * height + s.top) * width + s.left) * units;
    s.gate = g_at + image * units;
    const int top = int(s.top), above = max(-top, 0);
    s.above = above;
    s.rows = max(min(int(height) - top, int(size_y * dilation_y)) - above, 0);
    return s;
}

// Walk is where k is: a unit of channels, and a tap's offset from the window's
// first one in rows, columns and units of x. Steps are by `by` units, by
// additions alone: what they add where a tap or a row of taps ends is a Step's too,
// for a compiler does not take a product out of a loop.
struct Walk { uint channel, row, column, offset; };
struct Step { uint channel, row, column, offset, tap, taps, line; };

Walk walk_from(uint unit) {
    if (WALK == STRAIGHT) return Walk(unit, 0, 0, unit);
    uint tap = unit / units;
    Walk k = Walk(unit % units, tap / size_x * dilation_y, tap % size_x * dilation_x, 0);
    k.offset = (k.row * width + k.column) * units + k.channel;
    return k;
}

Step step_by(uint by) {
    const uint row = size_x * dilation_x;
    Step s = Step(by, 0, 0, by, (dilation_x - 1) * units, row, (dilation_y * width - row) * units);
    if (WALK != ANY) return s;
    uint taps = by / units;
    s.channel = by % units;
    s.row = taps / size_x * dilation_y;
    s.column = taps % size_x * dilation_x;
    s.offset = (s.row * width + s.column) * units + s.channel;
    return s;
}

void advance(inout Walk k, Step by, bool stay) {
    if (WALK == STRAIGHT) {
        uint step = stay ? 0 : by.channel;
        k.channel += step;
        k.offset += step;
        return;
    }
    k.channel += by.channel;
    k.row += by.row;
    k.column += by.column;
    k.offset += by.offset;
    bool end = k.channel >= units;
    k.channel -= end ? units : 0;
    k.column += end ? dilation_x : 0;
    k.offset += end ? by.tap : 0;
    end = k.column >= by.taps;
    k.column -= end ? by.taps : 0;
    k.row += end ? dilation_y : 0;
    k.offset += end ? by.line : 0;
}

// inside reports whether the walk's unit of a row is in the input, of a slab the
// one that `ahead` others of a walk that all take alike are in front of. What is
// not is read from a valid place, without a branch, and made zero. WINDOW_ROWS is
// defined where a source's rows have registers, which saves instructions.
bool inside(Source s, Walk k, uint ahead) {
    if (WALK == STRAIGHT) return k.channel + ahead < units;
    // Not &&, which compilers may make a branch of.
#ifdef WINDOW_ROWS
    if (WALK == ANY) return all(bvec2(k.row - s.above < s.rows, s.left + k.column < width));
#endif
    return all(bvec3(s.top + k.row < height, s.left + k.column < width, WALK == EVEN || k.row < size_y * dilation_y));
}

#ifdef HALF_TENSORS
void unpack(UNIT v, out vec4 low, out vec4 high) {
    low = vec4(unpackHalf2x16(v.x), unpackHalf2x16(v.y));
    high = vec4(unpackHalf2x16(v.z), unpackHalf2x16(v.w));
}
vec4 loaded(FOUR v) { return vec4(unpackHalf2x16(v.x), unpackHalf2x16(v.y)); }
FOUR stored(vec4 v) { return uvec2(packHalf2x16(v.xy), packHalf2x16(v.zw)); }
#else
vec4 loaded(FOUR v) { return v; }
FOUR stored(vec4 v) { return v; }
#endif

#ifdef HALF_WEIGHTS
// Of four columns, two ks each, the columns of the first or the second k.
vec4 column_values(WEIGHTS v, uint k) {
    vec2 a = unpackHalf2x16(v.x), b = unpackHalf2x16(v.y), c = unpackHalf2x16(v.z), d = unpackHalf2x16(v.w);
    return k == 0 ? vec4(a.x, b.x, c.x, d.x) : vec4(a.y, b.y, c.y, d.y);
}
vec4 bias(uint four) { return uintBitsToFloat(w[strips() * strip + four]); }
#else
vec4 column_values(WEIGHTS v, uint k) { return v; }
vec4 bias(uint four) { return w[strips() * strip + four]; }
#endif

vec4 finish(vec4 v) {
    if (FUNC != LINEAR) [[unroll]] for (uint e = 0; e < 4; e++) v[e] = activate(FUNC, v[e], parameter, 0.0, 0.0, parameter);
    if (!BOUNDED) return v;
    v = mix(v, vec4(lowest), lessThan(v, vec4(lowest))); // NaN passes
    return mix(v, vec4(highest), greaterThan(v, vec4(highest)));
}

// Storing four columns of row m; `four` counts them from the first filter on. bias
// is theirs.
void put(uint part, uint m, uint four, vec4 v, vec4 bias) {
    if (PARTIAL) {
        partial[y_at + (part * count + m) * ((filters + 3) / 4) + four] = v;
        return;
    }
    v += bias;
    if (WIDTH == 1) {
        uint at = m * out_row + first + four * 4;
        [[unroll]] for (uint e = 0; e < 4; e++) if (RESIDUAL && four * 4 + e < filters) v[e] += float(r1[r_at + at + e]);
        v = finish(v);
        [[unroll]] for (uint e = 0; e < 4; e++) if (four * 4 + e < filters) y1[y_at + at + e] = ELEMENT(v[e]);
        return;
    }
    uint at = m * out_row + first + four;
    if (RESIDUAL) v += loaded(r4[r_at + at]);
    y4[y_at + at] = stored(finish(v));
}

#ifdef HALF_TENSORS
// The same of eight columns, where WIDTH is 8.
void put8(uint m, uint eight, vec4 low, vec4 high, vec4 low_bias, vec4 high_bias) {
    uint at = m * out_row + first + eight;
    low += low_bias;
    high += high_bias;
    if (RESIDUAL) {
        vec4 a, b;
        unpack(r8[r_at + at], a, b);
        low += a;
        high += b;
    }
    y8[y_at + at] = uvec4(stored(finish(low)), stored(finish(high)));
}
#endif
