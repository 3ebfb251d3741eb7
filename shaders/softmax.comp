#version 450
#extension GL_GOOGLE_include_directive : require
// Softmax over the last axis: y[m, c] = exp(x[m, c] - top) / sum of exp(x[m] - top), top = max of x[m]
// x: (rows, channels). Each invocation owns one row; count is the number of rows.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint from = x_at + at * channels, to = y_at + at * channels;
    float top = X(from);
    for (uint c = 1; c < channels; c++) top = max(top, X(from + c));
    float sum = 0.0;
    for (uint c = 0; c < channels; c++) sum += exp(X(from + c) - top);
    for (uint c = 0; c < channels; c++) PUT(to + c, exp(X(from + c) - top) / sum);
}
