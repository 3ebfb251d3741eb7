#version 450
#extension GL_GOOGLE_include_directive : require
// The end of a convolution whose k was cut into parts (split-K):
//   y[m, o] = clamp(b[o] + sum over parts s of x[s, m, o] + r[m, o])
// added in the parts' order, so that every run gives the same.
// x: float32, (splits, rows, filters). w: the convolution's weights, of which the
// biases are read where has_bias is 1. weights: how many numbers the kernel has.
// Each invocation owns one output element: one of `filters` channels from
// `first` on, of out_channels; count is rows x filters.
#define X_ELEMENT float
#include "include/tensors.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
layout(push_constant) uniform Push { HEAD; uint filters, first, out_channels, splits, weights, has_bias; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    float sum = 0.0;
    for (uint s = 0; s < splits; s++) sum += X(x_at + s * count + at);
    if (has_bias != 0) sum += bias(weights, at % filters);
    uint to = at / filters * out_channels + first + at % filters;
    PUT(y_at + to, FINISH(sum, to));
}
