#version 450
#extension GL_GOOGLE_include_directive : require
// Products of matrices in fours: y[i, j] = sum over k of x[i, k] r[k, j].
// x, r: matrices along up to four outer axes (o), on which their strides are 0
// where they are repeated. Each invocation owns four columns of ROWS rows, so that of
// ROWS + 4 fours that are read ROWS x 16 products are made. With TRANSPOSED r is
// (columns, depth), its columns r_step apart.
#include "include/divide.glsl"
#include "include/quads.glsl"
layout(local_size_x = 64) in;

layout(constant_id = 1) const bool TRANSPOSED = false;
// Places and strides are in fours, with ODD in elements; rows, columns and depth are
// elements always.
layout(push_constant) uniform Push {
    uint count, x_at, y_at, r_at, rows, columns, depth;
    uint o0, o1, o2, o3;
    uint x_image, x0, x1, x2, x3, x_row, x_step;
    uint r_image, r0, r1, r2, r3, r_row, r_step;
} push;

#ifdef ODD
const uint FOUR = 4;
// The first n of four numbers, and zeros.
vec4 first(vec4 v, uint n) { return mix(vec4(0), v, lessThan(uvec4(0, 1, 2, 3), uvec4(n))); }
#else
const uint FOUR = 1;
vec4 first(vec4 v, uint n) { return v; }
#endif

void main() {
    // A push constant read inside a loop is gathered lane by lane each time.
    const uint rows = push.rows, columns = push.columns, depth = push.depth, x_row = push.x_row, r_row = push.r_row;
    const uint at = index();
    if (at >= push.count) return;
    const uint fours = (columns + 3) / 4, bands = (rows + ROWS - 1) / ROWS;
    const uint band = divide(at, fours), four = at - band * fours, matrix = divide(band, bands), i = (band - matrix * bands) * ROWS;
    const uint cs = divide(matrix, push.o3), bs = divide(cs, push.o2), as = divide(bs, push.o1), n = divide(as, push.o0);
    const uint a = as - n * push.o0, b = bs - as * push.o1, c = cs - bs * push.o2, d = matrix - cs * push.o3;
    const uint x_from = push.x_at + n * push.x_image + a * push.x0 + b * push.x1 + c * push.x2 + d * push.x3;
    uint from = push.r_at + n * push.r_image + a * push.r0 + b * push.r1 + c * push.r2 + d * push.r3;
    const uint wide = min(4, columns - four * 4);

    uint xs[ROWS], rs[4];
    vec4 sum[ROWS];
    [[unroll]] for (uint m = 0; m < ROWS; m++) {
        xs[m] = x_from + min(i + m, rows - 1) * x_row;
        sum[m] = vec4(0);
    }
    if (TRANSPOSED) {
        [[unroll]] for (uint e = 0; e < 4; e++) rs[e] = from + (four * 4 + min(e, wide - 1)) * push.r_step;
    } else {
        from += four * FOUR;
    }
    for (uint k = 0; k < depth; k += 4) {
        const uint deep = min(4, depth - k);
        vec4 t[4];
        [[unroll]] for (uint e = 0; e < 4; e++) {
            if (TRANSPOSED) {
                t[e] = first(r4(rs[e], deep), deep);
                rs[e] += FOUR;
            } else {
                t[e] = r4(from + min(e, deep - 1) * r_row, wide);
            }
        }
        from += 4 * r_row;
        if (TRANSPOSED) { // four columns become four steps of depth
            const mat4 steps = transpose(mat4(t[0], t[1], t[2], t[3]));
            [[unroll]] for (uint e = 0; e < 4; e++) t[e] = steps[e];
        }
#ifdef ODD
        [[unroll]] for (uint e = 0; e < 4; e++) t[e] = mix(vec4(0), t[e], bvec4(e < deep)); // what is behind may be no number
#endif
        [[unroll]] for (uint m = 0; m < ROWS; m++) {
            const vec4 v = first(x4(xs[m], deep), deep);
            xs[m] += FOUR;
            [[unroll]] for (uint e = 0; e < 4; e++) sum[m] += v[e] * t[e];
        }
    }
    [[unroll]] for (uint m = 0; m < ROWS; m++) {
        const uint to = (matrix * rows + i + m) * columns + four * 4;
        if (i + m < rows) put4(push.y_at + to / (4 / FOUR), sum[m], wide);
    }
}
