// The axes of an image, six at most, innermost last. The strides of an input, in
// elements, are 0 on the axes on which it is repeated; negative ones are modulo
// 2^32.
#define EXTENTS uint e0, e1, e2, e3, e4, e5
#define XSTRIDES uint x_image, x0, x1, x2, x3, x4, x5
#define RSTRIDES uint r_image, r0, r1, r2, r3, r4, r5

// STEP takes the innermost coordinate off rest and adds what it moves an input.
#define STEP(rest, to, extent, stride) if (extent > 1) { to += rest % extent * stride; rest /= extent; }

// x_place and r_place return where the element of the inputs lies that belongs
// to element at of the output.
#define X_PLACE \
    uint x_place(uint rest) { \
        uint to = x_at; \
        STEP(rest, to, e5, x5) STEP(rest, to, e4, x4) STEP(rest, to, e3, x3) \
        STEP(rest, to, e2, x2) STEP(rest, to, e1, x1) STEP(rest, to, e0, x0) \
        return to + rest * x_image; \
    }
#define R_PLACE \
    uint r_place(uint rest) { \
        uint to = r_at; \
        STEP(rest, to, e5, r5) STEP(rest, to, e4, r4) STEP(rest, to, e3, r3) \
        STEP(rest, to, e2, r2) STEP(rest, to, e1, r1) STEP(rest, to, e0, r0) \
        return to + rest * r_image; \
    }
