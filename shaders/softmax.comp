#version 450
#extension GL_GOOGLE_include_directive : require
// Softmax over rows: y[c] = exp(x[c] - top) / sum of exp(x - top), top = max of x
// x: rows of extent elements that lie inner apart. Each invocation owns one row;
// count is the number of rows.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint extent, inner; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint row = at / inner * extent * inner + at % inner, from = x_at + row, to = y_at + row;
    float top = X(from);
    for (uint c = 1; c < extent; c++) top = max(top, X(from + c * inner));
    float sum = 0.0;
    for (uint c = 0; c < extent; c++) sum += exp(X(from + c * inner) - top);
    for (uint c = 0; c < extent; c++) PUT(to + c * inner, exp(X(from + c * inner) - top) / sum);
}
