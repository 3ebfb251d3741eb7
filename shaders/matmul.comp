#version 450
#extension GL_GOOGLE_include_directive : require
// Products of matrices: y[i, j] = sum over k of x[i, k] r[k, j].
// x, r: matrices along up to four outer axes (o), on which their strides are 0
// where they are repeated; strides are in elements. Each invocation owns one
// output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push {
    HEAD; uint rows, columns, depth;
    uint o0, o1, o2, o3;
    uint x_image, x0, x1, x2, x3, x_row, x_step;
    uint r_image, r0, r1, r2, r3, r_row, r_step;
};

void main() {
    uint at = index();
    if (at >= count) return;
    uint j = at % columns, i = at / columns % rows, matrix = at / columns / rows;
    uint a = matrix % o3, b = matrix / o3 % o2, c = matrix / o3 / o2 % o1, d = matrix / o3 / o2 / o1 % o0, n = matrix / o3 / o2 / o1 / o0;
    uint x_from = x_at + n * x_image + d * x0 + c * x1 + b * x2 + a * x3 + i * x_row;
    uint r_from = r_at + n * r_image + d * r0 + c * r1 + b * r2 + a * r3 + j * r_step;
    float sum = 0.0;
    for (uint k = 0; k < depth; k++) sum += X(x_from + k * x_step) * R(r_from + k * r_row);
    PUT(y_at + at, sum);
}
